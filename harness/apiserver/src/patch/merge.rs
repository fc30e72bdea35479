//! RFC 7386: objects are merged, null removes, everything else replaces.

use serde_json::{Map, Value};

/// Merges a patch into an object. What the patch replaces is not copied first.
pub(crate) fn merge(object: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else {
        return patch.clone();
    };
    let nothing = Map::new();
    let before = object.as_object().unwrap_or(&nothing);
    let kept = before
        .iter()
        .filter(|(name, _)| !changes.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()));
    let changed = changes
        .iter()
        .filter(|(_, change)| !change.is_null())
        .map(|(name, change)| {
            let before = before.get(name).unwrap_or(&Value::Null);
            (name.clone(), merge(before, change))
        });
    Value::Object(kept.chain(changed).collect())
}
