//! Namespaces, Secrets, Nodes.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    json::{Value, json},
    object::{self, map_mut, meta_mut, set_default},
};

/// Every namespace carries its name as a label.
pub(super) fn namespace(namespace: &mut Value) {
    let name = object::name(namespace).to_owned();
    if name.is_empty() {
        return;
    }
    meta_mut(namespace);
    map_mut(&mut namespace["metadata"], "labels")
        .insert("kubernetes.io/metadata.name", name.into());
}

/// A new namespace is active and guarded by the finalizer of its content.
pub(super) fn activate(namespace: &mut Value) {
    let spec = map_mut(namespace, "spec");
    let mut finalizers = spec
        .get("finalizers")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if !finalizers.iter().any(|f| f == "kubernetes") {
        finalizers.push("kubernetes".into());
    }
    spec.insert("finalizers", finalizers.into());
    namespace["status"] = json!({"phase": "Active"});
}

/// `stringData` is written into `data` and never shown.
pub(super) fn secret(secret: &mut Value) {
    let plain = object::remove(secret, &["stringData"]);
    let map = secret.as_object_mut().expect("decoded objects are maps");
    set_default(map, "type", "Opaque");
    let Some(plain) = plain
        .as_ref()
        .and_then(Value::as_object)
        .filter(|plain| !plain.is_empty())
    else {
        return;
    };
    let data = map_mut(secret, "data");
    for (key, value) in plain {
        let text = value.as_str().unwrap_or_default();
        data.insert(key.clone(), STANDARD.encode(text).into());
    }
}

/// What can be allocated on a node is what it has, unless it says less.
pub(super) fn node(node: &mut Value) {
    let Some(capacity) = object::at(node, &["status", "capacity"]).cloned() else {
        return;
    };
    set_default(map_mut(node, "status"), "allocatable", capacity);
}
