//! What a pod says of itself.

use k8s_openapi::api::core::v1::Pod;

/// Whether a pod says that it is ready. One that ends may say so still.
pub fn is_ready(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref());
    let mut conditions = conditions.unwrap_or_default().iter();
    conditions.any(|one| one.type_ == "Ready" && one.status == "True")
}
