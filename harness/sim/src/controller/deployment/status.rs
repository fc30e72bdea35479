//! What a Deployment's ReplicaSets come to.

use apiserver::{
    Deployment, ReplicaSet,
    json::{Value, json},
};

use super::{
    condition::Conditions,
    rollout::Wish,
    sets::{Sets, replicas},
};
use crate::controller::replica_set;

/// The sums over a Deployment's sets, and what they are measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) wanted: i32,
    pub(super) existing: i32,
    pub(super) updated: i32,
    pub(super) ready: i32,
    pub(super) available: i32,
    pub(super) desired: i32,
    pub(super) may_be_missing: i32,
}

impl Counts {
    /// Whether every replica is there, of the present template, and available.
    pub(super) fn are_complete(self) -> bool {
        self.updated == self.desired
            && self.existing == self.desired
            && self.available == self.desired
    }
}

pub(super) fn counts(sets: &Sets, wish: &Wish) -> Counts {
    let sum = |count: fn(&ReplicaSet) -> i32| sets.all().map(|set| count(set)).sum::<i32>();
    let ready = |set: &ReplicaSet| {
        let status = set.status.as_ref();
        status.and_then(|status| status.ready_replicas).unwrap_or(0)
    };
    Counts {
        wanted: sum(replica_set::wanted),
        existing: sum(|set| replicas(set).existing),
        updated: sets.new.as_ref().map_or(0, |set| replicas(set).existing),
        ready: sum(ready),
        available: sum(|set| replicas(set).available),
        desired: wish.desired,
        may_be_missing: wish.may_be_missing(),
    }
}

/// The status as a merge patch.
pub(super) fn status(deployment: &Deployment, counts: &Counts, conditions: &Conditions) -> Value {
    // Kubernetes leaves zeros out; a merge patch takes fields out by null.
    let some = |n: i32| (n > 0).then_some(n);
    json!({
        "observedGeneration": deployment.metadata.generation,
        "replicas": some(counts.existing),
        "updatedReplicas": some(counts.updated),
        "readyReplicas": some(counts.ready),
        "availableReplicas": some(counts.available),
        "unavailableReplicas": some(counts.wanted - counts.available),
        "conditions": conditions.all(),
    })
}
