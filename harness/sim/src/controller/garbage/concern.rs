//! Which objects a change gives the garbage collector reason to look at.

use std::{collections::BTreeSet, sync::Arc};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::cluster::{Change, Graph, GraphNode, Propagation};

/// The objects that a change gives reason to look at: those it has bereft, itself, those that it
/// waits for, and the owners that wait for it.
pub(super) fn concerned(change: &Change, graph: &Graph) -> BTreeSet<String> {
    let (old, new) = change.meta();
    let mut uids = BTreeSet::new();
    let mut add = |node: &Arc<GraphNode>| {
        uids.insert(node.uid.clone());
    };
    let (before, after) = (uid(old), uid(new));
    if let Some(gone) = before.filter(|_| after != before) {
        graph.dependents(gone).for_each(&mut add);
    }
    if let Some(node) = after.and_then(|uid| graph.get(uid)) {
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

fn uid(meta: Option<&ObjectMeta>) -> Option<&str> {
    meta?.uid.as_deref()
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
