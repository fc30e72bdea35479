//! What controllers make of pods: their states, pods made from templates, and templates' names.

use std::time::Duration;

use apiserver::{
    Pod,
    json::{Value, json},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use sha2::{Digest, Sha256};

use super::owner;
use crate::cluster::Watched;

/// Whether a pod is neither ending nor at its end.
pub(crate) fn is_active(pod: &Pod) -> bool {
    !matches!(phase(pod), "Succeeded" | "Failed") && pod.metadata.deletion_timestamp.is_none()
}

/// The phase; `Pending` before there is a status.
pub(crate) fn phase(pod: &Pod) -> &str {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    phase.unwrap_or("Pending")
}

/// Since when the pod has been ready, if it is.
pub(crate) fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let ready = conditions.iter().find(|one| one.type_ == "Ready")?;
    let since = ready.last_transition_time.as_ref().map(|time| time.0);
    (ready.status == "True").then(|| since.unwrap_or(Timestamp::MIN))
}

/// Whether the pod is ready.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    ready_since(pod).is_some()
}

/// After which time a ready pod counts as available; zero if it does now, `None` if it is not
/// ready.
pub(crate) fn available_in(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> Option<Duration> {
    let since = ready_since(pod)?;
    let needed = i64::from(min_ready_seconds.max(0));
    let passed = now.as_second().saturating_sub(since.as_second());
    Some(Duration::from_secs(
        needed.saturating_sub(passed).max(0).unsigned_abs(),
    ))
}

/// A pod from a template, controlled by `owner`. Without a `name` the server completes the
/// owner's.
pub(crate) fn from_template<K: Watched>(
    template: &PodTemplateSpec,
    owner: &K,
    name: Option<&str>,
) -> Value {
    let meta = template.metadata.clone().unwrap_or_default();
    let mut metadata = json!({
        "namespace": owner.metadata().namespace,
        "labels": meta.labels.unwrap_or_default(),
        "ownerReferences": [owner::reference(owner)],
    });
    if let Some(annotations) = meta.annotations {
        metadata["annotations"] = json!(annotations);
    }
    match name {
        Some(name) => metadata["name"] = name.into(),
        None => {
            let owner = owner.metadata().name.as_deref().unwrap_or_default();
            metadata["generateName"] = format!("{owner}-").into();
        }
    }
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
    pod["spec"] = Value::of(&template.spec);
    pod
}

/// A name for a template, in the letters that Kubernetes uses for generated names. Kubernetes
/// hashes its own memory layout, so that the letters themselves are not the same.
pub(crate) fn template_hash(template: &PodTemplateSpec) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = serde_json::to_vec(template).expect("a template read from JSON is JSON");
    let digest = Sha256::digest(text);
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    digest.iter().take(10).map(letter).collect()
}

/// A pod as a test writes it.
#[cfg(test)]
pub(crate) fn written(pod: impl Into<Value>) -> Pod {
    let pod = serde::Deserialize::deserialize(&pod.into());
    let whole: k8s_openapi::api::core::v1::Pod = pod.unwrap();
    whole.into()
}
