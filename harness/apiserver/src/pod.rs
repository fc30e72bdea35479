//! A pod as its readers in this process know it: what it asks for is read once for all versions that
//! ask for the same, because most versions of a pod only say how it is.
//!
//! Its specification is by far the largest of what is read: `k8s_openapi`'s type has room for every
//! kind of volume in each of them.

use std::sync::Arc;

use k8s_openapi::{
    Metadata, NamespaceResourceScope, Resource,
    api::core::v1::{Pod as Whole, PodSpec, PodStatus},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Deserialize, de::Error as _};
use serde_json::Error;

use crate::typed::{Object, Readable};

/// `v1` `Pod`, without `metadata.managedFields`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pod {
    /// `metadata`.
    pub metadata: ObjectMeta,
    /// `spec`.
    pub spec: Option<Arc<PodSpec>>,
    /// `status`.
    pub status: Option<PodStatus>,
}

impl Readable for Pod {
    fn of(object: &Object) -> Result<Self, Error> {
        let spec = object.spec().ok_or_else(|| {
            let kind = object["kind"].as_str().unwrap_or_default();
            Error::custom(format_args!("expected a Pod, found {kind:?}"))
        })?;
        let asked = Some(&object["spec"]).filter(|spec| !spec.is_null());
        Ok(Self {
            metadata: object.metadata()?,
            spec: asked.map(|asked| spec.read(asked)).transpose()?,
            status: Deserialize::deserialize(&object["status"])?,
        })
    }
}

impl From<Whole> for Pod {
    fn from(whole: Whole) -> Self {
        Self {
            metadata: whole.metadata,
            spec: whole.spec.map(Arc::new),
            status: whole.status,
        }
    }
}

impl Resource for Pod {
    const API_VERSION: &'static str = Whole::API_VERSION;
    const GROUP: &'static str = Whole::GROUP;
    const KIND: &'static str = Whole::KIND;
    const VERSION: &'static str = Whole::VERSION;
    const URL_PATH_SEGMENT: &'static str = Whole::URL_PATH_SEGMENT;
    type Scope = NamespaceResourceScope;
}

impl Metadata for Pod {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        apply::Owners,
        json::{Value, json},
    };

    fn pod(node: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "spec": {"nodeName": node, "containers": [{"name": "a"}]}})
    }

    #[test]
    fn a_pod_is_read_as_its_type_reads_it() {
        let value = pod("b");
        let whole = Whole::deserialize(&value).unwrap();
        let read = Object::new(value).read::<Pod>().unwrap();
        assert_eq!(*read, whole.into());
    }

    #[test]
    fn versions_that_ask_for_the_same_share_what_was_read_of_it() {
        let first = Object::new(pod("b"));
        let mut value = first.whole();
        value["status"] = json!({"phase": "Running"});
        let second = Object::after(Some(&first), value, Owners::default());
        let mut value = second.whole();
        value["spec"]["nodeName"] = "c".into();
        let third = Object::after(Some(&second), value, Owners::default());
        let spec = |object: &Object| object.read::<Pod>().unwrap().spec.clone().unwrap();
        let (first, second, third) = (spec(&first), spec(&second), spec(&third));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(third.node_name.as_deref(), Some("c"));
    }

    #[test]
    fn nothing_else_is_read_as_a_pod() {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let error = Object::new(map).read::<Pod>().unwrap_err().to_string();
        assert_eq!(error, "expected a Pod, found \"ConfigMap\"");
    }
}
