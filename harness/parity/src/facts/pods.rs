//! Pods: what may change, binding, eviction, status.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{bound_pod, pod};

facts! { "pods":
    keep_their_specification,
    keep_their_node,
    may_change_an_image,
    may_gain_tolerations,
    need_their_service_account,
    are_bound_through_a_subresource,
    are_bound_once,
    are_told_when_they_were_scheduled,
    are_evicted_through_a_subresource,
    are_not_evicted_beyond_their_budget,
    conditions_are_merged_by_type,
    have_no_logs_before_they_have_a_node,
    unknown_subresources_are_404,
}

async fn keep_their_specification(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let answer = bench
        .merge("pods/a", &json!({"spec": {"hostname": "other"}}))
        .await?;
    let status = answer.invalid("spec", "FieldValueForbidden")?;
    status.says("/message", "pod updates may not change fields other than")
}

async fn keep_their_node(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    let answer = bench
        .merge("pods/a", &json!({"spec": {"nodeName": "node-2"}}))
        .await?;
    answer.invalid("spec", "FieldValueForbidden").map(drop)
}

async fn may_change_an_image(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let patch = json!({"spec": {"containers": [{"name": "app", "image": "example.com/app:2"}]}});
    let patched = bench.strategic("pods/a", &patch).await?.ok(200)?;
    patched.has("/spec/containers/0/image", "example.com/app:2")?;
    patched.has("/metadata/generation", 2)
}

async fn may_gain_tolerations(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let toleration = json!({"key": "a", "operator": "Exists"});
    let patch = json!([{"op": "add", "path": "/spec/tolerations/-", "value": toleration}]);
    let patched = bench.json_patch("pods/a", &patch).await?.ok(200)?;
    patched.has("/spec/tolerations/2/key", "a")?;
    let patch = json!([{"op": "remove", "path": "/spec/tolerations/2"}]);
    bench
        .json_patch("pods/a", &patch)
        .await?
        .refused(422, "Invalid")
        .map(drop)
}

async fn need_their_service_account(bench: &Bench) -> Result<()> {
    let mut object = pod("a");
    object["spec"]["serviceAccountName"] = "missing".into();
    let status = bench
        .post("pods", &object)
        .await?
        .refused(403, "Forbidden")?;
    let message = format!(
        "pods \"a\" is forbidden: error looking up service account {}/missing: serviceaccount \
         \"missing\" not found",
        bench.namespace()
    );
    status.has("/message", message)?;
    status.has("/details", json!({"name": "a", "kind": "pods"}))
}

/// Binds the Pod `a` to a node.
async fn bind(bench: &Bench) -> Result<crate::answer::Answer> {
    let target = json!({"apiVersion": "v1", "kind": "Node", "name": "node-1"});
    let binding = json!({"metadata": {"name": "a"}, "target": target});
    bench.post("pods/a/binding", &binding).await
}

async fn are_bound_through_a_subresource(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let status = bind(bench).await?.ok(201)?;
    status.has("/status", "Success")?;
    bench
        .get("pods/a")
        .await?
        .ok(200)?
        .has("/spec/nodeName", "node-1")
}

async fn are_bound_once(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bind(bench).await?.ok(201)?;
    let status = bind(bench).await?.refused(409, "Conflict")?;
    status.says("/message", "pod a is already assigned to node \"node-1\"")
}

async fn are_told_when_they_were_scheduled(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bind(bench).await?.ok(201)?;
    let pod = bench.get("pods/a").await?.ok(200)?;
    pod.has("/status/conditions/0/type", "PodScheduled")?;
    pod.has("/status/conditions/0/status", "True")?;
    pod.text("/status/conditions/0/lastTransitionTime")
        .map(drop)
}

/// Evicts the Pod `a`.
async fn evict(bench: &Bench) -> Result<crate::answer::Answer> {
    let eviction =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a"}});
    bench.post("pods/a/eviction", &eviction).await
}

async fn are_evicted_through_a_subresource(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    evict(bench).await?.ok(201)?.has("/status", "Success")?;
    bench
        .get("pods/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn are_not_evicted_beyond_their_budget(bench: &Bench) -> Result<()> {
    let mut object = bound_pod("a");
    object["metadata"]["labels"] = json!({"app": "a"});
    bench.post("pods", &object).await?.ok(201)?;
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let patch = json!({"status": {"phase": "Running", "conditions": ready}});
    bench.strategic("pods/a/status", &patch).await?.ok(200)?;
    let spec = json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}});
    let budget = json!({"metadata": {"name": "a"}, "spec": spec});
    bench.post("poddisruptionbudgets", &budget).await?.ok(201)?;
    let status = evict(bench).await?.refused(429, "TooManyRequests")?;
    status.says(
        "/message",
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
}

async fn conditions_are_merged_by_type(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    for kind in ["Ready", "Initialized"] {
        let conditions = json!([{"type": kind, "status": "True"}]);
        let patch = json!({"status": {"conditions": conditions}});
        bench.strategic("pods/a/status", &patch).await?.ok(200)?;
    }
    let pod = bench.get("pods/a").await?.ok(200)?;
    let conditions = pod["status"]["conditions"]
        .as_array()
        .context("conditions")?;
    ensure!(conditions.len() == 2, "observed {conditions:?}");
    Ok(())
}

async fn have_no_logs_before_they_have_a_node(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let answer = bench.get("pods/a/log").await?;
    answer.ok(204)?.has("", "")
}

async fn unknown_subresources_are_404(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bench
        .get("pods/a/unknown")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}
