//! What a Deployment says about its rollout: whether it is available, getting on, stuck or paused.
//!
//! Source: the deployment controller's `progress.go` and `checkPausedConditions`.

use std::time::Duration;

use apiserver::{Deployment, ReplicaSet, Status};
use k8s_openapi::api::apps::v1::ReplicaSetCondition;

use super::{
    condition::{Conditions, Says},
    sets::Sets,
    status::Counts,
};
use crate::controller::Next;

const PROGRESSING: &str = "Progressing";
const FAILURE: &str = "ReplicaFailure";
const DONE: &str = "NewReplicaSetAvailable";
const STUCK: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";

/// How much a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The numbers alone: nothing is being rolled out.
    Counts,
    /// How the rollout gets on, too.
    Progress,
}

/// How long a rollout may stand still, in seconds; `None` if it may for ever.
fn deadline(deployment: &Deployment) -> Option<i32> {
    let seconds = deployment.spec.progress_deadline_seconds;
    seconds.filter(|seconds| *seconds != i32::MAX)
}

/// Says that a Deployment is paused or goes on; whether that is news.
pub(super) fn pause(deployment: &Deployment, conditions: &mut Conditions) -> bool {
    let reason = conditions.reason(PROGRESSING);
    if deadline(deployment).is_none() || reason == Some(STUCK) {
        return false;
    }
    let says = match (deployment.spec.paused == Some(true), reason == Some(PAUSED)) {
        (true, false) => Says::new("Unknown", PAUSED, "Deployment is paused".to_owned()),
        (false, true) => Says::new(
            "Unknown",
            "DeploymentResumed",
            "Deployment is resumed".to_owned(),
        ),
        (true, true) | (false, false) => return false,
    };
    conditions.set(PROGRESSING, says);
    true
}

/// Says that a new set was made, or why not.
pub(super) fn made(
    deployment: &Deployment,
    set: &str,
    refusal: Option<&Status>,
    conditions: &mut Conditions,
) {
    let says = match refusal {
        None => {
            let message = format!("Created new replica set \"{set}\"");
            Says::new("True", "NewReplicaSetCreated", message)
        }
        Some(status) => {
            let message = format!(
                "Failed to create new replica set \"{set}\": {}",
                status.message
            );
            Says::new("False", "ReplicaSetCreateError", message)
        }
    };
    if deadline(deployment).is_some() {
        conditions.set(PROGRESSING, says);
    }
}

/// Says that a new set was found, if nothing is said yet.
pub(super) fn found(deployment: &Deployment, set: &ReplicaSet, conditions: &mut Conditions) {
    if deadline(deployment).is_some() && conditions.get(PROGRESSING).is_none() {
        let name = set.metadata.name.as_deref().unwrap_or_default();
        let message = format!("Found new replica set \"{name}\"");
        conditions.set(
            PROGRESSING,
            Says::new("True", "FoundNewReplicaSet", message),
        );
    }
}

/// Says whether enough replicas are available.
pub(super) fn available(counts: &Counts, conditions: &mut Conditions) {
    let enough = counts.available >= counts.desired - counts.may_be_missing;
    let (status, reason, message) = match enough {
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
    conditions.set("Available", Says::new(status, reason, message.to_owned()));
}

/// Says how the rollout gets on, and why pods could not be made.
pub(super) fn update(
    deployment: &Deployment,
    sets: &Sets,
    counts: &Counts,
    conditions: &mut Conditions,
) {
    if deadline(deployment).is_none() {
        conditions.remove(PROGRESSING);
    }
    let was_done =
        counts.existing == counts.updated && conditions.reason(PROGRESSING) == Some(DONE);
    if deadline(deployment).is_some() && !was_done {
        let what = subject(deployment, sets);
        let says = |status, reason, how| Says::new(status, reason, format!("{what} {how}"));
        if counts.are_complete() {
            conditions.set(
                PROGRESSING,
                says("True", DONE, "has successfully progressed."),
            );
        } else if has_moved(deployment, counts) {
            conditions.renew(
                PROGRESSING,
                says("True", "ReplicaSetUpdated", "is progressing."),
            );
        } else if is_stuck(deployment, conditions) {
            conditions.set(
                PROGRESSING,
                says("False", STUCK, "has timed out progressing."),
            );
        }
    }
    match failure(sets) {
        Some(failed) => conditions.set(FAILURE, failed),
        None => conditions.remove(FAILURE),
    }
}

/// When a rollout that has not moved by then is stuck.
pub(super) fn next(deployment: &Deployment, counts: &Counts, conditions: &Conditions) -> Next {
    let settled = counts.are_complete() || conditions.reason(PROGRESSING) == Some(STUCK);
    match left(deployment, conditions).filter(|_| !settled) {
        // A second later it is beyond doubt.
        Some(left) => Next::After(left + Duration::from_secs(1)),
        None => Next::Change,
    }
}

fn subject(deployment: &Deployment, sets: &Sets) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    match &sets.new {
        Some(new) => format!("ReplicaSet \"{}\"", name(&new.metadata.name)),
        None => format!("Deployment \"{}\"", name(&deployment.metadata.name)),
    }
}

/// Whether the rollout has got on since the status was written.
fn has_moved(deployment: &Deployment, counts: &Counts) -> bool {
    let status = deployment.status.clone().unwrap_or_default();
    let before = |n: Option<i32>| n.unwrap_or(0);
    let old_before = before(status.replicas) - before(status.updated_replicas);
    counts.updated > before(status.updated_replicas)
        || counts.existing - counts.updated < old_before
        || counts.ready > before(status.ready_replicas)
        || counts.available > before(status.available_replicas)
}

fn is_stuck(deployment: &Deployment, conditions: &Conditions) -> bool {
    match conditions.reason(PROGRESSING) {
        None | Some(DONE) => false,
        Some(STUCK) => true,
        Some(_) => left(deployment, conditions).is_some_and(|left| left.is_zero()),
    }
}

/// How long the rollout may still stand still.
fn left(deployment: &Deployment, conditions: &Conditions) -> Option<Duration> {
    let seconds = i64::from(deadline(deployment)?);
    let since = conditions.get(PROGRESSING)?.last_update_time.as_ref()?.0;
    let passed = conditions.now().as_second() - since.as_second();
    Some(Duration::from_secs(
        (seconds - passed).max(0).unsigned_abs(),
    ))
}

/// Why pods could not be made: of the new set first.
fn failure(sets: &Sets) -> Option<Says> {
    sets.all().find_map(|set| {
        let conditions = set.status.as_ref()?.conditions.as_deref()?;
        let failed = |one: &&ReplicaSetCondition| one.type_.as_deref() == Some(FAILURE);
        let failed = conditions.iter().find(failed)?;
        let message = failed.message.clone().unwrap_or_default();
        Some(Says::new("True", failed.reason.as_deref()?, message))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use apiserver::{Object, Readable, stamp};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    const NONE: Sets = Sets {
        new: None,
        old: Vec::new(),
    };

    fn deployment(status: Value) -> Deployment {
        let object = json!({"kind": "Deployment", "metadata": {"name": "a"}, "status": status,
            "spec": {"progressDeadlineSeconds": 60, "selector": {}, "template": {}}});
        Deployment::of(&Object::new(object)).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn counts(updated: i32, available: i32) -> Counts {
        Counts {
            wanted: 2,
            existing: updated,
            updated,
            ready: available,
            available,
            desired: 2,
            may_be_missing: 0,
        }
    }

    /// The reason for which a Deployment progresses, at a time, that was written at 0 s.
    fn reason(before: &str, counts: &Counts, second: i64) -> String {
        let condition = json!({"type": "Progressing", "status": "True", "reason": before,
            "lastUpdateTime": stamp(at(0)), "lastTransitionTime": stamp(at(0))});
        let deployment = deployment(json!({"replicas": 1, "updatedReplicas": 1,
            "conditions": [condition]}));
        let mut conditions = Conditions::of(&deployment, at(second));
        update(&deployment, &NONE, counts, &mut conditions);
        conditions.reason("Progressing").unwrap().to_owned()
    }

    #[test]
    fn a_rollout_gets_on_is_done_or_is_stuck() {
        assert_eq!(reason("ReplicaSetUpdated", &counts(2, 2), 5), DONE);
        assert_eq!(
            reason("NewReplicaSetCreated", &counts(2, 0), 5),
            "ReplicaSetUpdated"
        );
        assert_eq!(
            reason("ReplicaSetUpdated", &counts(1, 0), 59),
            "ReplicaSetUpdated"
        );
        assert_eq!(reason("ReplicaSetUpdated", &counts(1, 0), 60), STUCK);
    }

    #[test]
    fn what_was_done_is_not_undone_by_a_lost_pod() {
        assert_eq!(reason(DONE, &counts(1, 0), 600), DONE);
    }

    #[test]
    fn a_paused_deployment_says_so_once() {
        let mut paused = deployment(json!({}));
        Arc::make_mut(&mut paused.spec).paused = Some(true);
        let mut conditions = Conditions::of(&paused, at(0));
        assert!(pause(&paused, &mut conditions));
        assert!(!pause(&paused, &mut conditions));
        Arc::make_mut(&mut paused.spec).paused = None;
        assert!(pause(&paused, &mut conditions));
        assert_eq!(conditions.reason(PROGRESSING), Some("DeploymentResumed"));
    }

    #[test]
    fn a_rollout_is_looked_at_again_when_its_time_is_up() {
        let condition = json!({"type": "Progressing", "status": "True", "reason": "x",
            "lastUpdateTime": stamp(at(0))});
        let deployment = deployment(json!({"conditions": [condition]}));
        let conditions = Conditions::of(&deployment, at(10));
        let wait = next(&deployment, &counts(1, 0), &conditions);
        assert_eq!(wait, Next::After(Duration::from_secs(51)));
    }
}
