//! Deployments: a ReplicaSet per pod template, rolled over from one to the next.
//!
//! Source: kube-controller-manager's deployment controller (`sync.go`, `rolling.go`,
//! `recreate.go`, `progress.go`).
//!
//! Reading order: this file, [`sets`] (which ReplicaSets are whose), [`rollout`] and
//! [`proportion`] (how many replicas each should have), [`new_set`] and [`annotation`] (what they
//! are made of), [`status`], [`condition`] and [`progress`] (what is told).

mod annotation;
mod condition;
mod new_set;
mod progress;
mod proportion;
mod rollout;
mod sets;
mod status;

use std::{sync::Arc, time::Duration};

use apiserver::{Clock, Status};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use serde_json::json;

use self::{
    condition::Conditions,
    progress::Told,
    rollout::{Replicas, Strategy, Wish},
    sets::Sets,
};
use super::{Controller, INSTANT, Next, Reconciled, merge, owner, replica_set};
use crate::cluster::{Api, Change, Key, Tables};

/// How many old ReplicaSets are kept. Source: the API's default.
const HISTORY: i32 = 10;

/// Rolls Deployments out.
pub(crate) struct Deployments {
    api: Api,
    clock: Clock,
}

impl Deployments {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("deployment-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(deployment) = self.get(key) else {
            return Ok(Next::Change);
        };
        if deployment.metadata.deletion_timestamp.is_some() {
            return self.report(&deployment, Told::Counts).await;
        }
        self.claim(&deployment).await?;
        let deployment = self.say_if_paused(deployment).await?;
        let paused = deployment.spec.paused == Some(true);
        if paused
            || self
                .sets(&deployment)
                .are_rescaled(&Wish::of(&deployment.spec))
        {
            self.keep_proportions(&deployment).await?;
            if paused {
                self.clean_up(&deployment).await?;
            }
            return self.report(&deployment, Told::Counts).await;
        }
        self.roll(&deployment).await?;
        self.report(&deployment, Told::Progress).await
    }

    fn get(&self, key: &Key) -> Option<Arc<Deployment>> {
        self.api.view().get::<Deployment>(key)
    }

    fn sets(&self, deployment: &Deployment) -> Sets {
        self.api.view().read(|tables| Sets::of(deployment, tables))
    }

    /// Takes in ReplicaSets that nobody controls, and lets those go that are not selected any more.
    async fn claim(&self, deployment: &Deployment) -> Result<(), Status> {
        let claims = self
            .api
            .view()
            .read(|tables| sets::claims(deployment, tables));
        for (key, owners) in claims {
            let patch = json!({"metadata": {"ownerReferences": owners}});
            self.api.patch::<ReplicaSet>(&key, patch).await?;
        }
        Ok(())
    }

    async fn say_if_paused(&self, deployment: Arc<Deployment>) -> Result<Arc<Deployment>, Status> {
        let mut conditions = Conditions::of(&deployment, self.clock.now());
        if !progress::pause(&deployment, &mut conditions) {
            return Ok(deployment);
        }
        self.announce(&deployment, &conditions, None).await
    }

    /// A change of the number of replicas in the middle of a rollout, or while it is paused, is
    /// shared by the sets that there are.
    async fn keep_proportions(&self, deployment: &Deployment) -> Result<(), Status> {
        self.acknowledge(deployment).await?;
        let wish = Wish::of(&deployment.spec);
        let sets = self.sets(deployment);
        for (set, wanted) in proportion::shares(&sets, &wish, deployment) {
            self.scale(&set, wanted, &wish).await?;
        }
        Ok(())
    }

    async fn roll(&self, deployment: &Deployment) -> Result<(), Status> {
        let wish = Wish::of(&deployment.spec);
        let sets = self.sets(deployment);
        let old = self.replicas_of_old(&sets, &wish);
        self.acknowledge(deployment).await?;
        let Some(new) = &sets.new else {
            let gone = old.iter().all(|set| set.existing == 0);
            if wish.strategy == Strategy::Recreate && !gone {
                let none = vec![0; old.len()];
                return self.scale_all(&sets.old, none, &wish).await;
            }
            return self.create(deployment, &sets, &wish, &old).await;
        };
        let (wanted, shrunk) = wish.next(sets::replicas(new), &old);
        self.scale(new, wanted, &wish).await?;
        self.scale_all(&sets.old, shrunk, &wish).await?;
        if self.is_complete(deployment) {
            self.clean_up(deployment).await?;
        }
        Ok(())
    }

    /// Old sets as the arithmetic sees them. Before anything new is made, a Deployment that
    /// recreates waits for pods that are still ending, which sets do not count.
    fn replicas_of_old(&self, sets: &Sets, wish: &Wish) -> Vec<Replicas> {
        let of = |set: &Arc<ReplicaSet>| match wish.strategy {
            Strategy::Rolling { .. } => sets::replicas(set),
            Strategy::Recreate => Replicas {
                existing: self.api.view().read(|tables| sets::running(set, tables)),
                ..sets::replicas(set)
            },
        };
        sets.old.iter().map(of).collect()
    }

    async fn create(
        &self,
        deployment: &Deployment,
        sets: &Sets,
        wish: &Wish,
        old: &[Replicas],
    ) -> Result<(), Status> {
        let (replicas, _) = wish.next(Replicas::NONE, old);
        let revision = sets.newest_revision() + 1;
        let set = new_set::new_set(deployment, wish, replicas, revision);
        let name = set["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut conditions = Conditions::of(deployment, self.clock.now());
        let made = self.api.create::<ReplicaSet>(set).await;
        progress::made(deployment, &name, made.as_ref().err(), &mut conditions);
        let revision = made.is_ok().then_some(revision);
        self.announce(deployment, &conditions, revision).await?;
        made.map(drop)
    }

    /// Hands a Deployment's annotations and revision down to the set of its present template, and
    /// says in the Deployment which revision that is.
    async fn acknowledge(&self, deployment: &Deployment) -> Result<(), Status> {
        let sets = self.sets(deployment);
        let Some(new) = &sets.new else {
            return Ok(());
        };
        let annotations = annotation::handed_down(deployment, new, sets.newest_revision() + 1);
        let patch = json!({
            "metadata": {"annotations": annotations},
            "spec": {"minReadySeconds": deployment.spec.min_ready_seconds.unwrap_or(0)},
        });
        let mut current = Arc::clone(new);
        if merge::changes(&json!(**new), &patch) {
            let key = Key::of(&new.metadata);
            self.api.patch::<ReplicaSet>(&key, patch).await?;
            current = self.api.view().get::<ReplicaSet>(&key).unwrap_or(current);
        }
        let mut conditions = Conditions::of(deployment, self.clock.now());
        progress::found(deployment, &current, &mut conditions);
        let revision = Some(sets::revision(&current));
        self.announce(deployment, &conditions, revision)
            .await
            .map(drop)
    }

    async fn scale_all(
        &self,
        sets: &[Arc<ReplicaSet>],
        wanted: Vec<i32>,
        wish: &Wish,
    ) -> Result<(), Status> {
        for (set, wanted) in sets.iter().zip(wanted) {
            if replica_set::wanted(set) != wanted {
                self.scale(set, wanted, wish).await?;
            }
        }
        Ok(())
    }

    /// Gives a set its number of replicas, and notes what that number was a share of.
    async fn scale(&self, set: &ReplicaSet, wanted: i32, wish: &Wish) -> Result<(), Status> {
        let sizes = annotation::sizes(wish);
        let patch = json!({"spec": {"replicas": wanted}, "metadata": {"annotations": sizes}});
        if !merge::changes(&json!(set), &patch) {
            return Ok(());
        }
        let key = Key::of(&set.metadata);
        self.api.patch::<ReplicaSet>(&key, patch).await.map(drop)
    }

    fn is_complete(&self, deployment: &Deployment) -> bool {
        let counts = status::counts(&self.sets(deployment), &Wish::of(&deployment.spec));
        counts.are_complete()
    }

    /// Forgets the oldest sets beyond the limit, if nothing is in them.
    async fn clean_up(&self, deployment: &Deployment) -> Result<(), Status> {
        let keep = deployment.spec.revision_history_limit.unwrap_or(HISTORY);
        let old = self.sets(deployment).old;
        let surplus = old.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
        for set in old.iter().take(surplus).filter(|set| sets::is_spent(set)) {
            self.api
                .delete::<ReplicaSet>(&Key::of(&set.metadata))
                .await?;
        }
        Ok(())
    }

    /// Writes conditions, and the revision as an annotation, through the status: neither is a
    /// change of what is wanted. Returns the Deployment as it then is.
    async fn announce(
        &self,
        deployment: &Deployment,
        conditions: &Conditions,
        revision: Option<i64>,
    ) -> Result<Arc<Deployment>, Status> {
        let key = Key::of(&deployment.metadata);
        let status = json!({"conditions": conditions.all()});
        let annotations = annotation::of_deployment(revision);
        let patch = json!({"status": status, "metadata": {"annotations": annotations}});
        let now = self.get(&key);
        let object = json!(now.as_deref().unwrap_or(deployment));
        if merge::changes(&object, &patch) {
            self.api
                .patch_status_and_annotations::<Deployment>(&key, status, annotations)
                .await?;
        }
        let now = self.get(&key);
        Ok(now.unwrap_or_else(|| Arc::new(deployment.clone())))
    }

    async fn report(&self, deployment: &Deployment, told: Told) -> Reconciled {
        let key = Key::of(&deployment.metadata);
        let Some(deployment) = self.get(&key) else {
            return Ok(Next::Change);
        };
        let wish = Wish::of(&deployment.spec);
        let sets = self.sets(&deployment);
        let counts = status::counts(&sets, &wish);
        let mut conditions = Conditions::of(&deployment, self.clock.now());
        progress::available(&counts, &mut conditions);
        if told == Told::Progress {
            progress::update(&deployment, &sets, &counts, &mut conditions);
        }
        let next = progress::next(&deployment, &counts, &conditions);
        let status = status::status(&deployment, &counts, &conditions);
        if merge::changes(&json!(deployment.status), &status) {
            self.api.patch_status::<Deployment>(&key, status).await?;
        }
        Ok(next)
    }
}

impl Controller for Deployments {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Deployment(delta) => vec![delta.key.clone()],
            Change::ReplicaSet(delta) => match owner::key_of(delta, "Deployment") {
                Some(key) => vec![key],
                None => sets::takers(delta, tables),
            },
            // A pod that is gone may be the last one that a Deployment waits for to recreate.
            Change::Pod(delta) if delta.new.is_none() => owner::key_of(delta, "ReplicaSet")
                .and_then(|set| tables.replica_sets.get(&set))
                .and_then(|set| owner::controller_of(&set.metadata))
                .map(|owner| Key::new(delta.key.namespace.as_str(), owner.name.as_str()))
                .into_iter()
                .collect(),
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
