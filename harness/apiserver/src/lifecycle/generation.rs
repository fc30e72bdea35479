//! `metadata.generation`: which kinds count the changes of their desired state, and what counts.

use crate::{
    json::{Text, Value},
    object,
    resource::Resource,
};

/// Starts counting, for kinds that count.
pub(crate) fn start(resource: &Resource, object: &mut Value) {
    if counts(resource) {
        object::meta_mut(object).insert("generation", 1.into());
    }
}

/// Carries the count on, one up if the desired state changed.
pub(crate) fn carry(resource: &Resource, live: &Value, new: &mut Value) {
    let before = live["metadata"]["generation"].as_i64();
    let next = match before {
        Some(before) => before + i64::from(desired_changed(resource, live, new)),
        None if counts(resource) => 1,
        None => {
            object::meta_mut(new).remove("generation");
            return;
        }
    };
    object::meta_mut(new).insert("generation", next.into());
}

fn counts(resource: &Resource) -> bool {
    resource.custom().is_some()
        || matches!(
            (resource.group(), resource.kind.as_str()),
            (
                "apps",
                "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet"
            ) | ("batch", "Job")
                | ("", "Pod")
                | ("policy", "PodDisruptionBudget")
                | ("networking.k8s.io", "NetworkPolicy")
                | ("scheduling.k8s.io", "PriorityClass")
                | ("discovery.k8s.io", "EndpointSlice")
                | ("apiextensions.k8s.io", "CustomResourceDefinition")
                | (
                    "admissionregistration.k8s.io",
                    "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration"
                )
        )
}

fn desired_changed(resource: &Resource, live: &Value, new: &Value) -> bool {
    match (resource.group(), resource.kind.as_str()) {
        ("apps", "Deployment") => {
            live["spec"] != new["spec"] || annotations(live) != annotations(new)
        }
        ("scheduling.k8s.io", "PriorityClass") => false,
        ("discovery.k8s.io", "EndpointSlice") => {
            beyond_metadata(live, new, true)
                || labels(live) != labels(new)
                || annotations(live) != annotations(new)
        }
        ("admissionregistration.k8s.io", _) => live["webhooks"] != new["webhooks"],
        _ if resource.custom().is_some() => beyond_metadata(live, new, !resource.has_status()),
        _ => live["spec"] != new["spec"],
    }
}

fn annotations(object: &Value) -> Option<&Value> {
    object::at(object, &["metadata", "annotations"])
}

fn labels(object: &Value) -> Option<&Value> {
    object::at(object, &["metadata", "labels"])
}

/// Whether anything but the metadata differs, the status included or not.
pub(crate) fn beyond_metadata(live: &Value, new: &Value, with_status: bool) -> bool {
    !relevant(live, with_status).eq(relevant(new, with_status))
}

fn relevant(object: &Value, with_status: bool) -> impl Iterator<Item = (&Text, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    fields.filter(move |(name, _)| match name.as_str() {
        "metadata" | "apiVersion" | "kind" => false,
        "status" => with_status,
        _ => true,
    })
}
