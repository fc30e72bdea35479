//! Fields that cannot change once an object exists.

use super::field::FieldError;
use crate::{
    json::Value,
    object::{at, copy_field, list, text},
    resource::Resource,
};

/// The problems of replacing `live` by `new`.
pub(super) fn changed(resource: &Resource, live: &Value, new: &Value) -> Vec<FieldError> {
    match (resource.group(), resource.kind.as_str()) {
        ("", "Pod") => pod(live, new).into_iter().collect(),
        ("", "Service") => service(live, new).into_iter().collect(),
        ("", "ConfigMap" | "Secret") => frozen(live, new),
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => {
            same(live, new, &["spec", "selector"]).into_iter().collect()
        }
        ("apps", "StatefulSet") => stateful_set(live, new).into_iter().collect(),
        ("batch", "Job") => [
            &["spec", "selector"],
            &["spec", "template"],
            &["spec", "completions"],
            &["spec", "completionMode"],
        ]
        .iter()
        .filter_map(|path| same(live, new, &path[..]))
        .collect(),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            role_ref(live, new).into_iter().collect()
        }
        ("apiextensions.k8s.io", _) => definition(live, new),
        ("discovery.k8s.io", "EndpointSlice") => {
            same(live, new, &["addressType"]).into_iter().collect()
        }
        ("scheduling.k8s.io", "PriorityClass") => same(live, new, &["value"]).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// A definition that objects may rest on keeps its scope and kind.
fn definition(live: &Value, new: &Value) -> Vec<FieldError> {
    let paths: [&[&str]; 3] = [
        &["spec", "scope"],
        &["spec", "names", "kind"],
        &["spec", "names", "plural"],
    ];
    paths
        .into_iter()
        .filter_map(|path| same(live, new, path))
        .collect()
}

fn same(live: &Value, new: &Value, path: &[&str]) -> Option<FieldError> {
    let (before, after) = (at(live, path), at(new, path));
    (before != after).then(|| {
        FieldError::invalid(
            path.join("."),
            after.unwrap_or(&Value::Null),
            "field is immutable",
        )
    })
}

fn pod(live: &Value, new: &Value) -> Option<FieldError> {
    let mut allowed = new["spec"].clone();
    for field in [
        "activeDeadlineSeconds",
        "terminationGracePeriodSeconds",
        "tolerations",
        "schedulingGates",
    ] {
        copy_field(&live["spec"], &mut allowed, field);
    }
    for field in ["containers", "initContainers"] {
        for (i, container) in list(&live["spec"], &[field]).iter().enumerate() {
            if let Some(new) = allowed.get_mut(field).and_then(|c| c.get_mut(i)) {
                copy_field(container, new, "image");
            }
        }
    }
    // A pod that waits for a node may be given one by an update of the whole.
    if text(live, &["spec", "nodeName"]).is_empty() {
        copy_field(&live["spec"], &mut allowed, "nodeName");
    }
    let tolerated = |pod: &Value| list(pod, &["spec", "tolerations"]).to_vec();
    let kept = tolerated(live).iter().all(|t| tolerated(new).contains(t));
    (allowed != live["spec"] || !kept).then(|| {
        let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        FieldError::forbidden("spec", why)
    })
}

fn service(live: &Value, new: &Value) -> Option<FieldError> {
    let (before, after) = (
        text(live, &["spec", "clusterIP"]),
        text(new, &["spec", "clusterIP"]),
    );
    let external = text(new, &["spec", "type"]) == "ExternalName"
        || text(live, &["spec", "type"]) == "ExternalName";
    if external || before.is_empty() || before == after {
        return None;
    }
    let why = "may not change once set";
    Some(FieldError::invalid(
        "spec.clusterIPs[0]",
        &vec![after].into(),
        why,
    ))
}

/// Objects marked immutable keep their data and the mark.
fn frozen(live: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if live["kind"] == "Secret" {
        errors.extend(same(live, new, &["type"]));
    }
    if live["immutable"] != true {
        return errors;
    }
    let why = "field is immutable when `immutable` is set";
    if new["immutable"] != true {
        errors.push(FieldError::forbidden("immutable", why));
    }
    for field in ["data", "binaryData"] {
        if live.get(field) != new.get(field) {
            errors.push(FieldError::forbidden(field, why));
        }
    }
    errors
}

fn stateful_set(live: &Value, new: &Value) -> Option<FieldError> {
    let mut allowed = new["spec"].clone();
    let may_change = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    may_change
        .iter()
        .for_each(|field| copy_field(&live["spec"], &mut allowed, field));
    (allowed != live["spec"]).then(|| {
        let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        FieldError::forbidden("spec", why)
    })
}

fn role_ref(live: &Value, new: &Value) -> Option<FieldError> {
    (live["roleRef"] != new["roleRef"])
        .then(|| FieldError::invalid("roleRef", &new["roleRef"], "cannot change roleRef"))
}
