//! Who owns what: every object of every kind, by its uid. What garbage collection decides on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use apiserver::Gvr;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::Key;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Every object, and which objects say that it owns them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: BTreeMap<String, Arc<Node>>,
    /// By the owner's uid, which may be unknown or gone.
    dependents: BTreeMap<String, BTreeSet<String>>,
}

/// An object as garbage collection sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// What its kind is called in paths.
    pub(crate) resource: Arc<Gvr>,
    pub(crate) key: Key,
    pub(crate) uid: String,
    pub(crate) owners: Vec<OwnerReference>,
    pub(crate) finalizers: Vec<String>,
    /// Whether it is being deleted.
    pub(crate) leaving: bool,
}

/// How an object that is being deleted treats its dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay, without it.
    Orphan,
}

impl Propagation {
    /// The finalizer that holds the object until its dependents are treated so.
    pub(crate) fn finalizer(self) -> Option<&'static str> {
        match self {
            Self::Background => None,
            Self::Foreground => Some(FOREGROUND),
            Self::Orphan => Some(ORPHAN),
        }
    }
}

impl Node {
    fn new(resource: &Arc<Gvr>, uid: &str, meta: &ObjectMeta) -> Self {
        Self {
            resource: Arc::clone(resource),
            key: Key::of(meta),
            uid: uid.to_owned(),
            owners: meta.owner_references.clone().unwrap_or_default(),
            finalizers: meta.finalizers.clone().unwrap_or_default(),
            leaving: meta.deletion_timestamp.is_some(),
        }
    }

    /// Whether this is what the metadata says. It mostly is: objects change, what holds them seldom.
    fn is(&self, resource: &Gvr, meta: &ObjectMeta) -> bool {
        let (namespace, name) = (meta.namespace.as_deref(), meta.name.as_deref());
        *self.resource == *resource
            && self.key.namespace == namespace.unwrap_or_default()
            && self.key.name == name.unwrap_or_default()
            && self.owners == meta.owner_references.as_deref().unwrap_or_default()
            && self.finalizers == meta.finalizers.as_deref().unwrap_or_default()
            && self.leaving == meta.deletion_timestamp.is_some()
    }

    /// What its finalizers ask for; one for orphans comes first.
    pub(crate) fn propagation(&self) -> Propagation {
        let has = |finalizer: &str| self.finalizers.iter().any(|one| one == finalizer);
        match (has(ORPHAN), has(FOREGROUND)) {
            (true, _) => Propagation::Orphan,
            (false, true) => Propagation::Foreground,
            (false, false) => Propagation::Background,
        }
    }

    /// Whether it is being deleted after its dependents.
    pub(crate) fn waits_for_dependents(&self) -> bool {
        self.leaving && self.propagation() == Propagation::Foreground
    }

    /// Whether `reference` in an object of this namespace means this object.
    fn is_meant_by(&self, reference: &OwnerReference, namespace: &str) -> bool {
        let near = self.key.namespace.is_empty() || self.key.namespace == namespace;
        near && self.key.name == reference.name
    }
}

impl Graph {
    /// An object that is there.
    pub(crate) fn get(&self, uid: &str) -> Option<&Arc<Node>> {
        self.nodes.get(uid)
    }

    /// The objects that say `uid` owns them.
    pub(crate) fn dependents(&self, uid: &str) -> impl Iterator<Item = &Arc<Node>> {
        let uids = self.dependents.get(uid).into_iter().flatten();
        uids.filter_map(|uid| self.nodes.get(uid))
    }

    /// The dependents for which `uid` waits in the foreground.
    pub(crate) fn blocking(&self, uid: &str) -> impl Iterator<Item = &Arc<Node>> {
        let blocks =
            move |one: &&OwnerReference| one.uid == uid && one.block_owner_deletion == Some(true);
        self.dependents(uid)
            .filter(move |node| node.owners.iter().find(blocks).is_some())
    }

    /// Whether an owner that an object names is there and stays.
    pub(crate) fn is_solid(&self, reference: &OwnerReference, namespace: &str) -> bool {
        self.get(&reference.uid).is_some_and(|owner| {
            owner.is_meant_by(reference, namespace) && !owner.waits_for_dependents()
        })
    }

    /// Takes in that an object is as its metadata says, or gone.
    pub(super) fn take_in(&mut self, resource: &Arc<Gvr>, meta: &ObjectMeta, gone: bool) {
        let Some(uid) = meta.uid.as_deref() else {
            return;
        };
        let stays = self.nodes.get(uid).map_or(gone, |known| match gone {
            // A version that is served no more takes nothing from the one that is.
            true => known.resource != *resource,
            false => known.is(resource, meta),
        });
        if stays {
            return;
        }
        self.forget(uid);
        if !gone {
            self.remember(Node::new(resource, uid, meta));
        }
    }

    fn forget(&mut self, uid: &str) {
        let Some(node) = self.nodes.remove(uid) else {
            return;
        };
        for owner in &node.owners {
            let Some(owned) = self.dependents.get_mut(&owner.uid) else {
                continue;
            };
            owned.remove(uid);
            if owned.is_empty() {
                self.dependents.remove(&owner.uid);
            }
        }
    }

    fn remember(&mut self, node: Node) {
        for owner in &node.owners {
            let owned = self.dependents.entry(owner.uid.clone()).or_default();
            owned.insert(node.uid.clone());
        }
        self.nodes.insert(node.uid.clone(), Arc::new(node));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meta(uid: &str, owner: Option<(&str, bool)>) -> ObjectMeta {
        let owner = owner.map(|(uid, blocking)| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": uid, "uid": uid,
                "blockOwnerDeletion": blocking})
        });
        let owners: Vec<_> = owner.into_iter().collect();
        let meta = json!({"namespace": "a", "name": uid, "uid": uid, "ownerReferences": owners});
        serde_json::from_value(meta).unwrap()
    }

    fn graph(metas: &[ObjectMeta]) -> Graph {
        let mut graph = Graph::default();
        let resource = Arc::new(Gvr::core("configmaps"));
        for meta in metas {
            graph.take_in(&resource, meta, false);
        }
        graph
    }

    fn uids<'a>(nodes: impl Iterator<Item = &'a Arc<Node>>) -> Vec<&'a str> {
        nodes.map(|node| node.uid.as_str()).collect()
    }

    #[test]
    fn dependents_are_known_before_their_owner_and_after_it() {
        let mut graph = graph(&[meta("b", Some(("a", false)))]);
        assert_eq!(uids(graph.dependents("a")), ["b"]);
        let resource = Arc::new(Gvr::core("configmaps"));
        graph.take_in(&resource, &meta("a", None), false);
        graph.take_in(&resource, &meta("a", None), true);
        assert_eq!(uids(graph.dependents("a")), ["b"]);
        graph.take_in(&resource, &meta("b", None), false);
        assert_eq!(uids(graph.dependents("a")), [""; 0]);
    }

    #[test]
    fn only_references_that_say_so_block() {
        let graph = graph(&[
            meta("a", None),
            meta("b", Some(("a", false))),
            meta("c", Some(("a", true))),
        ]);
        assert_eq!(uids(graph.blocking("a")), ["c"]);
    }

    #[test]
    fn an_owner_in_another_namespace_is_none() {
        let graph = graph(&[meta("a", None), meta("b", Some(("a", false)))]);
        let reference = &graph.get("b").unwrap().owners[0];
        assert!(graph.is_solid(reference, "a"));
        assert!(!graph.is_solid(reference, "b"));
    }
}
