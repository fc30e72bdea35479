//! Kubernetes manifests, as `kubectl apply` takes them.

use std::sync::Arc;

use scenario::yaml::{Node, scalar::kubectl_json};
use serde_json::Value as Json;
use world::ClusterName;

use super::Text;
use crate::{object::Object, place::Place, unit::Unit};

/// All manifests together; `None` without any.
pub(super) fn unit(texts: &[Text<'_>]) -> Option<Unit> {
    let mut objects = Vec::new();
    for text in texts {
        for document in &text.documents {
            let at = Place::document(&text.file, document);
            add(document, text.input.cluster.as_ref(), at, &mut objects);
        }
    }
    let unit = Unit {
        objects,
        ..Unit::default()
    };
    (!unit.objects.is_empty()).then_some(unit)
}

/// The objects of a document; lists are taken apart.
fn add(document: &Arc<Node>, cluster: Option<&ClusterName>, at: Place, objects: &mut Vec<Object>) {
    let value = kubectl_json(document);
    let object = |value, at| Object {
        cluster: cluster.cloned(),
        value,
        at,
    };
    match value.get("items") {
        Some(Json::Array(items)) if value["kind"] == "List" => {
            let items = items.iter().enumerate();
            objects.extend(
                items.map(|(index, item)| object(item.clone(), at.key("items").index(index))),
            );
        }
        _ => objects.push(object(value, at)),
    }
}
