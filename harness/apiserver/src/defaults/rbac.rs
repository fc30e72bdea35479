//! Roles and bindings.

use crate::{json::Value, object::set_default};

const GROUP: &str = "rbac.authorization.k8s.io";

/// References say which API group they mean.
pub(super) fn rbac(object: &mut Value) {
    if let Some(reference) = object.get_mut("roleRef").and_then(Value::as_object_mut)
        && reference.get("apiGroup").is_none_or(|group| group == "")
    {
        reference.insert("apiGroup", GROUP.into());
    }
    for subject in object
        .get_mut("subjects")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(subject) = subject.as_object_mut() else {
            continue;
        };
        if matches!(
            subject.get("kind").and_then(Value::as_str),
            Some("User" | "Group")
        ) {
            set_default(subject, "apiGroup", GROUP);
        }
    }
}
