//! Whether a write would say anything new.

use apiserver::json::Value;

/// Whether the merge patch (RFC 7386) `patch` would change `object`.
pub(crate) fn changes(object: &Value, patch: &Value) -> bool {
    let Some(fields) = patch.as_object() else {
        return object != patch;
    };
    fields.iter().any(|(field, value)| match object.get(field) {
        // Fields that are null are left out.
        None | Some(Value::Null) => !is_nothing(value),
        Some(old) => changes(old, value),
    })
}

fn is_nothing(patch: &Value) -> bool {
    match patch {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_nothing),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use apiserver::json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_news() {
        let object = json!({"a": 1, "b": {"c": [1]}, "empty": {}});
        for old in [
            json!({"a": 1}),
            json!({"d": null}),
            json!({"b": {"e": null}}),
            json!({"empty": {"x": null}}),
        ] {
            assert!(!changes(&object, &old), "{old}");
        }
        for new in [
            json!({"a": null}),
            json!({"b": {"c": [1, 2]}}),
            json!({"d": false}),
        ] {
            assert!(changes(&object, &new), "{new}");
        }
    }
}
