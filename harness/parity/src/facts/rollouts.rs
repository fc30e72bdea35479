//! Rollouts: what a Deployment notes and says while its ReplicaSets change places.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::deployments::{
    await_sets, condition, create, ready_all, roll, scale, sets, spread, status,
};
use super::kubelet::{await_pods, name};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::deployment;

facts! { "rollouts":
    say_that_a_replica_set_was_made,
    say_which_replica_set_has_succeeded,
    say_why_pods_are_refused,
    say_that_they_are_paused_and_resumed,
    that_stand_still_are_stuck,
    remember_former_revisions,
    hand_down_later_annotations,
    note_the_scale_they_are_of,
    scale_while_they_are_paused,
    keep_their_proportions_when_scaled_in_the_middle,
    adopt_replica_sets_that_nobody_owns,
    wait_for_ending_pods_before_they_recreate,
}

/// Waits until a condition of the Deployment `a` has this reason.
async fn reason(bench: &Bench, kind: &str, reason: &str) -> Result<Value> {
    bench
        .eventually(async || {
            let deployment = bench.get("deployments/a").await?.ok(200)?;
            let found = condition(&deployment, kind)?;
            found.has("/reason", reason)?;
            Ok(found.clone())
        })
        .await
}

async fn merge(bench: &Bench, patch: Value) -> Result<()> {
    bench
        .merge("deployments/a", &patch)
        .await?
        .ok(200)
        .map(drop)
}

/// With no pod made, this is the last that is said.
async fn say_that_a_replica_set_was_made(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 1);
    object["spec"]["template"]["spec"]["serviceAccountName"] = "absent".into();
    bench.post("deployments", &object).await?.ok(201)?;
    let set = await_sets(bench, 1).await?.remove(0);
    let said = reason(bench, "Progressing", "NewReplicaSetCreated").await?;
    let message = format!("Created new replica set \"{}\"", name(&set)?);
    said.has("/message", message)?;
    said.has("/status", "True")
}

async fn say_which_replica_set_has_succeeded(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    ready_all(bench).await?;
    let said = reason(bench, "Progressing", "NewReplicaSetAvailable").await?;
    let set = await_sets(bench, 1).await?.remove(0);
    let message = format!(
        "ReplicaSet \"{}\" has successfully progressed.",
        name(&set)?
    );
    said.has("/message", message)
}

async fn say_why_pods_are_refused(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 1);
    object["spec"]["template"]["spec"]["serviceAccountName"] = "absent".into();
    bench.post("deployments", &object).await?.ok(201)?;
    let said = reason(bench, "ReplicaFailure", "FailedCreate").await?;
    said.has("/status", "True")?;
    said.says("/message", "serviceaccount \"absent\" not found")
}

async fn say_that_they_are_paused_and_resumed(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    merge(bench, json!({"spec": {"paused": true}})).await?;
    let said = reason(bench, "Progressing", "DeploymentPaused").await?;
    said.has("/status", "Unknown")?;
    said.has("/message", "Deployment is paused")?;
    merge(bench, json!({"spec": {"paused": false}})).await?;
    let said = reason(bench, "Progressing", "DeploymentResumed").await?;
    said.has("/status", "Unknown")
}

async fn that_stand_still_are_stuck(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 1);
    object["spec"]["progressDeadlineSeconds"] = 1.into();
    bench.post("deployments", &object).await?.ok(201)?;
    let said = reason(bench, "Progressing", "ProgressDeadlineExceeded").await?;
    said.has("/status", "False")?;
    said.says("/message", "has timed out progressing.")
}

async fn remember_former_revisions(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    for (tag, count) in [(2, 2), (1, 2), (2, 2), (1, 2)] {
        // The first one is written a moment after its Deployment.
        let before = bench.eventually(async || revision_of(bench).await).await?;
        roll(bench, tag).await?;
        bench
            .eventually(async || {
                ensure!(revision_of(bench).await? != before, "still {before}");
                Ok(())
            })
            .await?;
        await_sets(bench, count).await?;
    }
    let sets = sets(bench).await?;
    let history = "/metadata/annotations/deployment.kubernetes.io~1revision-history";
    sets[0].has(history, "2")?;
    sets[1].has(history, "1,3")
}

async fn revision_of(bench: &Bench) -> Result<String> {
    let deployment = bench.get("deployments/a").await?.ok(200)?;
    let revision = "/metadata/annotations/deployment.kubernetes.io~1revision";
    Ok(deployment.text(revision)?.to_owned())
}

async fn hand_down_later_annotations(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    merge(
        bench,
        json!({"metadata": {"annotations": {"example.com/late": "1"}}}),
    )
    .await?;
    bench
        .eventually(async || {
            let set = await_sets(bench, 1).await?.remove(0);
            set.has("/metadata/annotations/example.com~1late", "1")
        })
        .await
}

async fn note_the_scale_they_are_of(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    scale(bench, 4).await?;
    bench
        .eventually(async || {
            let set = await_sets(bench, 1).await?.remove(0);
            let note = "/metadata/annotations/deployment.kubernetes.io~1";
            set.has(&format!("{note}desired-replicas"), "4")?;
            set.has(&format!("{note}max-replicas"), "5")
        })
        .await
}

async fn scale_while_they_are_paused(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    merge(bench, json!({"spec": {"paused": true}})).await?;
    reason(bench, "Progressing", "DeploymentPaused").await?;
    scale(bench, 3).await?;
    await_pods(bench, "a", 3).await.map(drop)
}

async fn keep_their_proportions_when_scaled_in_the_middle(bench: &Bench) -> Result<()> {
    create(bench, 4).await?;
    ready_all(bench).await?;
    status(bench, "availableReplicas", json!(4)).await?;
    roll(bench, 2).await?;
    spread(bench, &[3, 2]).await?;
    await_pods(bench, "a", 5).await?;
    scale(bench, 8).await?;
    spread(bench, &[6, 4]).await
}

async fn adopt_replica_sets_that_nobody_owns(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    let before = await_sets(bench, 1).await?.remove(0);
    bench
        .delete("deployments/a?propagationPolicy=Orphan")
        .await?
        .ok(200)?;
    bench
        .eventually(async || bench.get("deployments/a").await?.ok(404).map(drop))
        .await?;
    let made = bench
        .post("deployments", &deployment("a", 1))
        .await?
        .ok(201)?;
    bench
        .eventually(async || {
            let set = await_sets(bench, 1).await?.remove(0);
            set.has("/metadata/uid", before["metadata"]["uid"].clone())?;
            set.has(
                "/metadata/ownerReferences/0/uid",
                made["metadata"]["uid"].clone(),
            )
        })
        .await
}

async fn wait_for_ending_pods_before_they_recreate(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 1);
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    bench.post("deployments", &object).await?.ok(201)?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    ready_all(bench).await?;
    status(bench, "availableReplicas", json!(1)).await?;
    roll(bench, 2).await?;
    // A bound pod ends when its kubelet says so, which nobody is here.
    await_pods(bench, "a", 0).await?;
    spread(bench, &[0]).await?;
    let path = format!("pods/{}?gracePeriodSeconds=0", name(&pod)?);
    bench.delete(&path).await?.ok(200)?;
    spread(bench, &[0, 1]).await
}
