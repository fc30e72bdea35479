//! The Service of an istiod in its own cluster.

use serde_json::{Value, json};

use super::{deployment::selector, labels};
use crate::{Object, site::Site};

pub(super) fn istiod(site: &Site<'_>) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": site.revised("istiod"),
            "namespace": site.namespace(),
            "labels": labels(site),
        },
        "spec": {"ports": ports(), "selector": selector(site)},
    }))
}

/// 15010 plaintext configuration, 15012 configuration and certificates by TLS, 443 webhooks,
/// 15014 metrics.
fn ports() -> Value {
    json!([
        {"name": "grpc-xds", "port": 15010, "protocol": "TCP"},
        {"name": "https-dns", "port": 15012, "protocol": "TCP"},
        {"name": "https-webhook", "port": 443, "protocol": "TCP", "targetPort": 15017},
        {"name": "http-monitoring", "port": 15014, "protocol": "TCP"},
    ])
}
