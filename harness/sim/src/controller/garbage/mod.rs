//! Garbage collection: what an object owned goes after it, before it, or is let go.
//!
//! Source: kube-controller-manager's garbage collector (`attemptToDeleteItem`,
//! `processDeletingDependentsItem`, `orphanDependents`). It looks after every kind that can be
//! listed, watched and deleted; its keys are uids.
//!
//! Reading order: [`concern`] (what is looked at), [`verdict`] (what is decided), this file (what
//! is done).

mod concern;
mod verdict;

use std::sync::Arc;

use apiserver::{ApiResource, Status, json::json};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use self::verdict::{Deed, Standing};
use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, GraphNode, Key, Propagation, Tables};

/// Collects garbage.
pub(crate) struct Garbage {
    api: Api,
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
        match verdict::decide(owners, node, !dependents.is_empty()) {
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
        Ok(verdict::standing(
            live.as_deref().map(|live| &**live),
            owner,
        ))
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
        let uids = concern::concerned(change, &tables.graph);
        uids.into_iter().map(|uid| Key::new("", uid)).collect()
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(&key.name).boxed()
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
