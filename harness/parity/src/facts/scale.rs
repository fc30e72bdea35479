//! The scale subresource.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::deployment;

facts! { "scale":
    shows_replicas_and_selector,
    is_replaced,
    is_patched,
    moves_the_generation,
    of_a_stale_version_is_409,
    of_negative_replicas_is_422,
    of_a_missing_object_is_404,
    cannot_be_posted,
    exists_for_three_workloads,
    is_not_for_daemon_sets,
    omits_zero_replicas,
}

/// Creates the Deployment `a`, paused, so that nobody else changes it.
async fn paused(bench: &Bench, replicas: u32) -> Result<Value> {
    let mut object = deployment("a", replicas);
    object["spec"]["paused"] = true.into();
    bench.post("deployments", &object).await?.ok(201)
}

async fn shows_replicas_and_selector(bench: &Bench) -> Result<()> {
    let created = paused(bench, 2).await?;
    let scale = bench.get("deployments/a/scale").await?.ok(200)?;
    scale.has("/kind", "Scale")?;
    scale.has("/apiVersion", "autoscaling/v1")?;
    scale.has("/metadata/name", "a")?;
    scale.has("/metadata/uid", created["metadata"]["uid"].clone())?;
    scale.has("/spec", json!({"replicas": 2}))?;
    scale.has("/status/selector", "app=a")?;
    version(&scale).map(drop)
}

async fn is_replaced(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    let scale = json!({"metadata": {"name": "a"}, "spec": {"replicas": 3}});
    let updated = bench.put("deployments/a/scale", &scale).await?.ok(200)?;
    updated.has("/spec/replicas", 3)?;
    bench
        .get("deployments/a")
        .await?
        .ok(200)?
        .has("/spec/replicas", 3)
}

async fn is_patched(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    let patch = json!({"spec": {"replicas": 1}});
    let patched = bench.merge("deployments/a/scale", &patch).await?.ok(200)?;
    patched.has("/kind", "Scale")?;
    patched.has("/spec/replicas", 1)
}

async fn moves_the_generation(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    bench
        .merge("deployments/a/scale", &json!({"spec": {"replicas": 1}}))
        .await?
        .ok(200)?;
    bench
        .get("deployments/a")
        .await?
        .ok(200)?
        .has("/metadata/generation", 2)
}

async fn of_a_stale_version_is_409(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    let metadata = json!({"name": "a", "resourceVersion": "1"});
    let scale = json!({"metadata": metadata, "spec": {"replicas": 3}});
    bench
        .put("deployments/a/scale", &scale)
        .await?
        .refused(409, "Conflict")
        .map(drop)
}

async fn of_negative_replicas_is_422(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    let answer = bench
        .merge("deployments/a/scale", &json!({"spec": {"replicas": -1}}))
        .await?;
    let status = answer.invalid("spec.replicas", "FieldValueInvalid")?;
    status.says("/message", "Scale.autoscaling \"a\" is invalid")
}

async fn of_a_missing_object_is_404(bench: &Bench) -> Result<()> {
    let status = bench
        .get("deployments/a/scale")
        .await?
        .refused(404, "NotFound")?;
    status.has("/message", "deployments.apps \"a\" not found")
}

async fn cannot_be_posted(bench: &Bench) -> Result<()> {
    paused(bench, 2).await?;
    let answer = bench.post("deployments/a/scale", &json!({})).await?;
    answer.refused(405, "MethodNotAllowed").map(drop)
}

async fn exists_for_three_workloads(bench: &Bench) -> Result<()> {
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "a"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}},
            "template": crate::object::template("a")}});
    bench.post("replicasets", &set).await?.ok(201)?;
    bench
        .post("statefulsets", &crate::object::stateful_set("a", 0))
        .await?
        .ok(201)?;
    for resource in ["replicasets", "statefulsets"] {
        let scale = bench.get(&format!("{resource}/a/scale")).await?.ok(200)?;
        scale.has("/status/selector", "app=a")?;
    }
    Ok(())
}

async fn is_not_for_daemon_sets(bench: &Bench) -> Result<()> {
    bench
        .get("daemonsets/a/scale")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn omits_zero_replicas(bench: &Bench) -> Result<()> {
    paused(bench, 0).await?;
    bench
        .get("deployments/a/scale")
        .await?
        .ok(200)?
        .has("/spec", json!({}))
}
