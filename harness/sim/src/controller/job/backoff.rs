//! How soon a failed pod is replaced: ten seconds after the first failure in a row, twice as long
//! after each further one, ten minutes at most.
//!
//! Source: the job controller's `backoffRecord`. It remembers failures; here they are read off the
//! pods that are there, which Jobs keep.

use std::{sync::Arc, time::Duration};

use apiserver::Pod;
use jiff::Timestamp;

use crate::controller::pod;

/// Source: `DefaultJobPodFailureBackOff`.
const FIRST: Duration = Duration::from_secs(10);
/// Source: `MaxJobPodFailureBackOff`.
const LONGEST: Duration = Duration::from_secs(600);

/// How long to wait before another pod is made; zero if it may be made now.
pub(super) fn pause(pods: &[Arc<Pod>], now: Timestamp) -> Duration {
    let ended = |phase: &'static str| {
        let such = pods.iter().filter(move |pod| pod::phase(pod) == phase);
        such.map(|pod| ended_at(pod))
    };
    let success = ended("Succeeded").max();
    let failures: Vec<_> = ended("Failed").filter(|at| Some(*at) > success).collect();
    let Some(last) = failures.iter().max() else {
        return Duration::ZERO;
    };
    let passed = now
        .duration_since(*last)
        .try_into()
        .unwrap_or(Duration::ZERO);
    after(failures.len()).saturating_sub(passed)
}

fn after(failures: usize) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    // Six doublings are beyond the longest pause already.
    (FIRST * 2_u32.pow(doublings.min(6))).min(LONGEST)
}

/// When a pod came to its end: when its last container did, or when it ceased to be ready.
fn ended_at(pod: &Pod) -> Timestamp {
    let status = pod.status.as_ref();
    let containers = status
        .into_iter()
        .flat_map(|s| s.container_statuses.iter().flatten());
    let ends = containers.filter_map(|one| {
        let ended = one.state.as_ref()?.terminated.as_ref()?;
        ended.finished_at.as_ref().map(|time| time.0)
    });
    let conditions = || status?.conditions.as_deref();
    let unready = || {
        let ready = conditions()?.iter().find(|one| one.type_ == "Ready")?;
        ready.last_transition_time.as_ref().map(|time| time.0)
    };
    let made = || Some(pod.metadata.creation_timestamp.as_ref()?.0);
    ends.max()
        .or_else(unready)
        .or_else(made)
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use apiserver::stamp;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn pod(phase: &str, second: i64) -> Arc<Pod> {
        let ended = json!({"terminated": {"exitCode": 1, "finishedAt": stamp(at(second))}});
        let container = json!({"name": "a", "image": "a", "imageID": "a", "ready": false,
            "restartCount": 0, "state": ended});
        let status = json!({"phase": phase, "containerStatuses": [container]});
        Arc::new(pod::written(json!({"metadata": {}, "status": status})))
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_pause() {
        let seconds = |pods: &[Arc<Pod>], now| pause(pods, at(now)).as_secs();
        assert_eq!(seconds(&[], 0), 0);
        assert_eq!(seconds(&[pod("Failed", 0)], 4), 6);
        assert_eq!(seconds(&[pod("Failed", 0), pod("Failed", 10)], 10), 20);
        assert_eq!(seconds(&vec![pod("Failed", 0); 30], 0), 600);
    }

    #[test]
    fn a_success_forgives_what_failed_before_it() {
        let pods = [pod("Failed", 0), pod("Succeeded", 5), pod("Failed", 8)];
        assert_eq!(pause(&pods, at(8)).as_secs(), 10);
        assert_eq!(pause(&pods[..2], at(8)).as_secs(), 0);
    }
}
