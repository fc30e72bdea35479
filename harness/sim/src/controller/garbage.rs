//! Garbage collection: what an object owned goes after it, before it, or is let go.
//!
//! Source: kube-controller-manager's garbage collector (`attemptToDeleteItem`,
//! `processDeletingDependentsItem`, `orphanDependents`). It looks after every kind that can be
//! listed, watched and deleted; its keys are uids.

use std::{collections::BTreeSet, sync::Arc};

use apiserver::{ApiResource, Status};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::{Value, json};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Graph, GraphNode, Key, Propagation, Tables};

/// Collects garbage.
pub(crate) struct Garbage {
    api: Api,
}

/// What has become of an owner that an object names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is there.
    Solid,
    /// It is not there, or another object has its name.
    Absent,
    /// It is being deleted after its dependents.
    Waiting,
}

/// What is to be done with an object that has owners.
#[derive(Debug, Clone, PartialEq)]
enum Deed {
    Nothing,
    /// It stays with these owners alone.
    Keep(Vec<OwnerReference>),
    Delete(Propagation),
}

impl Garbage {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("generic-garbage-collector"),
        }
    }

    async fn sync(&self, uid: &str) -> Reconciled {
        let found = |tables: &Tables| tables.graph.get(uid).cloned();
        if let Some(node) = self.api.view().read(found) {
            match (node.leaving, node.propagation()) {
                (false, _) => self.attempt(&node).await?,
                (true, Propagation::Orphan) => self.orphan(&node).await?,
                (true, Propagation::Foreground) => self.release_if_free(&node).await?,
                (true, Propagation::Background) => {}
            }
        }
        Ok(Next::Change)
    }

    /// Deletes an object if nobody owns it any more.
    async fn attempt(&self, node: &GraphNode) -> Result<(), Status> {
        let resources = self.api.server().resources();
        let mut owners = Vec::new();
        for owner in &node.owners {
            let standing = self.standing(node, owner, &resources).await?;
            owners.push((owner.clone(), standing));
        }
        let dependents = self.dependents(&node.uid);
        match decide(owners, node, !dependents.is_empty()) {
            Deed::Nothing => Ok(()),
            Deed::Keep(owners) => self.give_owners(node, &owners).await,
            Deed::Delete(how) => {
                if how == Propagation::Foreground
                    && dependents.iter().any(|one| one.waits_for_dependents())
                {
                    // Two that wait for each other would wait for ever.
                    self.unblock(node).await?;
                }
                self.delete(node, how).await
            }
        }
    }

    async fn standing(
        &self,
        node: &GraphNode,
        owner: &OwnerReference,
        resources: &[ApiResource],
    ) -> Result<Standing, Status> {
        let resource = resources.iter().find(|one| is_of(one, owner));
        let resource = resource.ok_or_else(|| no_such_kind(owner))?;
        let namespace = match (resource.namespaced, node.key.namespace.as_str()) {
            // An object of the whole cluster cannot have an owner in a namespace: it is left alone.
            (true, "") => return Ok(Standing::Solid),
            (true, namespace) => namespace,
            (false, _) => "",
        };
        let key = Key::new(namespace, owner.name.as_str());
        let live = self.api.get_any(&resource.gvr, &key).await?;
        Ok(standing(live.as_deref(), owner))
    }

    fn dependents(&self, uid: &str) -> Vec<Arc<GraphNode>> {
        let all = |tables: &Tables| tables.graph.dependents(uid).cloned().collect();
        self.api.view().read(all)
    }

    async fn delete(&self, node: &GraphNode, how: Propagation) -> Result<(), Status> {
        let options = json!({
            "propagationPolicy": format!("{how:?}"),
            "preconditions": {"uid": node.uid},
        });
        self.api
            .delete_any(&node.resource, &node.key, options)
            .await
    }

    async fn give_owners(&self, node: &GraphNode, owners: &[OwnerReference]) -> Result<(), Status> {
        let patch = json!({"metadata": {"uid": node.uid, "ownerReferences": owners}});
        self.api.patch_any(&node.resource, &node.key, patch).await
    }

    async fn unblock(&self, node: &GraphNode) -> Result<(), Status> {
        let unblocked = |owner: &OwnerReference| OwnerReference {
            block_owner_deletion: Some(false),
            ..owner.clone()
        };
        let owners: Vec<_> = node.owners.iter().map(unblocked).collect();
        self.give_owners(node, &owners).await
    }

    /// Lets the dependents of an object stay without it.
    async fn orphan(&self, node: &GraphNode) -> Result<(), Status> {
        for one in self.dependents(&node.uid) {
            let others = one.owners.iter().filter(|owner| owner.uid != node.uid);
            let others: Vec<_> = others.cloned().collect();
            self.give_owners(&one, &others).await?;
        }
        self.release(node, Propagation::Orphan).await
    }

    /// Lets an object go that waits for its dependents, once none is left that it must wait for.
    async fn release_if_free(&self, node: &GraphNode) -> Result<(), Status> {
        let blocked = |tables: &Tables| tables.graph.blocking(&node.uid).next().is_some();
        if self.api.view().read(blocked) {
            return Ok(());
        }
        self.release(node, Propagation::Foreground).await
    }

    async fn release(&self, node: &GraphNode, done: Propagation) -> Result<(), Status> {
        let left = node.finalizers.iter();
        let left: Vec<_> = left
            .filter(|one| Some(one.as_str()) != done.finalizer())
            .collect();
        let patch = json!({"metadata": {"uid": node.uid, "finalizers": left}});
        self.api.patch_any(&node.resource, &node.key, patch).await
    }
}

impl Controller for Garbage {
    fn name(&self) -> &'static str {
        "generic-garbage-collector"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        let uids = concerned(change, &tables.graph);
        uids.into_iter().map(|uid| Key::new("", uid)).collect()
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(&key.name).boxed()
    }
}

/// The objects that a change gives reason to look at: those it has bereft, itself, those that it
/// waits for, and the owners that wait for it.
fn concerned(change: &Change, graph: &Graph) -> BTreeSet<String> {
    let (old, new) = change.meta();
    let mut uids = BTreeSet::new();
    let mut add = |node: &Arc<GraphNode>| {
        uids.insert(node.uid.clone());
    };
    let uid = |meta: Option<&_>| -> Option<String> {
        meta.and_then(
            |meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| meta.uid.clone(),
        )
    };
    let (before, after) = (uid(old), uid(new));
    if let Some(gone) = before.filter(|_| after != uid(old)) {
        graph.dependents(&gone).for_each(&mut add);
    }
    if let Some(node) = after.and_then(|uid| graph.get(&uid)) {
        if is_doubtful(node, graph) {
            add(node);
        }
        if node.waits_for_dependents() {
            graph.blocking(&node.uid).for_each(&mut add);
        }
    }
    let metas = [old, new].into_iter().flatten();
    let owners = metas.flat_map(|meta| meta.owner_references.iter().flatten());
    let owners = owners.filter_map(|owner| graph.get(&owner.uid));
    owners
        .filter(|owner| owner.waits_for_dependents())
        .for_each(&mut add);
    uids
}

/// Whether an object may have to go, or is held only by the garbage collector.
fn is_doubtful(node: &GraphNode, graph: &Graph) -> bool {
    match node.leaving {
        true => node.propagation() != Propagation::Background,
        false => {
            let namespace = &node.key.namespace;
            !node
                .owners
                .iter()
                .all(|owner| graph.is_solid(owner, namespace))
        }
    }
}

/// Whether a reference is to an object of this resource, in whichever version.
fn is_of(resource: &ApiResource, owner: &OwnerReference) -> bool {
    let group = owner
        .api_version
        .rsplit_once('/')
        .map_or("", |(group, _)| group);
    resource.kind == owner.kind && resource.gvr.group == group
}

fn no_such_kind(owner: &OwnerReference) -> Status {
    Status::internal(format_args!(
        "unable to get REST mapping for {}/{}.",
        owner.api_version, owner.kind
    ))
}

/// What has become of an owner, by the object that has its name now.
fn standing(live: Option<&Value>, owner: &OwnerReference) -> Standing {
    let Some(meta) = live.map(|object| &object["metadata"]) else {
        return Standing::Absent;
    };
    let finalizers = meta["finalizers"].as_array().into_iter().flatten();
    let foreground = Propagation::Foreground.finalizer();
    let mut holding = finalizers.filter(|one| one.as_str() == foreground);
    if meta["uid"] != owner.uid.as_str() {
        Standing::Absent
    } else if meta["deletionTimestamp"].is_string() && holding.next().is_some() {
        Standing::Waiting
    } else {
        Standing::Solid
    }
}

fn decide(owners: Vec<(OwnerReference, Standing)>, node: &GraphNode, has_dependents: bool) -> Deed {
    let any = |wanted| owners.iter().any(|(_, standing)| *standing == wanted);
    match (any(Standing::Solid), any(Standing::Waiting)) {
        _ if owners.is_empty() => Deed::Nothing,
        (true, waiting) if !waiting && !any(Standing::Absent) => Deed::Nothing,
        (true, _) => {
            let solid = owners
                .into_iter()
                .filter(|(_, standing)| *standing == Standing::Solid);
            Deed::Keep(solid.map(|(owner, _)| owner).collect())
        }
        (false, true) if has_dependents => Deed::Delete(Propagation::Foreground),
        (false, _) => Deed::Delete(node.propagation()),
    }
}

#[cfg(test)]
mod tests {
    use apiserver::Gvr;

    use super::*;

    fn owner(uid: &str) -> OwnerReference {
        OwnerReference {
            uid: uid.to_owned(),
            ..OwnerReference::default()
        }
    }

    fn node() -> GraphNode {
        GraphNode {
            resource: Arc::new(Gvr::core("configmaps")),
            key: Key::new("a", "b"),
            uid: "b".to_owned(),
            owners: Vec::new(),
            finalizers: Vec::new(),
            leaving: false,
        }
    }

    #[test]
    fn an_object_goes_when_no_owner_is_left() {
        use Standing::{Absent, Solid, Waiting};
        let cases: [(&[Standing], bool, Deed); 6] = [
            (&[], false, Deed::Nothing),
            (&[Solid], false, Deed::Nothing),
            (&[Absent], true, Deed::Delete(Propagation::Background)),
            (&[Waiting], false, Deed::Delete(Propagation::Background)),
            (&[Waiting], true, Deed::Delete(Propagation::Foreground)),
            (
                &[Solid, Absent, Waiting],
                true,
                Deed::Keep(vec![owner("0")]),
            ),
        ];
        for (standings, has_dependents, deed) in cases {
            let numbered = standings.iter().enumerate();
            let owners = numbered.map(|(n, standing)| (owner(&n.to_string()), *standing));
            assert_eq!(decide(owners.collect(), &node(), has_dependents), deed);
        }
    }

    #[test]
    fn an_owner_made_anew_is_another() {
        let live = json!({"metadata": {"uid": "2"}});
        assert_eq!(standing(Some(&live), &owner("1")), Standing::Absent);
        assert_eq!(standing(Some(&live), &owner("2")), Standing::Solid);
    }
}
