//! Which pods are behind which Services, and which changes of them matter.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Pod;
use k8s_openapi::api::core::v1::Service;

use crate::controller::{owner, pod};

/// Whether nothing changed that a slice tells.
pub(super) fn same_to_services(old: &Option<Arc<Pod>>, new: &Option<Arc<Pod>>) -> bool {
    fn told(pod: &Pod) -> impl PartialEq {
        let status = pod.status.as_ref();
        (
            owner::labels(&pod.metadata),
            pod.metadata.deletion_timestamp.is_some(),
            status.and_then(|status| status.pod_ip.as_ref()),
            pod::is_ready(pod),
            is_finished(pod),
        )
    }
    match (old, new) {
        (Some(old), Some(new)) => told(old) == told(new),
        _ => false,
    }
}

/// Whether a pod has come to its end.
pub(super) fn is_finished(pod: &Pod) -> bool {
    matches!(pod::phase(pod), "Succeeded" | "Failed")
}

/// Whether a Service gets no slices from here: it has no selector, or stands for a name elsewhere.
pub(super) fn is_left_alone(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    let kind = spec.and_then(|spec| spec.type_.as_deref());
    kind == Some("ExternalName") || selector(service).is_none()
}

fn selector(service: &Service) -> Option<&BTreeMap<String, String>> {
    let selector = service.spec.as_ref()?.selector.as_ref();
    selector.filter(|selector| !selector.is_empty())
}

/// Whether a Service selects a pod.
pub(super) fn is_behind(service: &Service, pod: &Pod) -> bool {
    let labels = owner::labels(&pod.metadata);
    selector(service).is_some_and(|wanted| wanted.iter().all(|(k, v)| labels.get(k) == Some(v)))
}
