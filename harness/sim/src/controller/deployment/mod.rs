//! Deployments: a ReplicaSet per pod template, rolled over from one to the next.
//!
//! Source: kube-controller-manager's deployment controller (`sync.go`, `rolling.go`,
//! `recreate.go`, `progress.go`).
//!
//! Reading order: this file, [`sets`] (which ReplicaSets are whose), [`roll`] (what is done with
//! them), [`rollout`] and [`proportion`] (how many replicas each should have), [`new_set`] and
//! [`annotation`] (what they are made of), [`status`], [`condition`] and [`progress`] (what is
//! told).

mod annotation;
mod condition;
mod new_set;
mod progress;
mod proportion;
mod roll;
mod rollout;
mod sets;
mod status;

use std::{sync::Arc, time::Duration};

use apiserver::{
    Clock, Deployment, ReplicaSet, Status,
    json::{Value, json},
};
use futures::{FutureExt, future::BoxFuture};

use self::{condition::Conditions, progress::Told, rollout::Wish, sets::Sets};
use super::{Controller, INSTANT, Next, Reconciled, merge, owner};
use crate::cluster::{Api, Change, Key, Tables};

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
        let sets = self.sets(&deployment);
        if paused || sets.are_rescaled(&Wish::of(&deployment.spec)) {
            self.keep_proportions(&deployment, &sets).await?;
            if paused {
                self.clean_up(&deployment, &self.sets(&deployment)).await?;
            }
            return self.report(&deployment, Told::Counts).await;
        }
        self.roll(&deployment, &sets).await?;
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
        if merge::changes(&said(now.as_deref().unwrap_or(deployment)), &patch) {
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

/// What a Deployment says of its rollout, as [`Deployments::announce`] writes it.
fn said(deployment: &Deployment) -> Value {
    let status = deployment.status.as_ref();
    json!({
        "status": {"conditions": status.and_then(|status| status.conditions.as_ref())},
        "metadata": {"annotations": deployment.metadata.annotations},
    })
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
