//! Pods that the server refuses are tried again ever more seldom, by whoever makes them.

use std::time::Duration;

use serde_json::{Value, json};
use sim::{SimEnvironment, runtime};
use tokio::time::sleep;

use crate::kit::{apply, deployment, kinds, namespace, object, settle, soon, up};

/// A pod of an account that does not exist is refused (403).
fn refused(mut object: Value) -> Value {
    object["spec"]["template"]["spec"]["serviceAccountName"] = "absent".into();
    object
}

fn account() -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"namespace": "sample", "name": "absent"}})
}

/// The pauses between the refusals that a controller has met.
fn pauses(sim: &SimEnvironment, controller: &str) -> Vec<Duration> {
    let events = sim.log().events();
    let refusals = events.iter().filter(|event| {
        event.who.ends_with(controller)
            && event.what.contains("serviceaccount \"absent\" not found")
    });
    let times: Vec<_> = refusals.map(|event| event.at).collect();
    times.windows(2).map(|two| two[1] - two[0]).collect()
}

/// Applies a workload whose pods are refused and lets it be for a while.
async fn try_for(object: Value, seconds: u64) -> SimEnvironment {
    let sim = up(1, 1).await;
    apply(&kinds(&sim, 1), &[namespace(), refused(object)]).await;
    sleep(Duration::from_secs(seconds)).await;
    sim
}

#[track_caller]
fn doubles(pauses: &[Duration], first: Duration, longest: Duration) {
    // The first refusal is written into the status, which is looked at at once.
    let pauses: Vec<_> = pauses.iter().skip_while(|pause| **pause < first).collect();
    assert!(pauses.len() > 4, "{pauses:?}");
    for two in pauses.windows(2) {
        let expected = (*two[0] * 2).min(longest);
        let late = two[1].saturating_sub(expected);
        assert!(
            *two[1] + Duration::from_millis(2) >= expected && late <= Duration::from_millis(20),
            "{pauses:?}"
        );
    }
}

const SOON: Duration = Duration::from_millis(5);
const LATE: Duration = Duration::from_secs(1000);

#[test]
fn replica_sets_back_off() {
    runtime::run(async {
        let sim = try_for(deployment("a", "v1", 3), 3000).await;
        let pauses = pauses(&sim, "replicaset-controller");
        doubles(&pauses, SOON, LATE);
        assert!(pauses.len() < 25, "{}", pauses.len());
    });
}

#[test]
fn stateful_sets_back_off() {
    runtime::run(async {
        let mut set = deployment("a", "v1", 1);
        set["kind"] = "StatefulSet".into();
        set["spec"]["serviceName"] = "a".into();
        let sim = try_for(set, 3000).await;
        doubles(&pauses(&sim, "statefulset-controller"), SOON, LATE);
    });
}

#[test]
fn jobs_back_off_from_a_second_to_a_minute() {
    runtime::run(async {
        let job = json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"namespace": "sample", "name": "once"},
            "spec": {"template": {"spec": {"restartPolicy": "Never",
                "containers": [{"name": "once", "image": "tools", "command": ["true"]}]}}}});
        let sim = try_for(job, 600).await;
        let pauses = pauses(&sim, "job-controller");
        doubles(&pauses, Duration::from_secs(1), Duration::from_secs(60));
    });
}

#[test]
fn a_refusal_is_told_in_the_status_until_the_pods_are_made() {
    runtime::run(async {
        let sim = try_for(deployment("a", "v1", 2), 2).await;
        let kinds = kinds(&sim, 1);
        let deployment = object("apps/v1", "Deployment", "a-v1");
        let api = kinds.api(&deployment).await.unwrap();
        let conditions =
            async || api.get("a-v1").await.unwrap().data["status"]["conditions"].clone();
        let told = conditions().await.to_string();
        assert!(
            told.contains("ReplicaFailure") && told.contains("FailedCreate"),
            "{told}"
        );
        settle(&kinds, &[account()]).await;
        engine::wait::ready(&kinds, [deployment], soon())
            .await
            .unwrap();
        let told = conditions().await.to_string();
        assert!(!told.contains("ReplicaFailure"), "{told}");
    });
}
