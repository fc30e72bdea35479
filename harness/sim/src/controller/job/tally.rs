//! What a Job's pods count as.

use std::sync::Arc;

use apiserver::Pod;
use k8s_openapi::api::batch::v1::{Job, JobSpec};

use crate::controller::pod;

/// What holds a pod until it is counted.
pub(super) const FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// The pods of a Job that are not counted yet, and how many are.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) active: Vec<Arc<Pod>>,
    /// Of the active ones.
    pub(super) ready: usize,
    /// Being deleted, and not at their end.
    pub(super) terminating: usize,
    /// By uid: those that the status names, and those that have ended since.
    pub(super) uncounted_succeeded: Vec<String>,
    pub(super) uncounted_failed: Vec<String>,
    counted_succeeded: usize,
    counted_failed: usize,
    tracked: Vec<Arc<Pod>>,
}

impl Tally {
    pub(super) fn of(job: &Job, pods: Vec<Arc<Pod>>) -> Self {
        let status = job.status.clone().unwrap_or_default();
        let named = status.uncounted_terminated_pods.unwrap_or_default();
        let count = |n: Option<i32>| usize::try_from(n.unwrap_or(0)).unwrap_or(0);
        let active: Vec<_> = pods
            .iter()
            .filter(|pod| pod::is_active(pod))
            .cloned()
            .collect();
        let tracked: Vec<_> = pods.iter().filter(|pod| is_tracked(pod)).cloned().collect();
        Self {
            ready: active.iter().filter(|pod| pod::is_ready(pod)).count(),
            terminating: pods.iter().filter(|pod| is_terminating(pod)).count(),
            uncounted_succeeded: with_new(named.succeeded, &tracked, has_succeeded),
            uncounted_failed: with_new(named.failed, &tracked, has_failed),
            counted_succeeded: count(status.succeeded),
            counted_failed: count(status.failed),
            active,
            tracked,
        }
    }

    /// How many have succeeded, counted or not.
    pub(super) fn succeeded(&self) -> usize {
        self.counted_succeeded + self.uncounted_succeeded.len()
    }

    /// How many have failed, counted or not.
    pub(super) fn failed(&self) -> usize {
        self.counted_failed + self.uncounted_failed.len()
    }

    /// How many pods should be active. Without a number of completions the first success is the
    /// last: what runs then runs on, and nothing new is started.
    pub(super) fn wanted(&self, spec: &JobSpec) -> usize {
        let number = |n: Option<i32>| n.map(|n| usize::try_from(n).unwrap_or(0));
        let parallelism = number(spec.parallelism).unwrap_or(1);
        match number(spec.completions) {
            _ if spec.suspend == Some(true) => 0,
            Some(completions) => completions
                .saturating_sub(self.succeeded())
                .min(parallelism),
            None if self.succeeded() > 0 => self.active.len(),
            None => parallelism,
        }
    }

    /// Whether enough have succeeded.
    pub(super) fn is_enough(&self, spec: &JobSpec) -> bool {
        let needed = spec.completions.unwrap_or(1);
        self.succeeded() >= usize::try_from(needed).unwrap_or(0)
    }

    /// The pods that need not be held any more; of a Job that is over, all of them.
    pub(super) fn released(&self, job: &Job, is_over: bool) -> impl Iterator<Item = &Arc<Pod>> {
        let all = is_over || job.metadata.deletion_timestamp.is_some();
        let ended = move |pod: &&Arc<Pod>| all || has_succeeded(pod) || has_failed(pod);
        self.tracked.iter().filter(ended)
    }
}

/// Whether a pod is held until it is counted.
pub(super) fn is_tracked(pod: &Pod) -> bool {
    let mut finalizers = pod.metadata.finalizers.iter().flatten();
    finalizers.any(|one| one == FINALIZER)
}

fn with_new(
    named: Option<Vec<String>>,
    tracked: &[Arc<Pod>],
    has_ended: fn(&Pod) -> bool,
) -> Vec<String> {
    let mut uids = named.unwrap_or_default();
    for pod in tracked.iter().filter(|pod| has_ended(pod)) {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        if !uids.contains(&uid) {
            uids.push(uid);
        }
    }
    uids
}

fn has_succeeded(pod: &Pod) -> bool {
    pod::phase(pod) == "Succeeded"
}

/// A pod that is deleted counts as failed: it may never come to its end.
fn has_failed(pod: &Pod) -> bool {
    let deleted = pod.metadata.deletion_timestamp.is_some();
    pod::phase(pod) == "Failed" || (deleted && !has_succeeded(pod))
}

fn is_terminating(pod: &Pod) -> bool {
    let ended = matches!(pod::phase(pod), "Succeeded" | "Failed");
    pod.metadata.deletion_timestamp.is_some() && !ended
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(uid: &str, phase: &str, held: bool) -> Arc<Pod> {
        let finalizers = if held { vec![FINALIZER] } else { Vec::new() };
        let pod = json!({"metadata": {"uid": uid, "finalizers": finalizers},
            "status": {"phase": phase}});
        Arc::new(pod::written(pod))
    }

    fn job(status: serde_json::Value) -> Job {
        serde_json::from_value(json!({"metadata": {}, "status": status})).unwrap()
    }

    #[test]
    fn a_pod_is_counted_once() {
        let named = json!({"succeeded": 1, "uncountedTerminatedPods": {"succeeded": ["b"]}});
        let pods = vec![
            pod("a", "Succeeded", false),
            pod("b", "Succeeded", true),
            pod("c", "Succeeded", true),
        ];
        let tally = Tally::of(&job(named), pods);
        assert_eq!(tally.uncounted_succeeded, ["b", "c"]);
        assert_eq!(tally.succeeded(), 3);
    }

    #[test]
    fn no_more_are_wanted_than_completions_are_missing() {
        let spec = |completions, parallelism| JobSpec {
            completions,
            parallelism,
            ..JobSpec::default()
        };
        let tally = Tally::of(
            &job(json!({"succeeded": 1})),
            vec![pod("a", "Running", true)],
        );
        assert_eq!(tally.wanted(&spec(Some(2), Some(5))), 1);
        assert_eq!(tally.wanted(&spec(Some(9), Some(5))), 5);
        assert_eq!(tally.wanted(&spec(None, Some(5))), 1, "what runs runs on");
        let suspended = JobSpec {
            suspend: Some(true),
            ..spec(Some(9), Some(5))
        };
        assert_eq!(tally.wanted(&suspended), 0);
    }
}
