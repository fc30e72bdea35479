//! Garbage collection by owner references, as the controller does it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::kubelet::await_pods;
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{config_map, deployment};

facts! { "garbage":
    dependents_go_after_their_owner,
    dependents_of_an_absent_owner_go,
    dependents_of_a_recreated_owner_go,
    dependents_with_another_owner_stay,
    orphaned_dependents_stay_without_the_owner,
    in_the_foreground_the_owner_waits_for_its_dependents,
    in_the_foreground_the_owner_waits_only_for_blocking_dependents,
    in_the_foreground_owners_wait_for_dependents_of_dependents,
    dependents_of_kinds_without_a_controller_go,
    dependents_of_cluster_wide_owners_go,
    owners_in_other_namespaces_do_not_count,
    dependents_of_unknown_kinds_stay,
    a_deployment_takes_its_pods_along,
    an_orphaned_replica_set_keeps_its_pods,
}

fn reference(owner: &Value, blocking: bool) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "blockOwnerDeletion": blocking})
}

/// Creates the ConfigMap `dependent` with these owners.
async fn dependent(bench: &Bench, owners: Value, finalizers: Value) -> Result<()> {
    let metadata = json!({"name": "dependent", "ownerReferences": owners,
        "finalizers": finalizers});
    bench
        .post("configmaps", &json!({"metadata": metadata}))
        .await?
        .ok(201)
        .map(drop)
}

async fn owner(bench: &Bench) -> Result<Value> {
    bench
        .post("configmaps", &config_map("owner"))
        .await?
        .ok(201)
}

async fn gone(bench: &Bench, path: &str) -> Result<()> {
    bench
        .eventually(async || bench.get(path).await?.ok(404).map(drop))
        .await
}

async fn dependents_go_after_their_owner(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    dependent(bench, json!([reference(&owner, false)]), json!([])).await?;
    bench
        .delete("configmaps/owner?propagationPolicy=Background")
        .await?
        .ok(200)?;
    bench.get("configmaps/owner").await?.ok(404)?;
    gone(bench, "configmaps/dependent").await
}

async fn dependents_of_an_absent_owner_go(bench: &Bench) -> Result<()> {
    let absent = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "absent",
        "uid": "00000000-0000-4000-8000-000000000000"});
    dependent(bench, json!([absent]), json!([])).await?;
    gone(bench, "configmaps/dependent").await
}

async fn dependents_of_a_recreated_owner_go(bench: &Bench) -> Result<()> {
    let first = owner(bench).await?;
    bench.delete("configmaps/owner").await?.ok(200)?;
    owner(bench).await?;
    dependent(bench, json!([reference(&first, false)]), json!([])).await?;
    gone(bench, "configmaps/dependent").await
}

async fn dependents_with_another_owner_stay(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    let other = bench
        .post("configmaps", &config_map("other"))
        .await?
        .ok(201)?;
    let owners = json!([reference(&owner, false), reference(&other, false)]);
    dependent(bench, owners, json!([])).await?;
    bench.delete("configmaps/owner").await?.ok(200)?;
    let only = json!([reference(&other, false)]);
    bench
        .eventually(async || {
            let dependent = bench.get("configmaps/dependent").await?.ok(200)?;
            dependent.has("/metadata/ownerReferences", only.clone())
        })
        .await
}

async fn orphaned_dependents_stay_without_the_owner(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    dependent(bench, json!([reference(&owner, false)]), json!([])).await?;
    bench
        .delete("configmaps/owner?propagationPolicy=Orphan")
        .await?
        .ok(200)?;
    gone(bench, "configmaps/owner").await?;
    let dependent = bench.get("configmaps/dependent").await?.ok(200)?;
    dependent.lacks("/metadata/ownerReferences")
}

async fn in_the_foreground_the_owner_waits_for_its_dependents(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    dependent(
        bench,
        json!([reference(&owner, true)]),
        json!(["example.com/hold"]),
    )
    .await?;
    bench
        .delete("configmaps/owner?propagationPolicy=Foreground")
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let dependent = bench.get("configmaps/dependent").await?.ok(200)?;
            dependent.text("/metadata/deletionTimestamp").map(drop)
        })
        .await?;
    let waiting = bench.get("configmaps/owner").await?.ok(200)?;
    waiting.has("/metadata/finalizers", json!(["foregroundDeletion"]))?;
    let patch = json!({"metadata": {"finalizers": null}});
    bench.merge("configmaps/dependent", &patch).await?.ok(200)?;
    gone(bench, "configmaps/owner").await
}

async fn in_the_foreground_the_owner_waits_only_for_blocking_dependents(
    bench: &Bench,
) -> Result<()> {
    let owner = owner(bench).await?;
    dependent(
        bench,
        json!([reference(&owner, false)]),
        json!(["example.com/hold"]),
    )
    .await?;
    bench
        .delete("configmaps/owner?propagationPolicy=Foreground")
        .await?
        .ok(200)?;
    gone(bench, "configmaps/owner").await?;
    let patch = json!({"metadata": {"finalizers": null}});
    bench.merge("configmaps/dependent", &patch).await?;
    gone(bench, "configmaps/dependent").await
}

/// Creates the ConfigMap `name` with one owner that waits for it.
async fn owned(bench: &Bench, name: &str, owner: &Value, finalizers: Value) -> Result<Value> {
    let metadata = json!({"name": name, "ownerReferences": [reference(owner, true)],
        "finalizers": finalizers});
    bench
        .post("configmaps", &json!({"metadata": metadata}))
        .await?
        .ok(201)
}

async fn in_the_foreground_owners_wait_for_dependents_of_dependents(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    let middle = owned(bench, "middle", &owner, json!([])).await?;
    owned(bench, "last", &middle, json!(["example.com/hold"])).await?;
    // The chain must be known before it is taken apart.
    bench
        .delete("configmaps/owner?propagationPolicy=Foreground")
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let last = bench.get("configmaps/last").await?.ok(200)?;
            last.text("/metadata/deletionTimestamp").map(drop)
        })
        .await?;
    let middle = bench.get("configmaps/middle").await?.ok(200)?;
    middle.has("/metadata/finalizers", json!(["foregroundDeletion"]))?;
    bench.get("configmaps/owner").await?.ok(200)?;
    let patch = json!({"metadata": {"finalizers": null}});
    bench.merge("configmaps/last", &patch).await?.ok(200)?;
    gone(bench, "configmaps/owner").await
}

async fn dependents_of_kinds_without_a_controller_go(bench: &Bench) -> Result<()> {
    let owner = owner(bench).await?;
    let role = json!({"metadata": {"name": "dependent",
        "ownerReferences": [reference(&owner, false)]}, "rules": []});
    bench.post("roles", &role).await?.ok(201)?;
    bench.delete("configmaps/owner").await?.ok(200)?;
    gone(bench, "roles/dependent").await
}

async fn dependents_of_cluster_wide_owners_go(bench: &Bench) -> Result<()> {
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    let name = bench.unique("owner");
    let role = json!({"metadata": {"name": name}, "rules": []});
    let owner = bench.post(roles, &role).await?.ok(201)?;
    let reference = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "name": name, "uid": owner["metadata"]["uid"]});
    dependent(bench, json!([reference]), json!([])).await?;
    bench.delete(&format!("{roles}/{name}")).await?.ok(200)?;
    gone(bench, "configmaps/dependent").await
}

async fn owners_in_other_namespaces_do_not_count(bench: &Bench) -> Result<()> {
    let other = bench.unique("other");
    let path = format!("/api/v1/namespaces/{other}");
    let namespace = json!({"metadata": {"name": other}});
    bench
        .post("/api/v1/namespaces", &namespace)
        .await?
        .ok(201)?;
    let owner = bench
        .post(&format!("{path}/configmaps"), &config_map("owner"))
        .await?
        .ok(201)?;
    dependent(bench, json!([reference(&owner, false)]), json!([])).await?;
    gone(bench, "configmaps/dependent").await?;
    bench.delete(&path).await?.ok(200).map(drop)
}

async fn dependents_of_unknown_kinds_stay(bench: &Bench) -> Result<()> {
    let unknown = json!({"apiVersion": "example.com/v1", "kind": "Unknown", "name": "a",
        "uid": "00000000-0000-4000-8000-000000000001"});
    dependent(bench, json!([unknown]), json!([])).await?;
    // One that goes shows that this one had its turn.
    let absent = json!({"metadata": {"name": "other", "ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "absent",
            "uid": "00000000-0000-4000-8000-000000000002"}]}});
    bench.post("configmaps", &absent).await?.ok(201)?;
    gone(bench, "configmaps/other").await?;
    let stays = bench.get("configmaps/dependent").await?.ok(200)?;
    stays.lacks("/metadata/deletionTimestamp")
}

async fn a_deployment_takes_its_pods_along(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 2))
        .await?
        .ok(201)?;
    await_pods(bench, "a", 2).await?;
    bench.delete("deployments/a").await?.ok(200)?;
    await_pods(bench, "a", 0).await?;
    bench
        .eventually(async || {
            let sets = bench
                .get("replicasets?labelSelector=app%3Da")
                .await?
                .ok(200)?;
            ensure!(sets["items"] == json!([]), "a ReplicaSet is left");
            Ok(())
        })
        .await
}

async fn an_orphaned_replica_set_keeps_its_pods(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 1))
        .await?
        .ok(201)?;
    let pods = await_pods(bench, "a", 1).await?;
    bench
        .delete("deployments/a?propagationPolicy=Orphan")
        .await?
        .ok(200)?;
    gone(bench, "deployments/a").await?;
    let set = bench
        .get("replicasets?labelSelector=app%3Da")
        .await?
        .ok(200)?;
    set.lacks("/items/0/metadata/ownerReferences")?;
    set.has("/items/0/spec/replicas", 1)?;
    ensure!(await_pods(bench, "a", 1).await? == pods, "the pods changed");
    Ok(())
}
