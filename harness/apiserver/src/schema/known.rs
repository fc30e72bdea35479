//! What of an applied configuration its resource knows.

use super::{Node, Object, draft::Draft};
use crate::{
    json::{Map, Value},
    resource::Resource,
};

/// The value without the fields that its resource does not know, and without nulls; nothing is
/// filled in. This is what an apply owns.
pub(crate) fn known_only(resource: &Resource, mut object: Value) -> Value {
    if let Some(schema) = resource.custom().and_then(|custom| custom.schema.as_ref()) {
        schema.prune(&mut object);
    }
    known(&resource.shape, &object).unwrap_or(object)
}

/// What is known of a value; `None` if that is all of it, as most often.
fn known(shape: &Node, value: &Value) -> Option<Value> {
    match (shape, value) {
        (Node::Object { object, .. }, Value::Object(map)) => known_fields(object, map),
        (Node::Map { value: node, .. }, Value::Object(map)) => {
            let mut draft = Draft::of(map);
            for (key, value) in map {
                if let Some(known) = known(node, value) {
                    draft.edit().insert(key.as_str(), known);
                }
            }
            draft.read()
        }
        (Node::List(list), Value::Array(items)) => known_items(&list.item, items),
        _ => None,
    }
}

fn known_items(shape: &Node, items: &[Value]) -> Option<Value> {
    let mut after: Option<Vec<Value>> = None;
    for (i, item) in items.iter().enumerate() {
        if let Some(known) = known(shape, item) {
            after.get_or_insert_with(|| items.to_vec())[i] = known;
        }
    }
    after.map(Value::from)
}

fn known_fields(shape: &Object, map: &Map) -> Option<Value> {
    let mut draft = Draft::of(map);
    for (name, value) in map {
        let field = shape.fields.get(name.as_str()).or(shape.others.as_ref());
        let known = field.and_then(|node| known(node, value));
        let left = known.as_ref().unwrap_or(value);
        let omitted = empty(left) && shape.omit.contains(name.as_str());
        if field.is_none() || left.is_null() || omitted {
            draft.edit().remove(name);
        } else if let Some(known) = known {
            draft.edit().insert(name.as_str(), known);
        }
    }
    draft.read()
}

/// Empty collections are what encoding leaves out; zero numbers and texts are values.
fn empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json::json, schema::builtin};

    #[test]
    fn what_is_unknown_null_or_left_out_when_empty_goes_and_nothing_comes() {
        let shape = builtin::object_meta();
        let meta = json!({
            "name": "a", "unheardOf": 1, "uid": null, "labels": {}, "annotations": {"b": "c"},
            "ownerReferences": [{"name": "o", "unheardOf": 1}],
        });
        let left = json!({
            "name": "a", "annotations": {"b": "c"}, "ownerReferences": [{"name": "o"}],
        });
        assert_eq!(known(&shape, &meta), Some(left.clone()));
        assert_eq!(known(&shape, &left), None);
    }
}
