//! Deployments and their ReplicaSets, as the controllers run them.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::kubelet::{await_pods, name, pods, run};
use crate::Bench;
use crate::claim::{Claims, names};
use crate::fact::facts;
use crate::object::deployment;

facts! { "deployments":
    make_one_replica_set,
    replica_sets_are_named_after_their_template,
    replica_sets_belong_to_the_deployment,
    replica_sets_make_pods,
    pods_belong_to_the_replica_set,
    the_revision_is_counted,
    annotations_are_handed_down,
    observe_their_generation,
    are_unavailable_before_their_pods_are_ready,
    are_available_when_their_pods_are_ready,
    scale_up,
    scale_down,
    scale_down_spares_ready_pods,
    replace_deleted_pods,
    replace_failed_pods,
    adopt_matching_orphans,
    a_new_template_makes_a_new_replica_set,
    a_rolling_update_surges_by_a_quarter,
    a_rolling_update_keeps_the_old_until_the_new_are_ready,
    a_finished_rolling_update_empties_the_old_replica_set,
    recreating_removes_the_old_first,
    going_back_reuses_the_old_replica_set,
    pausing_holds_back_a_new_template,
    old_replica_sets_are_forgotten_beyond_the_limit,
    a_change_of_replicas_makes_no_revision,
}

/// Creates the Deployment `a` and waits for its pods.
pub(super) async fn create(bench: &Bench, replicas: u32) -> Result<Vec<Value>> {
    bench
        .post("deployments", &deployment("a", replicas))
        .await?
        .ok(201)?;
    await_pods(bench, "a", usize::try_from(replicas)?).await
}

/// The ReplicaSets of `a`, oldest revision first.
pub(super) async fn sets(bench: &Bench) -> Result<Vec<Value>> {
    let list = bench
        .get("replicasets?labelSelector=app%3Da")
        .await?
        .ok(200)?;
    let mut sets = list["items"].as_array().cloned().unwrap_or_default();
    sets.sort_by_key(|set| {
        let revision = set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
        revision.and_then(|revision| revision.parse::<u64>().ok())
    });
    Ok(sets)
}

/// Waits for so many ReplicaSets.
pub(super) async fn await_sets(bench: &Bench, count: usize) -> Result<Vec<Value>> {
    bench
        .eventually(async || {
            let sets = sets(bench).await?;
            ensure!(
                sets.len() == count,
                "{} ReplicaSets instead of {count}",
                sets.len()
            );
            Ok(sets)
        })
        .await
}

/// Lets all present pods that do not run yet run and be ready.
pub(super) async fn ready_all(bench: &Bench) -> Result<()> {
    let pods = pods(bench, "a").await?;
    let waiting = pods
        .iter()
        .filter(|pod| pod["status"].get("podIP").is_none());
    for (index, pod) in waiting.enumerate() {
        run(bench, name(pod)?, &format!("10.0.0.{}", index + 1), true).await?;
    }
    Ok(())
}

/// Waits until the Deployment's status has this at `pointer`.
pub(super) async fn status(bench: &Bench, pointer: &str, expected: Value) -> Result<Value> {
    bench
        .eventually(async || {
            let deployment = bench.get("deployments/a").await?.ok(200)?;
            deployment.has(&format!("/status/{pointer}"), expected.clone())?;
            Ok(deployment)
        })
        .await
}

/// Gives the pods another image.
pub(super) async fn roll(bench: &Bench, tag: u32) -> Result<()> {
    let container = json!({"name": "app", "image": format!("example.com/app:{tag}")});
    let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    bench
        .strategic("deployments/a", &patch)
        .await?
        .ok(200)
        .map(drop)
}

async fn make_one_replica_set(bench: &Bench) -> Result<()> {
    create(bench, 2).await?;
    let sets = await_sets(bench, 1).await?;
    sets[0].has("/spec/replicas", 2)
}

async fn replica_sets_are_named_after_their_template(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    let set = await_sets(bench, 1).await?.remove(0);
    let hash = set.text("/metadata/labels/pod-template-hash")?.to_owned();
    set.has("/metadata/name", format!("a-{hash}"))?;
    set.has(
        "/spec/selector/matchLabels",
        json!({"app": "a", "pod-template-hash": hash}),
    )?;
    let labels = json!({"app": "a", "pod-template-hash": hash});
    set.has("/metadata/labels", labels.clone())?;
    set.has("/spec/template/metadata/labels", labels)
}

/// The reference to a controlling owner.
fn controlled_by(version: &str, kind: &str, owner: &Value) -> Value {
    json!([{"apiVersion": version, "kind": kind, "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}])
}

async fn replica_sets_belong_to_the_deployment(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    let deployment = bench.get("deployments/a").await?.ok(200)?;
    let owners = controlled_by("apps/v1", "Deployment", &deployment);
    await_sets(bench, 1).await?[0].has("/metadata/ownerReferences", owners)
}

async fn replica_sets_make_pods(bench: &Bench) -> Result<()> {
    let pods = create(bench, 3).await?;
    let set = await_sets(bench, 1).await?.remove(0);
    for pod in &pods {
        pod.has("/metadata/generateName", format!("{}-", name(&set)?))?;
        pod.has("/metadata/labels", set["metadata"]["labels"].clone())?;
        pod.has("/spec/containers/0/image", "example.com/app:1")?;
    }
    Ok(())
}

async fn pods_belong_to_the_replica_set(bench: &Bench) -> Result<()> {
    let pods = create(bench, 1).await?;
    let set = await_sets(bench, 1).await?.remove(0);
    pods[0].has(
        "/metadata/ownerReferences",
        controlled_by("apps/v1", "ReplicaSet", &set),
    )
}

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

async fn the_revision_is_counted(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    await_sets(bench, 1).await?[0].has(REVISION, "1")?;
    roll(bench, 2).await?;
    await_sets(bench, 2).await?[1].has(REVISION, "2")?;
    bench
        .eventually(async || {
            bench
                .get("deployments/a")
                .await?
                .ok(200)?
                .has(REVISION, "2")
        })
        .await
}

async fn annotations_are_handed_down(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 1);
    object["metadata"]["annotations"] = json!({"example.com/note": "1"});
    bench.post("deployments", &object).await?.ok(201)?;
    let annotations = json!({
        "deployment.kubernetes.io/desired-replicas": "1",
        "deployment.kubernetes.io/max-replicas": "2",
        "deployment.kubernetes.io/revision": "1",
        "example.com/note": "1",
    });
    await_sets(bench, 1).await?[0].has("/metadata/annotations", annotations)
}

async fn observe_their_generation(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    status(bench, "observedGeneration", json!(1)).await?;
    roll(bench, 2).await?;
    status(bench, "observedGeneration", json!(2))
        .await
        .map(drop)
}

pub(super) fn condition<'a>(deployment: &'a Value, kind: &str) -> Result<&'a Value> {
    let mut all = deployment["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    let found = all.find(|condition| condition["type"] == kind);
    anyhow::Context::with_context(found, || format!("no condition {kind}"))
}

async fn are_unavailable_before_their_pods_are_ready(bench: &Bench) -> Result<()> {
    create(bench, 2).await?;
    let deployment = status(bench, "unavailableReplicas", json!(2)).await?;
    deployment.has("/status/replicas", 2)?;
    deployment.has("/status/updatedReplicas", 2)?;
    deployment.lacks("/status/readyReplicas")?;
    let available = condition(&deployment, "Available")?;
    available.has("/status", "False")?;
    available.has("/reason", "MinimumReplicasUnavailable")?;
    condition(&deployment, "Progressing")?.has("/status", "True")
}

async fn are_available_when_their_pods_are_ready(bench: &Bench) -> Result<()> {
    create(bench, 2).await?;
    ready_all(bench).await?;
    let deployment = status(bench, "availableReplicas", json!(2)).await?;
    deployment.has("/status/readyReplicas", 2)?;
    deployment.lacks("/status/unavailableReplicas")?;
    condition(&deployment, "Available")?.has("/reason", "MinimumReplicasAvailable")?;
    let complete = async || {
        let deployment = bench.get("deployments/a").await?.ok(200)?;
        condition(&deployment, "Progressing")?.has("/reason", "NewReplicaSetAvailable")
    };
    bench.eventually(complete).await
}

pub(super) async fn scale(bench: &Bench, replicas: u32) -> Result<()> {
    let patch = json!({"spec": {"replicas": replicas}});
    bench
        .merge("deployments/a/scale", &patch)
        .await?
        .ok(200)
        .map(drop)
}

async fn scale_up(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    scale(bench, 4).await?;
    await_pods(bench, "a", 4).await.map(drop)
}

async fn scale_down(bench: &Bench) -> Result<()> {
    create(bench, 3).await?;
    scale(bench, 0).await?;
    await_pods(bench, "a", 0).await.map(drop)
}

async fn scale_down_spares_ready_pods(bench: &Bench) -> Result<()> {
    let pods = create(bench, 3).await?;
    let survivor = name(&pods[1])?;
    run(bench, survivor, "10.0.0.1", true).await?;
    bench
        .eventually(async || sets(bench).await?[0].has("/status/readyReplicas", 1))
        .await?;
    scale(bench, 1).await?;
    await_pods(bench, "a", 1).await?[0].has("/metadata/name", survivor)
}

async fn replace_deleted_pods(bench: &Bench) -> Result<()> {
    let pods = create(bench, 1).await?;
    let gone = name(&pods[0])?;
    bench.delete(&format!("pods/{gone}")).await?.ok(200)?;
    let pods = await_pods(bench, "a", 1).await?;
    ensure!(name(&pods[0])? != gone, "the same pod came back");
    Ok(())
}

async fn replace_failed_pods(bench: &Bench) -> Result<()> {
    let pods = create(bench, 1).await?;
    let patch = json!({"status": {"phase": "Failed"}});
    bench
        .strategic(&format!("pods/{}/status", name(&pods[0])?), &patch)
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let all = self::pods(bench, "a").await?;
            ensure!(
                all.iter().any(|pod| pod["status"]["phase"] == "Pending"),
                "not replaced"
            );
            Ok(())
        })
        .await
}

async fn adopt_matching_orphans(bench: &Bench) -> Result<()> {
    let mut orphan = crate::object::pod("orphan");
    orphan["metadata"]["labels"] = json!({"app": "a"});
    bench.post("pods", &orphan).await?.ok(201)?;
    let set = json!({"metadata": {"name": "a"}, "spec": {"replicas": 1,
        "selector": {"matchLabels": {"app": "a"}}, "template": crate::object::template("a")}});
    let set = bench.post("replicasets", &set).await?.ok(201)?;
    let owners = controlled_by("apps/v1", "ReplicaSet", &set);
    bench
        .eventually(async || {
            bench
                .get("pods/orphan")
                .await?
                .ok(200)?
                .has("/metadata/ownerReferences", owners.clone())
        })
        .await
}

async fn a_new_template_makes_a_new_replica_set(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    roll(bench, 2).await?;
    let sets = await_sets(bench, 2).await?;
    sets[0].has(
        "/spec/template/spec/containers/0/image",
        "example.com/app:1",
    )?;
    sets[1].has(
        "/spec/template/spec/containers/0/image",
        "example.com/app:2",
    )?;
    ensure!(
        name(&sets[0])? != name(&sets[1])?,
        "two templates share a hash"
    );
    Ok(())
}

/// The replicas asked of each ReplicaSet, oldest first.
pub(super) async fn spread(bench: &Bench, expected: &[u64]) -> Result<()> {
    bench
        .eventually(async || {
            let sets = sets(bench).await?;
            let observed: Vec<_> = sets
                .iter()
                .map(|set| set["spec"]["replicas"].as_u64())
                .collect();
            let wanted: Vec<_> = expected.iter().copied().map(Some).collect();
            ensure!(observed == wanted, "{observed:?} instead of {expected:?}");
            Ok(())
        })
        .await
}

async fn a_rolling_update_surges_by_a_quarter(bench: &Bench) -> Result<()> {
    create(bench, 4).await?;
    ready_all(bench).await?;
    status(bench, "availableReplicas", json!(4)).await?;
    roll(bench, 2).await?;
    // One more than four at once, and at least three available.
    spread(bench, &[3, 2]).await
}

async fn a_rolling_update_keeps_the_old_until_the_new_are_ready(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    ready_all(bench).await?;
    status(bench, "availableReplicas", json!(1)).await?;
    roll(bench, 2).await?;
    spread(bench, &[1, 1]).await?;
    let deployment = status(bench, "replicas", json!(2)).await?;
    deployment.has("/status/availableReplicas", 1)
}

async fn a_finished_rolling_update_empties_the_old_replica_set(bench: &Bench) -> Result<()> {
    create(bench, 2).await?;
    ready_all(bench).await?;
    status(bench, "availableReplicas", json!(2)).await?;
    roll(bench, 2).await?;
    bench
        .eventually(async || {
            ready_all(bench).await?;
            let sets = sets(bench).await?;
            ensure!(sets.len() == 2, "{} ReplicaSets", sets.len());
            sets[0].has("/spec/replicas", 0)?;
            sets[1].has("/spec/replicas", 2)
        })
        .await?;
    status(bench, "updatedReplicas", json!(2)).await.map(drop)
}

async fn recreating_removes_the_old_first(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 2);
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    bench.post("deployments", &object).await?.ok(201)?;
    let old = await_pods(bench, "a", 2).await?;
    roll(bench, 2).await?;
    spread(bench, &[0, 2]).await?;
    let new = await_pods(bench, "a", 2).await?;
    ensure!(
        new.iter().all(|pod| !old.contains(pod)),
        "an old pod is left"
    );
    Ok(())
}

async fn going_back_reuses_the_old_replica_set(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    let first = await_sets(bench, 1).await?.remove(0);
    roll(bench, 2).await?;
    await_sets(bench, 2).await?;
    roll(bench, 1).await?;
    bench
        .eventually(async || {
            let sets = sets(bench).await?;
            ensure!(sets.len() == 2, "{} ReplicaSets", sets.len());
            sets[1].has("/metadata/name", name(&first)?)?;
            sets[1].has(REVISION, "3")
        })
        .await
}

async fn pausing_holds_back_a_new_template(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    bench
        .merge("deployments/a", &json!({"spec": {"paused": true}}))
        .await?
        .ok(200)?;
    roll(bench, 2).await?;
    status(bench, "observedGeneration", json!(3)).await?;
    ensure!(sets(bench).await?.len() == 1, "a paused Deployment rolled");
    bench
        .merge("deployments/a", &json!({"spec": {"paused": false}}))
        .await?
        .ok(200)?;
    await_sets(bench, 2).await.map(drop)
}

async fn old_replica_sets_are_forgotten_beyond_the_limit(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 0);
    object["spec"]["revisionHistoryLimit"] = 0.into();
    bench.post("deployments", &object).await?.ok(201)?;
    let first = await_sets(bench, 1).await?.remove(0);
    roll(bench, 2).await?;
    bench
        .eventually(async || {
            let list = bench
                .get("replicasets?labelSelector=app%3Da")
                .await?
                .ok(200)?;
            let left = names(&list);
            ensure!(
                left.len() == 1 && left[0] != name(&first)?,
                "left: {left:?}"
            );
            Ok(())
        })
        .await
}

async fn a_change_of_replicas_makes_no_revision(bench: &Bench) -> Result<()> {
    create(bench, 1).await?;
    scale(bench, 2).await?;
    await_pods(bench, "a", 2).await?;
    await_sets(bench, 1).await?[0].has(REVISION, "1")
}
