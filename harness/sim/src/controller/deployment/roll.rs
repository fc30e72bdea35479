//! Giving each ReplicaSet its replicas: rolling on, keeping proportions, forgetting the oldest.

use std::sync::Arc;

use apiserver::{
    Deployment, ReplicaSet, Status,
    json::{Value, json},
};

use super::{
    Deployments, annotation,
    condition::Conditions,
    new_set, progress, proportion,
    rollout::{Replicas, Strategy, Wish},
    sets::{self, Sets},
    status,
};
use crate::{
    cluster::Key,
    controller::{merge, replica_set},
};

/// How many old ReplicaSets are kept. Source: the API's default.
const HISTORY: i32 = 10;

impl Deployments {
    /// A change of the number of replicas in the middle of a rollout, or while it is paused, is
    /// shared by the sets that there are.
    pub(super) async fn keep_proportions(
        &self,
        deployment: &Deployment,
        sets: &Sets,
    ) -> Result<(), Status> {
        self.acknowledge(deployment, sets).await?;
        let wish = Wish::of(&deployment.spec);
        let sets = self.sets(deployment);
        for (set, wanted) in proportion::shares(&sets, &wish, deployment) {
            self.scale(&set, wanted, &wish).await?;
        }
        Ok(())
    }

    pub(super) async fn roll(&self, deployment: &Deployment, sets: &Sets) -> Result<(), Status> {
        let wish = Wish::of(&deployment.spec);
        let old = self.replicas_of_old(sets, &wish);
        self.acknowledge(deployment, sets).await?;
        let Some(new) = &sets.new else {
            let gone = old.iter().all(|set| set.existing == 0);
            if wish.strategy == Strategy::Recreate && !gone {
                let none = vec![0; old.len()];
                return self.scale_all(&sets.old, none, &wish).await;
            }
            return self.create(deployment, sets, &wish, &old).await;
        };
        let (wanted, shrunk) = wish.next(sets::replicas(new), &old);
        self.scale(new, wanted, &wish).await?;
        self.scale_all(&sets.old, shrunk, &wish).await?;
        let sets = self.sets(deployment);
        if status::counts(&sets, &wish).are_complete() {
            self.clean_up(deployment, &sets).await?;
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
    async fn acknowledge(&self, deployment: &Deployment, sets: &Sets) -> Result<(), Status> {
        let Some(new) = &sets.new else {
            return Ok(());
        };
        let mut current = Arc::clone(new);
        if let Some(patch) = inheritance(deployment, new, sets.newest_revision() + 1) {
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
        let annotations = &set.metadata.annotations;
        let now = json!({
            "spec": {"replicas": set.spec.replicas}, "metadata": {"annotations": annotations},
        });
        if !merge::changes(&now, &patch) {
            return Ok(());
        }
        let key = Key::of(&set.metadata);
        self.api.patch::<ReplicaSet>(&key, patch).await.map(drop)
    }

    /// Forgets the oldest sets beyond the limit, if nothing is in them.
    pub(super) async fn clean_up(
        &self,
        deployment: &Deployment,
        sets: &Sets,
    ) -> Result<(), Status> {
        let keep = deployment.spec.revision_history_limit.unwrap_or(HISTORY);
        let old = &sets.old;
        let surplus = old.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
        for set in old.iter().take(surplus).filter(|set| sets::is_spent(set)) {
            self.api
                .delete::<ReplicaSet>(&Key::of(&set.metadata))
                .await?;
        }
        Ok(())
    }
}

/// What a Deployment hands down to the set of its present template; nothing that the set has.
fn inheritance(deployment: &Deployment, set: &ReplicaSet, revision: i64) -> Option<Value> {
    let patch = json!({
        "metadata": {"annotations": annotation::handed_down(deployment, set, revision)},
        "spec": {"minReadySeconds": deployment.spec.min_ready_seconds.unwrap_or(0)},
    });
    // A zero is not stored.
    let now = json!({
        "metadata": {"annotations": set.metadata.annotations},
        "spec": {"minReadySeconds": set.spec.min_ready_seconds.unwrap_or(0)},
    });
    merge::changes(&now, &patch).then_some(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_told_once_what_its_deployment_hands_down() {
        let deployment = Deployment::default();
        let mut set = ReplicaSet::default();
        let patch = inheritance(&deployment, &set, 1).expect("it has no revision yet");
        let told = serde::Deserialize::deserialize(&patch["metadata"]["annotations"]);
        set.metadata.annotations = Some(told.unwrap());
        assert_eq!(inheritance(&deployment, &set, 1), None);
    }

    #[test]
    fn a_set_is_told_how_long_its_pods_must_be_ready() {
        let (mut deployment, mut set) = (Deployment::default(), ReplicaSet::default());
        Arc::make_mut(&mut deployment.spec).min_ready_seconds = Some(5);
        let patch = inheritance(&deployment, &set, 1).unwrap();
        assert_eq!(patch["spec"]["minReadySeconds"], 5);
        Arc::make_mut(&mut deployment.spec).min_ready_seconds = None;
        Arc::make_mut(&mut set.spec).min_ready_seconds = Some(5);
        let patch = inheritance(&deployment, &set, 1).unwrap();
        assert_eq!(patch["spec"]["minReadySeconds"], 0);
    }
}
