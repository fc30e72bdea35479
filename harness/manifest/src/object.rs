//! Kubernetes objects as data: a JSON tree that is known to have an identity.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use world::{ClusterName, Version};

use crate::ManifestError;

/// A Kubernetes object: a mapping with `apiVersion`, `kind` and `metadata.name`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Object(Value);

/// What tells an object of a cluster from every other one there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The API group; empty for the core group. The version is no part of an identity.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; `None` for a kind of the whole cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// An object and the cluster it belongs into.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placed {
    /// Whose API server takes it.
    pub cluster: ClusterName,
    /// The object.
    pub object: Object,
}

impl Object {
    /// Takes a tree that has an identity.
    ///
    /// # Errors
    /// If `apiVersion`, `kind` or `metadata.name` is missing or not a text.
    pub fn new(value: Value) -> Result<Self, ManifestError> {
        let fields = [
            ("/apiVersion", &value["apiVersion"]),
            ("/kind", &value["kind"]),
            ("/metadata/name", &value["metadata"]["name"]),
        ];
        for (field, text) in fields {
            if text.as_str().is_none_or(str::is_empty) {
                return Err(ManifestError::NotAnObject { field });
            }
        }
        Ok(Self(value))
    }

    /// Takes a tree written by a renderer of this room.
    pub(crate) fn rendered(value: Value) -> Self {
        Self::new(value).expect("a renderer writes apiVersion, kind and name")
    }

    /// The group and version, for example `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.0["apiVersion"].as_str().unwrap_or_default()
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The namespace, if it has one.
    pub fn namespace(&self) -> Option<&str> {
        self.0["metadata"]["namespace"].as_str()
    }

    /// What tells it from every other object of its cluster.
    pub fn identity(&self) -> Identity {
        let group = self.api_version().split_once('/').map(|(group, _)| group);
        Identity {
            group: group.unwrap_or_default().to_owned(),
            kind: self.kind().to_owned(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().to_owned(),
        }
    }

    /// The version of Istio whose istioctl makes objects of it; `None` if it is no IstioOperator of
    /// this room.
    pub fn of_istio(&self) -> Option<Version> {
        let version = self.text("/metadata/labels/app.kubernetes.io~1version")?;
        (self.kind() == "IstioOperator").then(|| version.parse().ok())?
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// The tree.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The tree, to keep.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// Places the object in a cluster.
    pub fn into_cluster(self, cluster: &ClusterName) -> Placed {
        Placed {
            cluster: cluster.clone(),
            object: self,
        }
    }

    /// The container images it asks for, in order, without doubles; `auto` (a gateway's, which
    /// injection fills in) is none.
    pub fn images(&self) -> Vec<&str> {
        let pod = self.0.pointer("/spec/template/spec");
        let lists = ["initContainers", "containers"];
        let containers = lists
            .iter()
            .filter_map(|list| pod?.get(list)?.as_array())
            .flatten();
        let mut images: Vec<&str> = containers
            .filter_map(|container| container.get("image")?.as_str())
            .filter(|image| *image != "auto")
            .collect();
        images.dedup();
        images
    }
}

impl fmt::Display for Object {
    /// `Deployment istio-system/istiod`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.identity().fmt(f)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tree_without_an_identity_is_no_object() {
        for tree in [
            json!(null),
            json!({"kind": "Secret", "metadata": {"name": "a"}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}}),
            json!({"apiVersion": "v1", "kind": "", "metadata": {"name": "a"}}),
        ] {
            assert!(Object::new(tree.clone()).is_err(), "{tree}");
        }
    }

    #[test]
    fn an_identity_ignores_the_version() {
        let object = |version: &str| {
            let metadata = json!({"name": "a", "namespace": "b"});
            Object::new(json!({"apiVersion": version, "kind": "Gateway", "metadata": metadata}))
        };
        let v1 = object("networking.istio.io/v1").unwrap();
        let beta = object("networking.istio.io/v1beta1").unwrap();
        assert_eq!(v1.identity(), beta.identity());
        assert_eq!(v1.to_string(), "Gateway b/a");
    }
}
