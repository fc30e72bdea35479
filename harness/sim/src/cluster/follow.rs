//! What is followed: every resource that can be listed, watched and deleted, but Events.

use std::sync::Arc;

use apiserver::{ApiResource, Gvr};

use super::tables::Kind;

/// A resource whose objects are followed.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    pub(super) gvr: Arc<Gvr>,
    /// The kind whose table its objects are kept in; of others the metadata is kept.
    pub(super) kind: Option<Kind>,
}

/// What tells of resources that come and go.
const DEFINITIONS: (&str, &str) = ("apiextensions.k8s.io", "customresourcedefinitions");

impl Followed {
    /// How a resource is followed, if it is. Source: kube-controller-manager's garbage collector
    /// (its deletable resources without its ignored ones).
    pub(super) fn new(resource: &ApiResource) -> Option<Self> {
        let followed =
            resource.allows(&["delete", "list", "watch"]) && resource.gvr.resource != "events";
        followed.then(|| Self {
            kind: Kind::of(&resource.gvr),
            gvr: Arc::new(resource.gvr.clone()),
        })
    }

    /// Whether its objects define resources.
    pub(super) fn defines_resources(&self) -> bool {
        (self.gvr.group.as_str(), self.gvr.resource.as_str()) == DEFINITIONS
    }
}

#[cfg(test)]
impl Followed {
    pub(super) fn built_in(kind: Kind) -> Self {
        let (group, version, resource) = kind.gvr();
        Self {
            gvr: Arc::new(Gvr::new(group, version, resource)),
            kind: Some(kind),
        }
    }

    pub(super) fn other(gvr: Gvr) -> Self {
        Self {
            gvr: Arc::new(gvr),
            kind: None,
        }
    }
}
