//! A ReplicaSet made from a Deployment.

use apiserver::{
    Deployment,
    json::{Value, json},
};

use super::{annotation, rollout::Wish, sets::HASH_LABEL};
use crate::controller::{owner, pod};

/// The set of a Deployment's present template.
pub(super) fn new_set(deployment: &Deployment, wish: &Wish, replicas: i32, revision: i64) -> Value {
    let spec = &deployment.spec;
    let hash = pod::template_hash(&spec.template);
    let mut template = json!(spec.template);
    template["metadata"]["labels"][HASH_LABEL] = hash.as_str().into();
    let mut selector = json!(spec.selector);
    selector["matchLabels"][HASH_LABEL] = hash.as_str().into();
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "namespace": deployment.metadata.namespace,
            "name": format!("{name}-{hash}"),
            "labels": template["metadata"]["labels"],
            "annotations": annotation::of_new(deployment, wish, revision),
            "ownerReferences": [owner::reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": spec.min_ready_seconds.unwrap_or(0),
            "selector": selector,
            "template": template,
        },
    })
}
