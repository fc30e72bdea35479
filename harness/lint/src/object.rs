//! A Kubernetes object with the cluster it is for and its place in a file.

use serde_json::Value as Json;
use world::ClusterName;

use crate::place::Place;

/// A Kubernetes object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The cluster it is for; `None` if nobody said, which is one cluster.
    pub(crate) cluster: Option<ClusterName>,
    pub(crate) value: Json,
    pub(crate) at: Place,
}

impl Object {
    pub(crate) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Its namespace; that of kubectl where none is written.
    pub(crate) fn namespace(&self) -> &str {
        match self.text("/metadata/namespace") {
            "" => "default",
            namespace => namespace,
        }
    }

    /// The text at a JSON pointer; empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_default()
    }

    /// The list at a JSON pointer; empty if there is none.
    pub(crate) fn list(&self, pointer: &str) -> &[Json] {
        let list = self.value.pointer(pointer).and_then(Json::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    /// A label of its own.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.value
            .get("metadata")?
            .get("labels")?
            .get(key)?
            .as_str()
    }

    /// An annotation of its own.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        let annotations = self.value.get("metadata")?.get("annotations")?;
        annotations.get(key)?.as_str()
    }

    /// How it is called where several clusters have one.
    pub(crate) fn cluster_word(&self) -> String {
        match &self.cluster {
            Some(cluster) => cluster.to_string(),
            None => "another file".to_owned(),
        }
    }

    /// Whether two objects are the same one in two clusters.
    pub(crate) fn is_twin_of(&self, other: &Self) -> bool {
        self.cluster != other.cluster
            && self.kind() == other.kind()
            && self.name() == other.name()
            && self.namespace() == other.namespace()
    }
}
