//! RFC 7386: objects are merged, null removes, everything else replaces.

use serde_json::{Map, Value};

/// Merges a patch into an object.
pub(crate) fn merge(object: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut merged = object.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        match change {
            Value::Null => merged.remove(name),
            change => {
                let before = merged
                    .get(name)
                    .cloned()
                    .unwrap_or(Value::Object(Map::new()));
                merged.insert(name.clone(), merge(&before, change))
            }
        };
    }
    Value::Object(merged)
}
