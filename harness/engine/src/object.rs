//! Which object: kind, namespace and name, as people write it.

use std::fmt;

use kube::core::GroupVersionKind;
use serde_json::Value;

use crate::{Error, Result};

/// The address of one object on one API server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// For example `apps/v1`.
    pub api_version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// `None` for objects of the whole cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectRef {
    /// An object in a namespace.
    pub fn namespaced(
        api_version: &str,
        kind: &str,
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.into()),
            name: name.into(),
        }
    }

    /// An object of the whole cluster.
    pub fn cluster_wide(api_version: &str, kind: &str, name: impl Into<String>) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: name.into(),
        }
    }

    /// The address of a manifest, which is the `index`th of its list.
    ///
    /// # Errors
    /// [`Error::NotAnObject`] if `apiVersion`, `kind` or `metadata.name` is missing.
    pub fn of(object: &Value, index: usize) -> Result<Self> {
        let text = |value: &Value, missing: &'static str| {
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .ok_or(Error::NotAnObject { index, missing })
        };
        let meta = &object["metadata"];
        Ok(Self {
            api_version: text(&object["apiVersion"], "apiVersion")?,
            kind: text(&object["kind"], "kind")?,
            namespace: text(&meta["namespace"], "metadata.namespace").ok(),
            name: text(&meta["name"], "metadata.name")?,
        })
    }

    /// Group, version and kind in kube's form.
    pub fn gvk(&self) -> GroupVersionKind {
        let (group, version) = self
            .api_version
            .split_once('/')
            .unwrap_or(("", &self.api_version));
        GroupVersionKind::gvk(group, version, &self.kind)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_without_a_name_is_refused_by_its_place_in_the_list() {
        let error = ObjectRef::of(&json!({"apiVersion": "v1", "kind": "Pod"}), 3).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("object 3 has no metadata.name")
        );
    }

    #[test]
    fn the_core_group_is_empty() {
        assert_eq!(ObjectRef::cluster_wide("v1", "Node", "a").gvk().group, "");
        assert_eq!(
            ObjectRef::cluster_wide("apps/v1", "X", "a").gvk().group,
            "apps"
        );
    }
}
