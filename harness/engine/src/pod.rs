//! What a pod says of itself.

use std::borrow::Cow;

use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Pod, PodCondition},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::Resource;
use serde::Deserialize;

use crate::seen;

/// Whether a pod says that it is ready. One that ends may say so still.
pub fn is_ready(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    says_ready(status.and_then(|status| status.conditions.as_deref()))
}

/// Whether a pod is ready and stays.
pub fn serves(pod: &Pod) -> bool {
    is_ready(pod) && pod.metadata.deletion_timestamp.is_none()
}

fn says_ready(conditions: Option<&[PodCondition]>) -> bool {
    let mut conditions = conditions.unwrap_or_default().iter();
    conditions.any(|one| one.type_ == "Ready" && one.status == "True")
}

/// A pod of which only that is read which tells whether it serves: the containers of one with a
/// sidecar are most of its text, and who counts pods looks often.
#[derive(Debug, Clone, Deserialize)]
pub struct Standing {
    #[serde(deserialize_with = "seen::unowned")]
    metadata: ObjectMeta,
    status: Option<Status>,
}

#[derive(Debug, Clone, Deserialize)]
struct Status {
    conditions: Option<Vec<PodCondition>>,
}

impl Standing {
    /// Whether it is ready and stays.
    pub fn serves(&self) -> bool {
        let status = self.status.as_ref();
        says_ready(status.and_then(|status| status.conditions.as_deref()))
            && self.metadata.deletion_timestamp.is_none()
    }
}

impl Resource for Standing {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        Pod::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        Pod::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        Pod::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        Pod::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_serves_if_it_is_ready_and_stays_however_much_of_it_is_read() {
        let now = "2026-01-01T00:00:00Z";
        let ready = |is: &str| json!({"conditions": [{"type": "Ready", "status": is}]});
        for (metadata, status, serves) in [
            (json!({"name": "a"}), ready("True"), true),
            (json!({"name": "a"}), ready("False"), false),
            (json!({"name": "a"}), json!({}), false),
            (json!({"name": "a"}), json!(null), false),
            (json!({"deletionTimestamp": now}), ready("True"), false),
        ] {
            let pod = json!({"metadata": metadata, "spec": {"containers": []}, "status": status});
            let text = pod.to_string();
            let whole: Pod = serde_json::from_str(&text).unwrap();
            let standing: Standing = serde_json::from_str(&text).unwrap();
            assert_eq!(super::serves(&whole), serves, "{text}");
            assert_eq!(standing.serves(), serves, "{text}");
        }
    }
}
