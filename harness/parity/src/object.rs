//! The smallest objects that a real server accepts, for facts that are about something else.

use serde_json::{Value, json};

/// A ConfigMap with one key.
#[must_use]
pub fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
        "data": {"key": "value"}})
}

/// A ConfigMap that carries these labels.
#[must_use]
pub fn labelled(name: &str, labels: &Value) -> Value {
    let mut object = config_map(name);
    object["metadata"]["labels"] = labels.clone();
    object
}

/// A Pod of one container.
#[must_use]
pub fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod_spec()})
}

/// The specification of [`pod`].
#[must_use]
pub fn pod_spec() -> Value {
    json!({"containers": [{"name": "app", "image": "example.com/app:1"}]})
}

/// A Pod on a node, so that deleting it waits for a kubelet (which no bench has).
#[must_use]
pub fn bound_pod(name: &str) -> Value {
    let mut object = pod(name);
    object["spec"]["nodeName"] = "node-1".into();
    object
}

/// What selects and labels the pods of [`deployment`] and its like.
#[must_use]
pub fn template(name: &str) -> Value {
    json!({"metadata": {"labels": {"app": name}}, "spec": pod_spec()})
}

/// A Deployment.
#[must_use]
pub fn deployment(name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": template(name)}})
}

/// A StatefulSet.
#[must_use]
pub fn stateful_set(name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name},
        "spec": {"replicas": replicas, "serviceName": name,
            "selector": {"matchLabels": {"app": name}}, "template": template(name)}})
}

/// A Service of one port that selects the pods of [`template`].
#[must_use]
pub fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}})
}

/// A Secret of one key; the value is `value`.
#[must_use]
pub fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
        "data": {"key": "dmFsdWU="}})
}

/// An Event. Real servers keep no watch cache for events, so old versions are the storage's.
#[must_use]
pub fn event(name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "reason": "Tried",
        "message": name, "type": "Normal",
        "involvedObject": {"kind": "ConfigMap", "name": "a", "namespace": namespace}})
}
