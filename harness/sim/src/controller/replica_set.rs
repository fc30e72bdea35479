//! ReplicaSets: as many pods as are wanted, the least useful ones deleted first.

use std::{sync::Arc, time::Duration};

use apiserver::{
    Clock, Pod, ReplicaSet, Status,
    json::{Value, json},
    stamp,
};
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;

use super::{Controller, INSTANT, Next, Reconciled, merge, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

/// Makes and deletes the pods of ReplicaSets.
pub(crate) struct ReplicaSets {
    api: Api,
    clock: Clock,
}

/// What a ReplicaSet's pods are, by what is to be done about them.
struct Pods {
    active: Vec<Arc<Pod>>,
    /// Controlled, but no longer selected: they are let go.
    released: Vec<Arc<Pod>>,
    /// Selected and controlled by nobody: they are taken in.
    orphans: Vec<Arc<Pod>>,
}

impl ReplicaSets {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("replicaset-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(set) = self.api.view().get::<ReplicaSet>(key) else {
            return Ok(Next::Change);
        };
        if set.metadata.deletion_timestamp.is_some() {
            return Ok(Next::Change);
        }
        self.claim(&set).await?;
        let made = self.scale(&set, &self.pods(&set).active).await;
        let next = self.report(&set, made.as_ref().err()).await?;
        made.map(|()| next)
    }

    fn pods(&self, set: &ReplicaSet) -> Pods {
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        self.api
            .view()
            .read(|tables| sort_out(set, tables.pods.within(namespace)))
    }

    async fn claim(&self, set: &ReplicaSet) -> Result<(), Status> {
        let pods = self.pods(set);
        let uid = set.metadata.uid.as_deref().unwrap_or_default();
        let released = pods.released.iter();
        let released = released.map(|pod| (pod, owner::without(&pod.metadata, uid)));
        let orphans = pods.orphans.iter();
        let orphans = orphans.map(|pod| (pod, owner::with(&pod.metadata, set)));
        for (pod, owners) in released.chain(orphans) {
            let patch = json!({"metadata": {"ownerReferences": owners}});
            self.api
                .patch::<Pod>(&Key::of(&pod.metadata), patch)
                .await?;
        }
        Ok(())
    }

    async fn scale(&self, set: &ReplicaSet, active: &[Arc<Pod>]) -> Result<(), Status> {
        let want = usize::try_from(wanted(set)).unwrap_or(0);
        if active.len() < want {
            let template = set.spec.template.clone().unwrap_or_default();
            let pod = pod::from_template(&template, set, None);
            for _ in active.len()..want {
                self.api.create::<Pod>(pod.clone()).await?;
            }
        }
        for pod in least_useful(active, active.len().saturating_sub(want)) {
            self.api.delete::<Pod>(&Key::of(&pod.metadata)).await?;
        }
        Ok(())
    }

    async fn report(&self, set: &ReplicaSet, failure: Option<&Status>) -> Reconciled {
        let active = self.pods(set).active;
        let now = self.clock.now();
        let (status, next) = status(set, &active, failure, now);
        if merge::changes(&json!(set.status), &status) {
            let key = Key::of(&set.metadata);
            self.api.patch_status::<ReplicaSet>(&key, status).await?;
        }
        Ok(next.map_or(Next::Change, Next::After))
    }
}

impl Controller for ReplicaSets {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::ReplicaSet(delta) => vec![delta.key.clone()],
            Change::Pod(delta) => {
                let mut keys = Vec::new();
                for pod in [&delta.old, &delta.new].into_iter().flatten() {
                    keys.extend(concerned(pod, tables));
                }
                keys.dedup();
                keys
            }
            _ => Vec::new(),
        }
    }

    fn patience(&self, _: &Change) -> Duration {
        INSTANT
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// The ReplicaSets that a pod concerns: its owner, or any that may take it in.
fn concerned(pod: &Pod, tables: &Tables) -> Vec<Key> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    match owner::controller_of(&pod.metadata) {
        Some(owner) if owner.kind == "ReplicaSet" => vec![Key::new(namespace, &owner.name)],
        Some(_) => Vec::new(),
        None => {
            let labels = owner::labels(&pod.metadata);
            let sets = tables.replica_sets.within(namespace);
            sets.filter(|set| selected(set, labels))
                .map(|set| Key::of(&set.metadata))
                .collect()
        }
    }
}

fn selected(set: &ReplicaSet, labels: &std::collections::BTreeMap<String, String>) -> bool {
    owner::selects(&set.spec.selector, labels)
}

fn sort_out<'a>(set: &ReplicaSet, pods: impl Iterator<Item = &'a Arc<Pod>>) -> Pods {
    let mut sorted = Pods {
        active: Vec::new(),
        released: Vec::new(),
        orphans: Vec::new(),
    };
    for pod in pods.filter(|pod| pod::is_active(pod)) {
        let selected = selected(set, owner::labels(&pod.metadata));
        let controlled = owner::controls(&set.metadata, &pod.metadata);
        match (controlled, selected) {
            (true, true) => sorted.active.push(Arc::clone(pod)),
            (true, false) => sorted.released.push(Arc::clone(pod)),
            (false, true) if owner::controller_of(&pod.metadata).is_none() => {
                sorted.orphans.push(Arc::clone(pod));
            }
            (false, _) => {}
        }
    }
    sorted
}

pub(crate) fn wanted(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// The `n` pods that are missed least: those without a node, then those that are not ready, then
/// the cheaper by their deletion cost, then the younger. Source: Kubernetes' `ActivePods` order.
fn least_useful(active: &[Arc<Pod>], n: usize) -> Vec<&Arc<Pod>> {
    let mut pods: Vec<_> = active.iter().collect();
    pods.sort_by_key(|pod| {
        let bound = pod
            .spec
            .as_ref()
            .is_some_and(|spec| spec.node_name.is_some());
        let age = |time: Option<Timestamp>| std::cmp::Reverse(time.unwrap_or(Timestamp::MIN));
        (
            bound,
            pod::phase(pod) == "Running",
            pod::is_ready(pod),
            deletion_cost(pod),
            age(pod::ready_since(pod)),
            age(pod.metadata.creation_timestamp.as_ref().map(|time| time.0)),
        )
    });
    pods.truncate(n);
    pods
}

fn deletion_cost(pod: &Pod) -> i64 {
    let annotations = pod.metadata.annotations.as_ref();
    let cost = annotations.and_then(|all| all.get("controller.kubernetes.io/pod-deletion-cost"));
    cost.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The status of a set with these pods, as a merge patch, and when it changes by the passing of time
/// alone.
fn status(
    set: &ReplicaSet,
    active: &[Arc<Pod>],
    failure: Option<&Status>,
    now: Timestamp,
) -> (Value, Option<Duration>) {
    let min_ready = set.spec.min_ready_seconds.unwrap_or(0);
    let waits: Vec<_> = active
        .iter()
        .filter_map(|pod| pod::available_in(pod, min_ready, now))
        .collect();
    let available = waits.iter().filter(|wait| wait.is_zero()).count();
    // A count of zero is left out, and what is left out has to be removed by its name.
    let count = |n: usize| (n > 0).then_some(n);
    let status = json!({
        "availableReplicas": count(available),
        "conditions": failure.map(|status| [failed(set, status, now)]),
        "fullyLabeledReplicas": count(active.len()),
        "observedGeneration": set.metadata.generation,
        "readyReplicas": count(waits.len()),
        "replicas": active.len(),
    });
    let next = waits.into_iter().filter(|wait| !wait.is_zero()).min();
    (status, next)
}

/// That pods could not be made, as it was said first: what is tried again fails again for the same
/// reason, and news of it would be a change that has it tried again at once.
fn failed(set: &ReplicaSet, status: &Status, now: Timestamp) -> Value {
    let conditions = set
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    let before = conditions.and_then(|all| {
        all.iter()
            .find(|one| one.type_.as_deref() == Some("ReplicaFailure"))
    });
    before.map_or_else(
        || {
            json!({
                "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                "message": status.message,
                "lastTransitionTime": stamp(now),
            })
        },
        |before| json!(before),
    )
}
