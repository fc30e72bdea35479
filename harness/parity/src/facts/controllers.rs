//! StatefulSets, Jobs, and what every namespace is given and loses.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::kubelet::{await_pods, name, run};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{config_map, deployment, service, stateful_set};

facts! { "controllers":
    stateful_sets_start_with_ordinal_0_and_wait,
    stateful_sets_go_on_when_a_pod_is_ready,
    stateful_sets_in_parallel_do_not_wait,
    stateful_pods_have_identity,
    stateful_pods_come_back_under_their_name,
    stateful_sets_scale_down_from_the_end,
    jobs_make_a_pod,
    jobs_complete_with_their_pod,
    jobs_that_are_suspended_make_no_pod,
    namespaces_get_a_service_account,
    namespaces_get_the_root_certificate,
    the_root_certificate_is_put_back,
    the_root_certificate_is_put_right,
    the_service_account_is_put_back,
    a_deleted_namespace_loses_its_content,
    a_deleted_namespace_waits_for_finalizers,
}

async fn stateful(bench: &Bench, replicas: u32, policy: &str) -> Result<()> {
    let mut object = stateful_set("a", replicas);
    object["spec"]["podManagementPolicy"] = policy.into();
    bench.post("statefulsets", &object).await?.ok(201).map(drop)
}

/// Waits for exactly these pods of `a`.
async fn pods_are(bench: &Bench, expected: &[&str]) -> Result<Vec<Value>> {
    let pods = await_pods(bench, "a", expected.len()).await?;
    let mut observed = pods.iter().map(name).collect::<Result<Vec<_>>>()?;
    observed.sort_unstable();
    ensure!(observed == expected, "{observed:?} instead of {expected:?}");
    Ok(pods)
}

/// Waits until the StatefulSet has seen its present state: whatever it was to do, it has done.
async fn settled(bench: &Bench, replicas: u32) -> Result<()> {
    bench
        .eventually(async || {
            let set = bench.get("statefulsets/a").await?.ok(200)?;
            set.has(
                "/status/observedGeneration",
                set["metadata"]["generation"].clone(),
            )?;
            set.has("/status/replicas", replicas)
        })
        .await
}

async fn stateful_sets_start_with_ordinal_0_and_wait(bench: &Bench) -> Result<()> {
    stateful(bench, 3, "OrderedReady").await?;
    pods_are(bench, &["a-0"]).await?;
    settled(bench, 1).await?;
    pods_are(bench, &["a-0"]).await.map(drop)
}

async fn stateful_sets_go_on_when_a_pod_is_ready(bench: &Bench) -> Result<()> {
    stateful(bench, 2, "OrderedReady").await?;
    pods_are(bench, &["a-0"]).await?;
    run(bench, "a-0", "10.0.0.1", true).await?;
    pods_are(bench, &["a-0", "a-1"]).await.map(drop)
}

async fn stateful_sets_in_parallel_do_not_wait(bench: &Bench) -> Result<()> {
    stateful(bench, 3, "Parallel").await?;
    pods_are(bench, &["a-0", "a-1", "a-2"]).await.map(drop)
}

async fn stateful_pods_have_identity(bench: &Bench) -> Result<()> {
    stateful(bench, 1, "OrderedReady").await?;
    let pod = pods_are(bench, &["a-0"]).await?.remove(0);
    pod.has("/spec/hostname", "a-0")?;
    pod.has("/spec/subdomain", "a")?;
    pod.has(
        "/metadata/labels/statefulset.kubernetes.io~1pod-name",
        "a-0",
    )?;
    pod.has("/metadata/labels/apps.kubernetes.io~1pod-index", "0")?;
    pod.text("/metadata/labels/controller-revision-hash")?;
    let set = bench.get("statefulsets/a").await?.ok(200)?;
    let owner = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "a",
        "uid": set["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
    pod.has("/metadata/ownerReferences", owner)
}

async fn stateful_pods_come_back_under_their_name(bench: &Bench) -> Result<()> {
    stateful(bench, 1, "OrderedReady").await?;
    let first = pods_are(bench, &["a-0"]).await?.remove(0);
    bench.delete("pods/a-0").await?.ok(200)?;
    bench
        .eventually(async || {
            let second = bench.get("pods/a-0").await?.ok(200)?;
            ensure!(
                second["metadata"]["uid"] != first["metadata"]["uid"],
                "still the same pod"
            );
            Ok(())
        })
        .await
}

async fn stateful_sets_scale_down_from_the_end(bench: &Bench) -> Result<()> {
    stateful(bench, 3, "Parallel").await?;
    pods_are(bench, &["a-0", "a-1", "a-2"]).await?;
    bench
        .merge("statefulsets/a", &json!({"spec": {"replicas": 1}}))
        .await?
        .ok(200)?;
    pods_are(bench, &["a-0"]).await.map(drop)
}

/// The Job `a`, whose pods are labelled `app: a` too.
async fn job(bench: &Bench, suspend: bool) -> Result<()> {
    let mut template = crate::object::template("a");
    template["spec"]["restartPolicy"] = "Never".into();
    let spec = json!({"suspend": suspend, "template": template});
    bench
        .post("jobs", &json!({"metadata": {"name": "a"}, "spec": spec}))
        .await?
        .ok(201)
        .map(drop)
}

async fn jobs_make_a_pod(bench: &Bench) -> Result<()> {
    job(bench, false).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    pod.has("/metadata/generateName", "a-")?;
    pod.has("/metadata/labels/job-name", "a")?;
    pod.has("/metadata/ownerReferences/0/kind", "Job")?;
    pod.has(
        "/metadata/finalizers",
        json!(["batch.kubernetes.io/job-tracking"]),
    )?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/active", 1)?;
            job.text("/status/startTime").map(drop)
        })
        .await
}

async fn jobs_complete_with_their_pod(bench: &Bench) -> Result<()> {
    job(bench, false).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    let patch = json!({"status": {"phase": "Succeeded"}});
    bench
        .strategic(&format!("pods/{}/status", name(&pod)?), &patch)
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/succeeded", 1)?;
            job.text("/status/completionTime")?;
            let conditions = job["status"]["conditions"]
                .as_array()
                .context("conditions")?;
            let complete = conditions
                .iter()
                .any(|c| c["type"] == "Complete" && c["status"] == "True");
            ensure!(complete, "not complete: {job}");
            Ok(())
        })
        .await
}

async fn jobs_that_are_suspended_make_no_pod(bench: &Bench) -> Result<()> {
    job(bench, true).await?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/conditions/0/type", "Suspended")
        })
        .await?;
    await_pods(bench, "a", 0).await?;
    bench
        .merge("jobs/a", &json!({"spec": {"suspend": false}}))
        .await?
        .ok(200)?;
    await_pods(bench, "a", 1).await.map(drop)
}

/// Waits for an object.
async fn comes(bench: &Bench, path: &str) -> Result<Value> {
    bench
        .eventually(async || bench.get(path).await?.ok(200))
        .await
}

/// The path of a fresh namespace, in which the bench itself has made nothing.
async fn fresh(bench: &Bench) -> Result<String> {
    let name = bench.unique("fresh");
    bench
        .post("/api/v1/namespaces", &json!({"metadata": {"name": name}}))
        .await?
        .ok(201)?;
    Ok(format!("/api/v1/namespaces/{name}"))
}

async fn namespaces_get_a_service_account(bench: &Bench) -> Result<()> {
    let path = fresh(bench).await?;
    comes(bench, &format!("{path}/serviceaccounts/default"))
        .await?
        .lacks("/secrets")
}

async fn namespaces_get_the_root_certificate(bench: &Bench) -> Result<()> {
    let path = fresh(bench).await?;
    let map = comes(bench, &format!("{path}/configmaps/kube-root-ca.crt")).await?;
    map.says("/data/ca.crt", "-----BEGIN CERTIFICATE-----")?;
    let note = map.text("/metadata/annotations/kubernetes.io~1description")?;
    ensure!(
        note.starts_with("Contains a CA bundle"),
        "described as {note:?}"
    );
    Ok(())
}

async fn the_root_certificate_is_put_back(bench: &Bench) -> Result<()> {
    let path = format!("{}/configmaps/kube-root-ca.crt", fresh(bench).await?);
    let first = comes(bench, &path).await?;
    bench.delete(&path).await?.ok(200)?;
    comes(bench, &path)
        .await?
        .has("/data", first["data"].clone())
}

async fn the_root_certificate_is_put_right(bench: &Bench) -> Result<()> {
    let path = format!("{}/configmaps/kube-root-ca.crt", fresh(bench).await?);
    let first = comes(bench, &path).await?;
    let patch = json!({"data": {"ca.crt": "other", "more": "data"}});
    bench.merge(&path, &patch).await?.ok(200)?;
    bench
        .eventually(async || {
            let map = bench.get(&path).await?.ok(200)?;
            map.has("/data", first["data"].clone())
        })
        .await
}

async fn the_service_account_is_put_back(bench: &Bench) -> Result<()> {
    let path = format!("{}/serviceaccounts/default", fresh(bench).await?);
    comes(bench, &path).await?;
    bench.delete(&path).await?.ok(200)?;
    comes(bench, &path).await.map(drop)
}

async fn a_deleted_namespace_loses_its_content(bench: &Bench) -> Result<()> {
    let path = fresh(bench).await?;
    bench
        .post(&format!("{path}/configmaps"), &config_map("a"))
        .await?
        .ok(201)?;
    bench
        .post(&format!("{path}/services"), &service("a"))
        .await?
        .ok(201)?;
    let deployments = path.replace("/api/v1", "/apis/apps/v1") + "/deployments";
    bench
        .post(&deployments, &deployment("a", 0))
        .await?
        .ok(201)?;
    bench.delete(&path).await?.ok(200)?;
    bench
        .eventually(async || bench.get(&path).await?.ok(404).map(drop))
        .await?;
    bench.get(&format!("{path}/configmaps/a")).await?.ok(404)?;
    bench
        .get(&deployments)
        .await?
        .ok(200)?
        .has("/items", json!([]))
}

async fn a_deleted_namespace_waits_for_finalizers(bench: &Bench) -> Result<()> {
    let path = fresh(bench).await?;
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    bench
        .post(&format!("{path}/configmaps"), &held)
        .await?
        .ok(201)?;
    bench.delete(&path).await?.ok(200)?;
    bench
        .eventually(async || {
            let namespace = bench.get(&path).await?.ok(200)?;
            let conditions = namespace["status"]["conditions"]
                .as_array()
                .context("conditions")?;
            let remaining = |c: &&Value| c["type"] == "NamespaceFinalizersRemaining";
            let found = conditions
                .iter()
                .find(remaining)
                .context("no such condition")?;
            found.has("/status", "True")?;
            found.says("/message", "example.com/hold in 1 resource instances")
        })
        .await?;
    // The controller looks again after a quarter of a minute or more: too long to wait for here.
    let patch = json!({"metadata": {"finalizers": null}});
    bench
        .merge(&format!("{path}/configmaps/held"), &patch)
        .await?
        .ok(200)
        .map(drop)
}
