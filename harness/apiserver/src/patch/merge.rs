//! RFC 7386: objects are merged, null removes, everything else replaces.

use crate::json::Value;

/// Merges a patch into an object. What it leaves as it is stays shared with the object.
pub(crate) fn merge(object: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let mut merged = object.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            merged.remove(name);
            continue;
        }
        let before = merged.get(name).unwrap_or(&Value::Null);
        let after = merge(before, change);
        if *before != after {
            merged.insert(name.clone(), after);
        }
    }
    Value::Object(merged)
}
