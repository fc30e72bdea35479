//! Objects as their readers in this process know them, part by part: what is asked for is read once
//! for all versions that ask for the same, because most versions of an object that runs something only
//! say how it is.
//!
//! A specification with a pod in it is by far the largest of what is read: `k8s_openapi`'s type has
//! room for every kind of volume in each of them.

use std::sync::Arc;

use k8s_openapi::{
    Metadata, NamespaceResourceScope, Resource, api::apps::v1 as apps, api::core::v1 as core,
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Error;

use crate::{
    json::Value,
    typed::{Object, ReadSpec, Readable},
};

macro_rules! parted {
    ($($kind:ident is $whole:ty: $spec:ty, $status:ty, $said:literal;)*) => {
        /// The kinds that are read part by part.
        pub(crate) const KINDS: &[&str] = &[$(stringify!($kind)),*];

        $(#[doc = $said]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $kind {
            /// `metadata`.
            pub metadata: ObjectMeta,
            /// `spec`.
            pub spec: $spec,
            /// `status`.
            pub status: Option<$status>,
        }

        impl Readable for $kind {
            fn of(object: &Object) -> Result<Self, Error> {
                let kind = object["kind"].as_str().unwrap_or_default();
                let spec = object.spec().filter(|_| kind == stringify!($kind));
                let spec = spec.ok_or_else(|| {
                    let wanted = stringify!($kind);
                    Error::custom(format_args!("expected a {wanted}, found {kind:?}"))
                })?;
                Ok(Self {
                    metadata: object.metadata()?,
                    spec: Part::read(spec, &object["spec"])?,
                    status: Deserialize::deserialize(&object["status"])?,
                })
            }
        }

        impl Resource for $kind {
            const API_VERSION: &'static str = <$whole>::API_VERSION;
            const GROUP: &'static str = <$whole>::GROUP;
            const KIND: &'static str = <$whole>::KIND;
            const VERSION: &'static str = <$whole>::VERSION;
            const URL_PATH_SEGMENT: &'static str = <$whole>::URL_PATH_SEGMENT;
            type Scope = NamespaceResourceScope;
        }

        impl Metadata for $kind {
            type Ty = ObjectMeta;

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        })*
    };
}

parted! {
    Pod is core::Pod: Option<Arc<core::PodSpec>>, core::PodStatus,
        "`v1` `Pod`, without `metadata.managedFields`.";
    Deployment is apps::Deployment: Arc<apps::DeploymentSpec>, apps::DeploymentStatus,
        "`apps/v1` `Deployment`, without `metadata.managedFields`.";
    ReplicaSet is apps::ReplicaSet: Arc<apps::ReplicaSetSpec>, apps::ReplicaSetStatus,
        "`apps/v1` `ReplicaSet`, without `metadata.managedFields`.";
}

impl From<core::Pod> for Pod {
    fn from(whole: core::Pod) -> Self {
        Self {
            metadata: whole.metadata,
            spec: whole.spec.map(Arc::new),
            status: whole.status,
        }
    }
}

/// A part that versions share: one that may be absent, or one that is empty then.
trait Part: Sized {
    fn read(place: &ReadSpec, part: &Value) -> Result<Self, Error>;
}

impl<S: DeserializeOwned + Send + Sync + 'static> Part for Option<Arc<S>> {
    fn read(place: &ReadSpec, part: &Value) -> Result<Self, Error> {
        match part.is_null() {
            true => Ok(None),
            false => place.read(part).map(Some),
        }
    }
}

impl<S: DeserializeOwned + Default + Send + Sync + 'static> Part for Arc<S> {
    fn read(place: &ReadSpec, part: &Value) -> Result<Self, Error> {
        match part.is_null() {
            true => Ok(Self::default()),
            false => place.read(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{apply::Owners, json::json};

    fn pod(node: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "spec": {"nodeName": node, "containers": [{"name": "a"}]}})
    }

    #[test]
    fn a_pod_is_read_as_its_type_reads_it() {
        let value = pod("b");
        let whole = core::Pod::deserialize(&value).unwrap();
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
        let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "a"}});
        assert!(Object::new(set).read::<Deployment>().is_err());
    }
}
