//! StatefulSets: pods with ordinals, made and replaced one after another.
//!
//! Source: kube-controller-manager's stateful set controller (`stateful_set_control.go`).
//!
//! Reading order: [`pods`] (which pod has which ordinal), [`steps`] (what is done next),
//! [`revision`] (the templates that there were), [`status`] (what is told), this file (who does
//! it).

mod pods;
mod revision;
mod status;
mod steps;

use std::{sync::Arc, time::Duration};

use apiserver::{Clock, Pod, Status, json::json};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};

use self::{pods::Pods, revision::Revisions, steps::Step};
use super::{Controller, INSTANT, Next, Reconciled, merge, owner};
use crate::cluster::{Api, Change, Key, Tables};

/// Makes and replaces the pods of StatefulSets.
pub(crate) struct StatefulSets {
    api: Api,
    clock: Clock,
}

impl StatefulSets {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("statefulset-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(set) = self.api.view().get::<StatefulSet>(key) else {
            return Ok(Next::Change);
        };
        let revisions = self.revisions(&set).await?;
        let pods = self.pods(&set);
        let mut made = Ok(());
        if set.metadata.deletion_timestamp.is_none() {
            made = self.take_all(&set, &revisions, &pods).await;
        }
        self.report(&set, &revisions).await?;
        made?;
        self.forget_old_revisions(&set, &revisions).await?;
        Ok(self.pods(&set).next())
    }

    fn pods(&self, set: &StatefulSet) -> Pods {
        let now = self.clock.now();
        self.api.view().read(|tables| Pods::of(set, tables, now))
    }

    async fn take_all(
        &self,
        set: &StatefulSet,
        revisions: &Revisions,
        pods: &Pods,
    ) -> Result<(), Status> {
        let update = revision::name(&revisions.update);
        for step in steps::steps(&set.spec, pods, &update) {
            self.take(set, revisions, step).await?;
        }
        Ok(())
    }

    async fn take(
        &self,
        set: &StatefulSet,
        revisions: &Revisions,
        step: Step,
    ) -> Result<(), Status> {
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        match step {
            Step::Create(ordinal) => {
                let revision = revisions.of_ordinal(&set.spec, ordinal);
                let pod = pods::new_pod(set, revision, ordinal)?;
                self.api.create::<Pod>(pod).await.map(drop)
            }
            Step::Delete(name) => self.api.delete::<Pod>(&Key::new(namespace, name)).await,
        }
    }

    /// The revision of the present template, which is made if there is none like it and becomes
    /// the newest if it is taken up again, and the one that is being replaced.
    async fn revisions(&self, set: &StatefulSet) -> Result<Revisions, Status> {
        let known = self.known_revisions(set);
        let name = revision::name_of(set);
        let next = known.last().map_or(0, |newest| revision::number(newest)) + 1;
        let key = |one: &ControllerRevision| Key::of(&one.metadata);
        let same = known
            .iter()
            .find(|one| one.metadata.name.as_ref() == Some(&name));
        let update = match same {
            Some(same) if revision::number(same) + 1 == next => Arc::clone(same),
            Some(same) => {
                let patch = json!({"revision": next});
                self.api
                    .patch::<ControllerRevision>(&key(same), patch)
                    .await?;
                Arc::clone(same)
            }
            None => {
                let new = revision::new(set, next);
                let made = self.api.create::<ControllerRevision>(new).await?;
                made.read().map_err(Status::internal)?
            }
        };
        let status = set.status.as_ref();
        let current = status.and_then(|status| status.current_revision.as_ref());
        let mut known = known.into_iter();
        let current = known.find(|one| one.metadata.name.as_ref() == current);
        Ok(Revisions {
            current: current.unwrap_or_else(|| Arc::clone(&update)),
            update,
        })
    }

    /// Every revision of a set, oldest first.
    fn known_revisions(&self, set: &StatefulSet) -> Vec<Arc<ControllerRevision>> {
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        let mut known: Vec<_> = self.api.view().read(|tables| {
            let all = tables.controller_revisions.within(namespace);
            let owned =
                |one: &&Arc<ControllerRevision>| owner::controls(&set.metadata, &one.metadata);
            all.filter(owned).cloned().collect()
        });
        known.sort_by_key(|one| revision::number(one));
        known
    }

    /// Forgets the oldest revisions beyond the limit, but for those that pods are made of.
    async fn forget_old_revisions(
        &self,
        set: &StatefulSet,
        revisions: &Revisions,
    ) -> Result<(), Status> {
        let pods = self.pods(set);
        let dead = |one: &Arc<ControllerRevision>| {
            let name = revision::name(one);
            !revisions.have(&name) && !pods.are_of(&name)
        };
        let dead: Vec<_> = self.known_revisions(set).into_iter().filter(dead).collect();
        let surplus = dead.len().saturating_sub(revision::limit(&set.spec));
        for one in dead.iter().take(surplus) {
            let key = Key::of(&one.metadata);
            self.api.delete::<ControllerRevision>(&key).await?;
        }
        Ok(())
    }

    async fn report(&self, set: &StatefulSet, revisions: &Revisions) -> Result<(), Status> {
        let status = status::status(set, &self.pods(set), revisions);
        if !merge::changes(&json!(set.status), &status) {
            return Ok(());
        }
        let key = Key::of(&set.metadata);
        self.api
            .patch_status::<StatefulSet>(&key, status)
            .await
            .map(drop)
    }
}

impl Controller for StatefulSets {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::StatefulSet(delta) => vec![delta.key.clone()],
            Change::Pod(delta) => owner::key_of(delta, "StatefulSet").into_iter().collect(),
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
