//! Deployments: a ReplicaSet per pod template, rolled over from one to the next.

use std::{sync::Arc, time::Duration};

use apiserver::{Clock, Status, stamp};
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentCondition, DeploymentSpec, ReplicaSet},
    core::v1::PodTemplateSpec,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Controller, INSTANT, Next, Reconciled, owner, replica_set,
    rollout::{Replicas, Wish},
};
use crate::cluster::{Api, Change, Key, Tables};

const HASH_LABEL: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
/// How long a rollout may stand still before it is called stuck. Source: the API's default.
const PROGRESS_DEADLINE: i32 = 600;
/// How many old ReplicaSets are kept. Source: the API's default.
const HISTORY: i32 = 10;

/// Rolls Deployments out.
pub(crate) struct Deployments {
    api: Api,
    clock: Clock,
}

/// A Deployment's ReplicaSets.
struct Sets {
    /// That of the present template, if there is one.
    new: Option<Arc<ReplicaSet>>,
    /// The others, oldest first.
    old: Vec<Arc<ReplicaSet>>,
}

impl Deployments {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("deployment-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(deployment) = self.api.view().get::<Deployment>(key) else {
            return Ok(Next::Change);
        };
        let spec = &deployment.spec;
        if deployment.metadata.deletion_timestamp.is_some() {
            return Ok(Next::Change);
        }
        if spec.paused != Some(true) {
            self.roll(&deployment, spec).await?;
        }
        self.clean_up(&deployment, spec).await?;
        self.report(&deployment, spec).await
    }

    fn sets(&self, deployment: &Deployment) -> Sets {
        let namespace = deployment.metadata.namespace.as_deref().unwrap_or_default();
        let owned = |set: &&Arc<ReplicaSet>| owner::controls(&deployment.metadata, &set.metadata);
        let all: Vec<_> = self.api.view().read(|tables| {
            tables
                .replica_sets
                .within(namespace)
                .filter(owned)
                .cloned()
                .collect()
        });
        sort_out(deployment, all)
    }

    async fn roll(&self, deployment: &Deployment, spec: &DeploymentSpec) -> Result<(), Status> {
        let wish = Wish::of(spec);
        let sets = self.sets(deployment);
        let old: Vec<_> = sets.old.iter().map(|set| replicas(set)).collect();
        let Some(new) = &sets.new else {
            let (first, _) = wish.next(
                Replicas {
                    wanted: 0,
                    existing: 0,
                    available: 0,
                },
                &old,
            );
            let revision = 1 + sets.old.iter().map(|set| revision(set)).max().unwrap_or(0);
            let set = new_set(deployment, spec, first, revision);
            return self.api.create::<ReplicaSet>(set).await.map(drop);
        };
        self.stamp_revision(new, &sets.old).await?;
        let (wanted, shrunk) = wish.next(replicas(new), &old);
        self.scale(new, wanted).await?;
        for (set, wanted) in sets.old.iter().zip(shrunk) {
            self.scale(set, wanted).await?;
        }
        Ok(())
    }

    async fn scale(&self, set: &ReplicaSet, wanted: i32) -> Result<(), Status> {
        if replica_set::wanted(set) == wanted {
            return Ok(());
        }
        let patch = json!({"spec": {"replicas": wanted}});
        let key = Key::of(&set.metadata);
        self.api.patch::<ReplicaSet>(&key, patch).await.map(drop)
    }

    /// A template that is taken up again becomes the newest revision.
    async fn stamp_revision(
        &self,
        new: &ReplicaSet,
        old: &[Arc<ReplicaSet>],
    ) -> Result<(), Status> {
        let newest = old.iter().map(|set| revision(set)).max().unwrap_or(0);
        if revision(new) > newest {
            return Ok(());
        }
        let text = (newest + 1).to_string();
        let patch = json!({"metadata": {"annotations": {REVISION: text}}});
        let key = Key::of(&new.metadata);
        self.api.patch::<ReplicaSet>(&key, patch).await.map(drop)
    }

    async fn clean_up(&self, deployment: &Deployment, spec: &DeploymentSpec) -> Result<(), Status> {
        let keep = usize::try_from(spec.revision_history_limit.unwrap_or(HISTORY)).unwrap_or(0);
        let old = self.sets(deployment).old;
        let done =
            |set: &&Arc<ReplicaSet>| replicas(set).existing == 0 && replica_set::wanted(set) == 0;
        let surplus = old.len().saturating_sub(keep);
        for set in old.iter().filter(done).take(surplus) {
            self.api
                .delete::<ReplicaSet>(&Key::of(&set.metadata))
                .await?;
        }
        Ok(())
    }

    async fn report(&self, deployment: &Deployment, spec: &DeploymentSpec) -> Reconciled {
        let key = Key::of(&deployment.metadata);
        let sets = self.sets(deployment);
        if let Some(new) = &sets.new {
            self.annotate(deployment, revision(new)).await?;
        }
        let counts = counts(&sets, Wish::of(spec));
        let now = self.clock.now();
        let (conditions, next) = conditions(deployment, spec, &counts, failure(&sets), now);
        let mut status = counts.to_status(deployment);
        status["conditions"] = conditions;
        let old = serde_json::to_value(&deployment.status).unwrap_or_default();
        if changed(&old, &status) {
            self.api.patch_status::<Deployment>(&key, status).await?;
        }
        Ok(next)
    }

    async fn annotate(&self, deployment: &Deployment, revision: i64) -> Result<(), Status> {
        let annotations = deployment.metadata.annotations.as_ref();
        let text = revision.to_string();
        if annotations.and_then(|all| all.get(REVISION)) == Some(&text) {
            return Ok(());
        }
        let patch = json!({"metadata": {"annotations": {REVISION: text}}});
        let key = Key::of(&deployment.metadata);
        self.api.patch::<Deployment>(&key, patch).await.map(drop)
    }
}

impl Controller for Deployments {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Deployment(delta) => vec![delta.key.clone()],
            Change::ReplicaSet(delta) => owner::key_of(delta, "Deployment").into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn patience(&self) -> Duration {
        INSTANT
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// What a Deployment's ReplicaSets come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    wanted: i32,
    existing: i32,
    updated: i32,
    ready: i32,
    available: i32,
    desired: i32,
    may_be_missing: i32,
}

impl Counts {
    fn to_status(self, deployment: &Deployment) -> Value {
        // Kubernetes leaves zeros out; a merge patch takes fields out by null.
        let some = |n: i32| (n > 0).then_some(n);
        json!({
            "observedGeneration": deployment.metadata.generation,
            "replicas": some(self.existing),
            "updatedReplicas": some(self.updated),
            "readyReplicas": some(self.ready),
            "availableReplicas": some(self.available),
            "unavailableReplicas": some(self.wanted - self.available),
        })
    }

    fn is_complete(self) -> bool {
        self.updated == self.desired
            && self.existing == self.desired
            && self.available == self.desired
    }
}

fn counts(sets: &Sets, wish: Wish) -> Counts {
    let all = || sets.new.iter().chain(&sets.old);
    let sum = |count: fn(&ReplicaSet) -> i32| all().map(|set| count(set)).sum::<i32>();
    let ready = |set: &ReplicaSet| {
        set.status
            .as_ref()
            .and_then(|s| s.ready_replicas)
            .unwrap_or(0)
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

/// Whether a merge patch of `new` would change `old`.
fn changed(old: &Value, new: &Value) -> bool {
    let fields = new.as_object().into_iter().flatten();
    fields
        .into_iter()
        .any(|(field, value)| old.get(field).unwrap_or(&Value::Null) != value)
}

/// The reason and message for which a set could not create its pods.
fn failure(sets: &Sets) -> Option<(String, String)> {
    let mut all = sets.new.iter().chain(&sets.old);
    all.find_map(|set| {
        let conditions = set.status.as_ref()?.conditions.as_deref()?;
        let failed = conditions
            .iter()
            .find(|one| one.type_.as_deref() == Some("ReplicaFailure"))?;
        Some((failed.reason.clone()?, failed.message.clone()?))
    })
}

/// The conditions, and when they change by the passing of time alone.
fn conditions(
    deployment: &Deployment,
    spec: &DeploymentSpec,
    counts: &Counts,
    failure: Option<(String, String)>,
    now: Timestamp,
) -> (Value, Next) {
    let history = History { deployment, now };
    let available = match counts.available >= counts.desired - counts.may_be_missing {
        true => (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        ),
        false => (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        ),
    };
    let mut conditions = vec![history.condition("Available", available, false)];
    let (progressing, next) = progressing(&history, spec, counts);
    conditions.push(progressing);
    if let Some((reason, message)) = failure {
        conditions.push(history.condition("ReplicaFailure", ("True", &reason, &message), false));
    }
    (Value::Array(conditions), next)
}

fn progressing(history: &History<'_>, spec: &DeploymentSpec, counts: &Counts) -> (Value, Next) {
    let name = history
        .deployment
        .metadata
        .name
        .as_deref()
        .unwrap_or_default();
    let moved = history.moved(counts);
    let before = history.before("Progressing");
    let reason = before.and_then(|one| one.reason.as_deref());
    if counts.is_complete() || (reason == Some("NewReplicaSetAvailable") && !moved) {
        let message = format!("Deployment \"{name}\" has successfully progressed.");
        let done = ("True", "NewReplicaSetAvailable", message.as_str());
        return (history.condition("Progressing", done, false), Next::Change);
    }
    let deadline = spec.progress_deadline_seconds.unwrap_or(PROGRESS_DEADLINE);
    let since = before
        .and_then(|one| one.last_update_time.as_ref())
        .map(|time| time.0);
    let passed = since.map_or(0, |since| history.now.as_second() - since.as_second());
    let left = i64::from(deadline) - passed;
    if left <= 0 && !moved {
        let message = format!("Deployment \"{name}\" has timed out progressing.");
        let stuck = ("False", "ProgressDeadlineExceeded", message.as_str());
        return (history.condition("Progressing", stuck, false), Next::Change);
    }
    let message = format!("Deployment \"{name}\" is progressing.");
    let going = ("True", "ReplicaSetUpdated", message.as_str());
    let left = if moved { deadline.into() } else { left };
    let next = Next::After(Duration::from_secs(left.unsigned_abs()));
    (history.condition("Progressing", going, moved), next)
}

/// The conditions as they were, for what carries over.
struct History<'a> {
    deployment: &'a Deployment,
    now: Timestamp,
}

impl History<'_> {
    fn before(&self, kind: &str) -> Option<&DeploymentCondition> {
        let conditions = self.deployment.status.as_ref()?.conditions.as_deref()?;
        conditions
            .iter()
            .find(|one| one.type_.as_deref() == Some(kind))
    }

    /// Whether the rollout has got on since the status was written.
    fn moved(&self, counts: &Counts) -> bool {
        let status = self.deployment.status.clone().unwrap_or_default();
        let before = |n: Option<i32>| n.unwrap_or(0);
        counts.updated > before(status.updated_replicas)
            || counts.available > before(status.available_replicas)
            || counts.ready > before(status.ready_replicas)
            || counts.existing - counts.updated
                < before(status.replicas) - before(status.updated_replicas)
            || status.observed_generation != self.deployment.metadata.generation
    }

    fn condition(&self, kind: &str, is: (&str, &str, &str), touched: bool) -> Value {
        let (status, reason, message) = is;
        let before = self
            .before(kind)
            .filter(|one| one.status.as_deref() == Some(status));
        let same = before.filter(|one| one.reason.as_deref() == Some(reason) && !touched);
        let or_now = |time: Option<Timestamp>| stamp(time.unwrap_or(self.now));
        let time =
            |t: Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| t.map(|t| t.0);
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": or_now(time(before.and_then(|b| b.last_transition_time.as_ref()))),
            "lastUpdateTime": or_now(time(same.and_then(|s| s.last_update_time.as_ref()))),
        })
    }
}

fn sort_out(deployment: &Deployment, all: Vec<Arc<ReplicaSet>>) -> Sets {
    let template = Some(plain(&deployment.spec.template));
    let of = |set: &ReplicaSet| set.spec.template.as_ref().map(plain);
    let (new, mut old): (Vec<_>, Vec<_>) = all.into_iter().partition(|set| of(set) == template);
    old.sort_by_key(|set| (revision(set), set.metadata.name.clone()));
    let mut new = new.into_iter();
    let first = new.next();
    old.extend(new);
    Sets { new: first, old }
}

/// A template without the label that tells its pods from others'.
fn plain(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(labels) = template
        .metadata
        .as_mut()
        .and_then(|meta| meta.labels.as_mut())
    {
        labels.remove(HASH_LABEL);
    }
    template
}

fn revision(set: &ReplicaSet) -> i64 {
    let annotations = set.metadata.annotations.as_ref();
    let text = annotations.and_then(|all| all.get(REVISION));
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn replicas(set: &ReplicaSet) -> Replicas {
    let status = set.status.as_ref();
    Replicas {
        wanted: replica_set::wanted(set),
        existing: status.map_or(0, |status| status.replicas),
        available: status
            .and_then(|status| status.available_replicas)
            .unwrap_or(0),
    }
}

fn new_set(deployment: &Deployment, spec: &DeploymentSpec, replicas: i32, revision: i64) -> Value {
    let hash = template_hash(&spec.template);
    let mut template = json!(spec.template);
    template["metadata"]["labels"][HASH_LABEL] = hash.clone().into();
    let mut selector = json!(spec.selector);
    selector["matchLabels"][HASH_LABEL] = hash.clone().into();
    let name = deployment.metadata.name.as_deref().unwrap_or_default();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "namespace": deployment.metadata.namespace,
            "name": format!("{name}-{hash}"),
            "labels": template["metadata"]["labels"],
            "annotations": {REVISION: revision.to_string()},
            "ownerReferences": [owner::reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": spec.min_ready_seconds.unwrap_or(0),
            "selector": selector,
            "template": template,
        },
    })
}

/// A name for a template, in the letters that Kubernetes uses for generated names. Kubernetes
/// hashes its own memory layout, so that the letters themselves are not the same.
pub(crate) fn template_hash(template: &PodTemplateSpec) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = serde_json::to_vec(template).expect("a template read from JSON is JSON");
    let digest = Sha256::digest(text);
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    digest.iter().take(10).map(letter).collect()
}
