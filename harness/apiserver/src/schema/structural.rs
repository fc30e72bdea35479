//! What a structural schema does to an object: unknown fields go, defaults come.

use std::sync::Arc;

use super::crd::Structural;
use crate::{
    json::{Map, Text, Value},
    object::at,
};

impl Structural {
    /// Drops the fields that the schema does not know; their paths are returned.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut dropped = Vec::new();
        if !self.preserve_unknown {
            prune(&self.schema, object, "", true, &mut dropped);
        }
        dropped
    }

    /// Sets the defaults of absent fields, from the outside in.
    pub(crate) fn default(&self, object: &mut Value) {
        default(&self.schema, object);
    }
}

fn prune(schema: &Value, value: &mut Value, path: &str, root: bool, dropped: &mut Vec<String>) {
    match value {
        Value::Object(map) => prune_map(schema, map, path, root, dropped),
        Value::Array(items) => {
            for (i, item) in Arc::make_mut(items).iter_mut().enumerate() {
                prune(
                    &schema["items"],
                    item,
                    &format!("{path}[{i}]"),
                    false,
                    dropped,
                );
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn prune_map(schema: &Value, map: &mut Map, path: &str, root: bool, dropped: &mut Vec<String>) {
    let root = root || schema["x-kubernetes-embedded-resource"] == true;
    let preserve = schema["x-kubernetes-preserve-unknown-fields"] == true
        || schema["additionalProperties"] == true;
    let names: Vec<Text> = map.keys().cloned().collect();
    for name in names {
        if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        let inner = if path.is_empty() {
            name.to_string()
        } else {
            format!("{path}.{name}")
        };
        let known = at(schema, &["properties", &name])
            .or_else(|| at(schema, &["additionalProperties"]).filter(|s| s.is_object()));
        match (known, map.get_mut(&name)) {
            (Some(schema), Some(value)) => prune(schema, value, &inner, false, dropped),
            (None, _) if preserve => {}
            _ => {
                map.remove(&name);
                dropped.push(inner);
            }
        }
    }
}

fn default(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => default_map(schema, map),
        Value::Array(items) => Arc::make_mut(items)
            .iter_mut()
            .for_each(|item| default(&schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn default_map(schema: &Value, map: &mut Map) {
    let properties = at(schema, &["properties"]).and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        // A null where null is not allowed counts as absent, if there is a default.
        let null = map.get(name).is_some_and(Value::is_null) && property["nullable"] != true;
        if let (Some(value), true) = (property.get("default"), null || !map.contains_key(name)) {
            map.insert(name.clone(), value.clone());
        }
        if let Some(value) = map.get_mut(name) {
            default(property, value);
        }
    }
    if let Some(values) = at(schema, &["additionalProperties"]).filter(|s| s.is_object()) {
        let undeclared = |name: &str| properties.is_none_or(|p| !p.contains_key(name));
        map.iter_mut()
            .filter(|(name, _)| undeclared(name))
            .for_each(|(_, v)| default(values, v));
    }
}
