//! The webhooks that ask an istiod whether Istio objects are valid. They let everything pass until
//! istiod is there; it turns them to `Fail` and adds its CA.

use serde_json::{Value, json};

use crate::{Object, site::Site};

/// For objects that name the revision.
pub(super) fn of_revision(site: &Site<'_>) -> Object {
    let name = format!("{}-{}", site.revised("istio-validator"), site.namespace());
    let mut webhook = webhook(site, "rev.validation.istio.io");
    let revision = json!({"key": "istio.io/rev", "operator": "In", "values": [site.rev()]});
    webhook["objectSelector"] = json!({"matchExpressions": [revision]});
    configuration(site, &name, webhook)
}

/// For every object, by the default revision.
pub(super) fn default(site: &Site<'_>) -> Object {
    let webhook = webhook(site, "validation.istio.io");
    configuration(site, "istiod-default-validator", webhook)
}

fn configuration(site: &Site<'_>, name: &str, webhook: Value) -> Object {
    Object::rendered(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {
            "name": name,
            "labels": {"app": "istiod", "istio": "istiod", "istio.io/rev": site.rev()},
        },
        "webhooks": [webhook],
    }))
}

fn webhook(site: &Site<'_>, name: &str) -> Value {
    json!({
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {
            "name": site.revised("istiod"),
            "namespace": site.namespace(),
            "path": "/validate",
        }},
        "failurePolicy": "Ignore",
        "name": name,
        "rules": [{
            "apiGroups": [
                "security.istio.io",
                "networking.istio.io",
                "telemetry.istio.io",
                "extensions.istio.io",
            ],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["*"],
        }],
        "sideEffects": "None",
    })
}
