//! The schemas of definitions: structural, as Kubernetes demands.

use super::{field::FieldError, structural};
use crate::{
    json::Value,
    object::{at, text},
};

/// Checks the schema of a whole object.
pub(super) fn root(schema: &Value, path: &str) -> Vec<FieldError> {
    let kind = text(schema, &["type"]);
    if kind.is_empty() {
        return vec![FieldError::required(
            format!("{path}.type"),
            "must not be empty at the root",
        )];
    }
    if kind != "object" {
        return vec![FieldError::invalid(
            format!("{path}.type"),
            &kind.into(),
            "must be object at the root",
        )];
    }
    children(schema, path)
}

fn children(schema: &Value, path: &str) -> Vec<FieldError> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut inner: Vec<(String, &Value)> = properties
        .map(|(name, child)| (format!("{path}.properties[{name}]"), child))
        .collect();
    let containers = ["items", "additionalProperties"];
    inner.extend(containers.iter().filter_map(|field| {
        let child = at(schema, &[field]).filter(|child| child.is_object())?;
        Some((format!("{path}.{field}"), child))
    }));
    inner
        .iter()
        .flat_map(|(path, child)| node(child, path))
        .collect()
}

fn node(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let free = [
        "x-kubernetes-int-or-string",
        "x-kubernetes-preserve-unknown-fields",
    ];
    let typed =
        !text(schema, &["type"]).is_empty() || free.iter().any(|field| schema[*field] == true);
    if !typed {
        let why = "must not be empty for specified object fields";
        errors.push(FieldError::required(format!("{path}.type"), why));
    }
    if let Some(default) = at(schema, &["default"]) {
        let path = format!("{path}.default");
        errors.extend(
            structural::check(schema, default)
                .into_iter()
                .map(|error| error.at(&path)),
        );
    }
    errors.extend(children(schema, path));
    errors
}
