//! StatefulSets: the revisions they keep, and how they roll.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::kubelet::{await_pods, name, run};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::stateful_set;

facts! { "stateful_sets":
    keep_their_template_as_a_revision,
    name_their_revisions_in_the_status,
    count_revisions,
    a_template_that_is_taken_up_again_becomes_the_newest,
    replace_ended_pods,
    roll_from_the_highest_ordinal_and_wait,
    keep_pods_below_the_partition,
    make_pods_below_the_partition_of_the_old_revision,
    leave_pods_alone_when_told_to,
    may_start_elsewhere,
}

async fn create(bench: &Bench, replicas: u32, fields: Value) -> Result<()> {
    let mut object = stateful_set("a", replicas);
    for (field, value) in fields.as_object().into_iter().flatten() {
        object["spec"][field] = value.clone();
    }
    bench.post("statefulsets", &object).await?.ok(201).map(drop)
}

/// Creates a set of which every pod is ready.
async fn ready(bench: &Bench, replicas: u32, mut fields: Value) -> Result<Vec<Value>> {
    fields["podManagementPolicy"] = "Parallel".into();
    create(bench, replicas, fields).await?;
    let pods = await_pods(bench, "a", usize::try_from(replicas)?).await?;
    for (index, pod) in pods.iter().enumerate() {
        run(bench, name(pod)?, &format!("10.0.0.{}", index + 1), true).await?;
    }
    status(bench, "/status/availableReplicas", json!(replicas)).await?;
    Ok(pods)
}

async fn status(bench: &Bench, pointer: &str, expected: Value) -> Result<Value> {
    bench
        .eventually(async || {
            let set = bench.get("statefulsets/a").await?.ok(200)?;
            set.has(pointer, expected.clone())?;
            set.has(
                "/status/observedGeneration",
                set["metadata"]["generation"].clone(),
            )?;
            Ok(set)
        })
        .await
}

async fn roll(bench: &Bench, tag: u32) -> Result<()> {
    let container = json!({"name": "app", "image": format!("example.com/app:{tag}")});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    bench
        .strategic("statefulsets/a", &patch)
        .await?
        .ok(200)
        .map(drop)
}

/// The revisions of `a`, oldest first, once there are so many.
async fn revisions(bench: &Bench, count: usize) -> Result<Vec<Value>> {
    let path = bench
        .path("statefulsets")
        .replace("statefulsets", "controllerrevisions");
    bench
        .eventually(async || {
            let list = bench.get(&path).await?.ok(200)?;
            let mut all = list["items"].as_array().cloned().unwrap_or_default();
            ensure!(all.len() == count, "{} revisions, not {count}", all.len());
            all.sort_by_key(|one| one["revision"].as_i64());
            Ok(all)
        })
        .await
}

async fn keep_their_template_as_a_revision(bench: &Bench) -> Result<()> {
    create(bench, 1, json!({})).await?;
    let revision = revisions(bench, 1).await?.remove(0);
    let set = bench.get("statefulsets/a").await?.ok(200)?;
    revision.has("/revision", 1)?;
    revision.has(
        "/metadata/ownerReferences/0/uid",
        set["metadata"]["uid"].clone(),
    )?;
    revision.has("/metadata/labels/app", "a")?;
    revision.has("/data/spec/template/$patch", "replace")?;
    revision.has(
        "/data/spec/template/spec/containers/0/image",
        "example.com/app:1",
    )?;
    let hash = revision.text("/metadata/labels/controller.kubernetes.io~1hash")?;
    revision.has("/metadata/name", format!("a-{hash}"))
}

async fn name_their_revisions_in_the_status(bench: &Bench) -> Result<()> {
    ready(bench, 1, json!({})).await?;
    let revision = revisions(bench, 1).await?.remove(0);
    let revision = name(&revision)?;
    let set = status(bench, "/status/updateRevision", json!(revision)).await?;
    set.has("/status/currentRevision", revision)?;
    set.has("/status/currentReplicas", 1)?;
    set.has("/status/updatedReplicas", 1)?;
    set.has("/status/collisionCount", 0)?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    pod.has("/metadata/labels/controller-revision-hash", revision)
}

async fn count_revisions(bench: &Bench) -> Result<()> {
    create(bench, 0, json!({})).await?;
    revisions(bench, 1).await?;
    roll(bench, 2).await?;
    revisions(bench, 2).await?[1].has("/revision", 2)
}

async fn a_template_that_is_taken_up_again_becomes_the_newest(bench: &Bench) -> Result<()> {
    create(bench, 0, json!({})).await?;
    let first = revisions(bench, 1).await?.remove(0);
    roll(bench, 2).await?;
    revisions(bench, 2).await?;
    roll(bench, 1).await?;
    bench
        .eventually(async || {
            let newest = revisions(bench, 2).await?.pop().context("two revisions")?;
            newest.has("/metadata/name", name(&first)?)?;
            newest.has("/revision", 3)
        })
        .await
}

async fn replace_ended_pods(bench: &Bench) -> Result<()> {
    let first = ready(bench, 1, json!({})).await?.remove(0);
    let patch = json!({"status": {"phase": "Failed"}});
    bench.strategic("pods/a-0/status", &patch).await?.ok(200)?;
    bench
        .eventually(async || {
            let now = bench.get("pods/a-0").await?.ok(200)?;
            ensure!(
                now["metadata"]["uid"] != first["metadata"]["uid"],
                "the same"
            );
            now.has("/status/phase", "Pending")
        })
        .await
}

/// The ordinals whose pods are being deleted.
async fn ending(bench: &Bench) -> Result<Vec<String>> {
    let list = bench.get("pods?labelSelector=app%3Da").await?.ok(200)?;
    let pods = list["items"].as_array().cloned().unwrap_or_default();
    let ending = pods
        .iter()
        .filter(|pod| pod["metadata"].get("deletionTimestamp").is_some());
    ending.map(|pod| Ok(name(pod)?.to_owned())).collect()
}

async fn await_ending(bench: &Bench, expected: &[&str]) -> Result<()> {
    bench
        .eventually(async || {
            let ending = ending(bench).await?;
            ensure!(ending == expected, "{ending:?} instead of {expected:?}");
            Ok(())
        })
        .await
}

async fn roll_from_the_highest_ordinal_and_wait(bench: &Bench) -> Result<()> {
    ready(bench, 3, json!({})).await?;
    roll(bench, 2).await?;
    await_ending(bench, &["a-2"]).await?;
    bench
        .delete("pods/a-2?gracePeriodSeconds=0")
        .await?
        .ok(200)?;
    let new = bench
        .eventually(async || bench.get("pods/a-2").await?.ok(200))
        .await?;
    new.has("/spec/containers/0/image", "example.com/app:2")?;
    await_ending(bench, &[]).await?;
    run(bench, "a-2", "10.0.0.9", true).await?;
    await_ending(bench, &["a-1"]).await
}

async fn keep_pods_below_the_partition(bench: &Bench) -> Result<()> {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}});
    ready(bench, 2, json!({"updateStrategy": strategy})).await?;
    roll(bench, 2).await?;
    await_ending(bench, &["a-1"]).await?;
    bench
        .delete("pods/a-1?gracePeriodSeconds=0")
        .await?
        .ok(200)?;
    bench
        .eventually(async || bench.get("pods/a-1").await?.ok(200))
        .await?;
    run(bench, "a-1", "10.0.0.9", true).await?;
    status(bench, "/status/updatedReplicas", json!(1)).await?;
    let set = status(bench, "/status/availableReplicas", json!(2)).await?;
    set.has("/status/updatedReplicas", 1)?;
    set.has("/status/currentReplicas", 1)?;
    ensure!(
        set["status"]["currentRevision"] != set["status"]["updateRevision"],
        "a held update counts as over"
    );
    await_ending(bench, &[]).await
}

async fn make_pods_below_the_partition_of_the_old_revision(bench: &Bench) -> Result<()> {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}});
    let first = ready(bench, 1, json!({"updateStrategy": strategy})).await?;
    roll(bench, 2).await?;
    revisions(bench, 2).await?;
    bench
        .delete("pods/a-0?gracePeriodSeconds=0")
        .await?
        .ok(200)?;
    let again = bench
        .eventually(async || bench.get("pods/a-0").await?.ok(200))
        .await?;
    let label = "/metadata/labels/controller-revision-hash";
    again.has("/spec/containers/0/image", "example.com/app:1")?;
    again.has(label, first[0].text(label)?)
}

async fn leave_pods_alone_when_told_to(bench: &Bench) -> Result<()> {
    ready(bench, 1, json!({"updateStrategy": {"type": "OnDelete"}})).await?;
    roll(bench, 2).await?;
    revisions(bench, 2).await?;
    status(bench, "/status/availableReplicas", json!(1)).await?;
    await_ending(bench, &[]).await?;
    bench
        .delete("pods/a-0?gracePeriodSeconds=0")
        .await?
        .ok(200)?;
    let new = bench
        .eventually(async || bench.get("pods/a-0").await?.ok(200))
        .await?;
    new.has("/spec/containers/0/image", "example.com/app:2")
}

async fn may_start_elsewhere(bench: &Bench) -> Result<()> {
    create(bench, 1, json!({"ordinals": {"start": 5}})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    pod.has("/metadata/name", "a-5")
}
