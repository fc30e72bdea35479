//! A Deployment's ReplicaSets: which there are, which is the new one, and what they come to.

use std::sync::Arc;

use apiserver::{Deployment, ReplicaSet, json::Value};
use k8s_openapi::{api::core::v1::PodTemplateSpec, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::{
    annotation,
    rollout::{Replicas, Wish},
};
use crate::{
    cluster::{Delta, Key, Tables},
    controller::{owner, pod, replica_set},
};

/// The label that tells the pods of one template from those of another.
pub(super) const HASH_LABEL: &str = "pod-template-hash";

/// A Deployment's ReplicaSets.
pub(super) struct Sets {
    /// That of the present template, if there is one.
    pub(super) new: Option<Arc<ReplicaSet>>,
    /// The others, oldest first.
    pub(super) old: Vec<Arc<ReplicaSet>>,
}

impl Sets {
    pub(super) fn of(deployment: &Deployment, tables: &Tables) -> Self {
        let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
        let owned = |set: &&Arc<ReplicaSet>| owner::controls(&deployment.metadata, &set.metadata);
        let all = tables.replica_sets.within(namespace).filter(owned);
        Self::sort_out(deployment, all.cloned().collect())
    }

    fn sort_out(deployment: &Deployment, all: Vec<Arc<ReplicaSet>>) -> Self {
        let is_new = |set: &Arc<ReplicaSet>| {
            let template = set.spec.template.as_ref();
            template.is_some_and(|template| same(template, &deployment.spec.template))
        };
        let (new, mut old): (Vec<_>, Vec<_>) = all.into_iter().partition(is_new);
        old.sort_by_key(|set| (revision(set), set.metadata.name.clone()));
        let mut new = new.into_iter();
        let first = new.next();
        old.extend(new);
        Self { new: first, old }
    }

    /// Every set, the new one first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.new.iter().chain(&self.old)
    }

    /// The sets of which replicas are wanted.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.all().filter(|set| replica_set::wanted(set) > 0)
    }

    /// The newest revision among the old ones; 0 without any.
    pub(super) fn newest_revision(&self) -> i64 {
        self.old.iter().map(|set| revision(set)).max().unwrap_or(0)
    }

    /// Whether the number of replicas has been changed since the sets were last scaled.
    pub(super) fn are_rescaled(&self, wish: &Wish) -> bool {
        let desired = |set: &&Arc<ReplicaSet>| annotation::number(set, annotation::DESIRED);
        let mut noted = self.active().filter_map(|set| desired(&set));
        noted.any(|desired| desired != i64::from(wish.desired))
    }
}

/// The ReplicaSets that are taken in or let go, with the owners that they then have.
pub(super) fn claims(deployment: &Deployment, tables: &Tables) -> Vec<(Key, Value)> {
    let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
    let claim = |set: &Arc<ReplicaSet>| {
        let selected = owner::selects(&deployment.spec.selector, owner::labels(&set.metadata));
        let owners = match owner::controller_of(&set.metadata) {
            None if selected && set.metadata.deletion_timestamp.is_none() => {
                owner::with(&set.metadata, deployment)
            }
            Some(by) if !selected && Some(&by.uid) == deployment.metadata.uid.as_ref() => {
                owner::without(&set.metadata, &by.uid)
            }
            _ => return None,
        };
        Some((Key::of(&set.metadata), owners))
    };
    tables
        .replica_sets
        .within(namespace)
        .filter_map(claim)
        .collect()
}

/// The Deployments that may take in a ReplicaSet which nobody controls.
pub(super) fn takers(delta: &Delta<ReplicaSet>, tables: &Tables) -> Vec<Key> {
    let Some(set) = delta.new.as_ref() else {
        return Vec::new();
    };
    if owner::controller_of(&set.metadata).is_some() {
        return Vec::new();
    }
    let labels = owner::labels(&set.metadata);
    let all = tables.deployments.within(&delta.key.namespace);
    all.filter(|deployment| owner::selects(&deployment.spec.selector, labels))
        .map(|deployment| Key::of(&deployment.metadata))
        .collect()
}

/// Whether two templates are the same but for the label that tells the pods of one from others'.
fn same(one: &PodTemplateSpec, other: &PodTemplateSpec) -> bool {
    let (told, tells) = (one.metadata.as_ref(), other.metadata.as_ref());
    one.spec == other.spec
        && plain_labels(told).eq(plain_labels(tells))
        && told.map(but_labels) == tells.map(but_labels)
}

fn plain_labels(meta: Option<&ObjectMeta>) -> impl Iterator<Item = (&String, &String)> {
    let labels = meta.and_then(|meta| meta.labels.as_ref());
    labels
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != HASH_LABEL)
}

/// What else the metadata of a template can say.
fn but_labels(meta: &ObjectMeta) -> impl PartialEq {
    (
        (&meta.name, &meta.generate_name, &meta.namespace),
        (&meta.annotations, &meta.finalizers, &meta.owner_references),
    )
}

/// The revision of a set; 0 if it has none.
pub(super) fn revision(set: &ReplicaSet) -> i64 {
    annotation::number(set, annotation::REVISION).unwrap_or(0)
}

pub(super) fn replicas(set: &ReplicaSet) -> Replicas {
    let status = set.status.as_ref();
    Replicas {
        wanted: replica_set::wanted(set),
        existing: status.map_or(0, |status| status.replicas),
        available: status
            .and_then(|status| status.available_replicas)
            .unwrap_or(0),
    }
}

/// How many pods of a set have not come to their end; those that are ending have not.
pub(super) fn running(set: &ReplicaSet, tables: &Tables) -> i32 {
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    let pods = tables.pods.within(namespace).filter(|pod| {
        let ended = matches!(pod::phase(pod), "Succeeded" | "Failed");
        !ended && owner::controls(&set.metadata, &pod.metadata)
    });
    i32::try_from(pods.count()).unwrap_or(i32::MAX)
}

/// Whether nothing is in a set, nor wanted of it, nor still to be seen by its controller.
pub(super) fn is_spent(set: &ReplicaSet) -> bool {
    let observed = set
        .status
        .as_ref()
        .and_then(|status| status.observed_generation);
    replica_set::wanted(set) == 0
        && replicas(set).existing == 0
        && set.metadata.generation <= observed
        && set.metadata.deletion_timestamp.is_none()
}
