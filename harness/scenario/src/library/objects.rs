//! Kubernetes objects in files beside scenarios, read as `kubectl` reads them.

use std::path::Path;

use serde_json::Value as Json;

use super::Files;
use crate::{
    problem::Trouble,
    scenario::change::missing_in_object,
    yaml::{self, MAX_MANIFESTS, Node, scalar::kubectl_json},
};

/// Reads every object of a file; lists are taken apart.
///
/// # Errors
/// What is wrong, and what to do about it.
pub(super) fn read(files: &dyn Files, base: &Path, file: &str) -> Result<Vec<Json>, Trouble> {
    let path = base.join(file);
    let text = files.read(&path, MAX_MANIFESTS).map_err(|error| Trouble {
        message: format!("'{file}' cannot be used: {error}"),
        remedy: error.remedy().to_owned(),
    })?;
    let documents = yaml::parse(&text).map_err(|error| Trouble {
        message: format!("'{file}' cannot be used: {}: {error}", error.at()),
        remedy: error.remedy().to_owned(),
    })?;
    let mut objects = Vec::new();
    for document in documents.iter().filter(|document| !document.is_null()) {
        add(document, file, &mut objects)?;
    }
    if objects.is_empty() {
        return Err(Trouble {
            message: format!("'{file}' holds no object"),
            remedy: "write Kubernetes objects into it".to_owned(),
        });
    }
    Ok(objects)
}

fn add(document: &Node, file: &str, objects: &mut Vec<Json>) -> Result<(), Trouble> {
    let object = kubectl_json(document);
    let items = match object.get("items") {
        Some(Json::Array(items)) if object["kind"] == "List" => items.clone(),
        _ => vec![object],
    };
    for item in items {
        if let Some(missing) = missing_in_object(&item) {
            let at = document.at;
            return Err(Trouble {
                message: format!("'{file}':{at} is no Kubernetes object: '{missing}' is missing"),
                remedy: format!("add '{missing}' there"),
            });
        }
        objects.push(item);
    }
    Ok(())
}
