//! What is done next to the pods of a StatefulSet: a pure decision.

use k8s_openapi::api::apps::v1::{StatefulSetSpec, StatefulSetUpdateStrategy};

use super::pods::{One, Pods, wanted};

/// What is to be done; with ordered pods there is only one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Create(i32),
    Delete(String),
}

/// Ordered pods wait for each other; parallel ones do not. Once none is missing or too many, pods
/// of another revision than `update` are replaced.
pub(super) fn steps(spec: &StatefulSetSpec, pods: &Pods, update: &str) -> Vec<Step> {
    let ordered = spec.pod_management_policy.as_deref() != Some("Parallel");
    let (steps, settled) = fill(spec, pods, ordered);
    if !steps.is_empty() || (ordered && !settled) {
        return steps;
    }
    let surplus = condemn(spec, pods, ordered);
    let waits = pods.all().any(|(at, _)| !wanted(spec).contains(&at));
    if !surplus.is_empty() || (ordered && waits) {
        return surplus;
    }
    replace(spec, pods, update).into_iter().collect()
}

/// Makes what is missing, from the lowest ordinal up; says whether nothing is awaited.
fn fill(spec: &StatefulSetSpec, pods: &Pods, ordered: bool) -> (Vec<Step>, bool) {
    let mut steps = Vec::new();
    for at in wanted(spec) {
        match pods.get(at) {
            Some(pod) if pod.is_available() => continue,
            None => steps.push(Step::Create(at)),
            // One that has ended is made anew under its name.
            Some(pod) if pod.has_ended && !pod.is_terminating => steps.push(delete(pod)),
            Some(_) => {}
        }
        if ordered {
            return (steps, false);
        }
    }
    let settled = steps.is_empty();
    (steps, settled)
}

/// Deletes what is too much, from the highest ordinal down. An ordered one that is not ready is
/// waited for, unless it is the lowest that is not.
fn condemn(spec: &StatefulSetSpec, pods: &Pods, ordered: bool) -> Vec<Step> {
    let too_much = || pods.all().filter(|(at, _)| !wanted(spec).contains(at));
    let lowest = too_much().find(|(_, pod)| !pod.is_available());
    let lowest = lowest.map(|(at, _)| at);
    let mut steps = Vec::new();
    for (at, pod) in too_much().rev() {
        let waits = pod.is_terminating || (!pod.is_ready && lowest != Some(at));
        if ordered {
            return if waits { Vec::new() } else { vec![delete(pod)] };
        }
        if !pod.is_terminating {
            steps.push(delete(pod));
        }
    }
    steps
}

/// Replaces the highest pod of another revision, once all above it are available.
fn replace(spec: &StatefulSetSpec, pods: &Pods, update: &str) -> Option<Step> {
    let strategy = spec.update_strategy.as_ref();
    if strategy.and_then(|s| s.type_.as_deref()) == Some("OnDelete") {
        return None;
    }
    let from = partition(strategy);
    for at in wanted(spec).rev().filter(|at| *at >= from) {
        let pod = pods.get(at)?;
        if pod.revision != update && !pod.is_terminating {
            return Some(delete(pod));
        }
        if !pod.is_available() {
            return None;
        }
    }
    None
}

/// The ordinal below which pods keep their revision.
pub(super) fn partition(strategy: Option<&StatefulSetUpdateStrategy>) -> i32 {
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    rolling.and_then(|rolling| rolling.partition).unwrap_or(0)
}

fn delete(pod: &One) -> Step {
    Step::Delete(pod.name.clone())
}

#[cfg(test)]
mod tests {
    use apiserver::Pod;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn pod(ordinal: i32, phase: &str, revision: &str) -> Pod {
        let status = if phase == "Running" { "True" } else { "False" };
        let pod = json!({
            "metadata": {"name": format!("db-{ordinal}"),
                "labels": {"controller-revision-hash": revision}},
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": status}]},
        });
        crate::controller::pod::written(pod)
    }

    fn spec(replicas: i32, policy: &str) -> StatefulSetSpec {
        StatefulSetSpec {
            replicas: Some(replicas),
            pod_management_policy: Some(policy.to_owned()),
            ..StatefulSetSpec::default()
        }
    }

    fn next(spec: &StatefulSetSpec, pods: &[Pod], update: &str) -> Vec<Step> {
        let pods = Pods::new(pods.iter(), spec, Timestamp::UNIX_EPOCH);
        steps(spec, &pods, update)
    }

    fn delete(name: &str) -> Vec<Step> {
        vec![Step::Delete(name.to_owned())]
    }

    #[test]
    fn ordered_pods_wait_for_the_one_before() {
        let ordered = spec(3, "OrderedReady");
        assert_eq!(next(&ordered, &[], "a"), [Step::Create(0)]);
        assert_eq!(next(&ordered, &[pod(0, "Pending", "a")], "a"), []);
        let second = next(&ordered, &[pod(0, "Running", "a")], "a");
        assert_eq!(second, [Step::Create(1)]);
        let parallel = next(&spec(2, "Parallel"), &[], "a");
        assert_eq!(parallel, [Step::Create(0), Step::Create(1)]);
    }

    #[test]
    fn the_highest_ordinal_goes_first() {
        let pods: Vec<_> = (0..12).map(|at| pod(at, "Running", "a")).collect();
        assert_eq!(next(&spec(1, "OrderedReady"), &pods, "a"), delete("db-11"));
        assert_eq!(next(&spec(12, "OrderedReady"), &pods, "b"), delete("db-11"));
    }

    #[test]
    fn an_ended_pod_is_made_anew() {
        let ended = [pod(0, "Failed", "a")];
        assert_eq!(next(&spec(2, "OrderedReady"), &ended, "a"), delete("db-0"));
    }

    #[test]
    fn a_partition_keeps_the_pods_below_it() {
        let mut spec = spec(3, "OrderedReady");
        spec.update_strategy =
            serde_json::from_value(json!({"rollingUpdate": {"partition": 2}})).unwrap();
        let mut pods: Vec<_> = (0..3).map(|at| pod(at, "Running", "a")).collect();
        assert_eq!(next(&spec, &pods, "b"), delete("db-2"));
        pods[2] = pod(2, "Running", "b");
        assert_eq!(next(&spec, &pods, "b"), []);
    }

    #[test]
    fn ordinals_may_start_elsewhere() {
        let mut spec = spec(1, "OrderedReady");
        spec.ordinals = serde_json::from_value(json!({"start": 5})).unwrap();
        assert_eq!(next(&spec, &[], "a"), [Step::Create(5)]);
        let both = [pod(0, "Running", "a"), pod(5, "Running", "a")];
        assert_eq!(next(&spec, &both, "a"), delete("db-0"));
    }
}
