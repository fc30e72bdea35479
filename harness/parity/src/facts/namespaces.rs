//! The life of a namespace, as far as the API server decides it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, names};
use crate::fact::facts;
use crate::object::config_map;

facts! { "namespaces":
    exist_from_the_start,
    default_may_not_be_deleted,
    of_the_system_may_not_be_deleted,
    cannot_be_deleted_as_a_collection,
    are_terminating_once_deleted,
    take_nothing_new_while_terminating,
    let_existing_objects_change_while_terminating,
    keep_their_name_label,
    are_finalized_through_a_subresource,
}

async fn exist_from_the_start(bench: &Bench) -> Result<()> {
    bench
        .eventually(async || {
            let list = bench.get("/api/v1/namespaces").await?.ok(200)?;
            for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
                ensure!(names(&list).contains(&name), "{name} is missing");
            }
            Ok(())
        })
        .await
}

async fn default_may_not_be_deleted(bench: &Bench) -> Result<()> {
    protected(bench, "default").await
}

async fn of_the_system_may_not_be_deleted(bench: &Bench) -> Result<()> {
    protected(bench, "kube-system").await
}

async fn protected(bench: &Bench, name: &str) -> Result<()> {
    let answer = bench.delete(&format!("/api/v1/namespaces/{name}")).await?;
    let status = answer.refused(403, "Forbidden")?;
    let message = format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
    status.has("/message", message)
}

async fn cannot_be_deleted_as_a_collection(bench: &Bench) -> Result<()> {
    let answer = bench
        .delete("/api/v1/namespaces?labelSelector=none%3Dnone")
        .await?;
    answer.refused(405, "MethodNotAllowed").map(drop)
}

/// Creates a namespace that a finalizer of ours keeps, with a ConfigMap that one keeps too, and
/// deletes it.
async fn terminating(bench: &Bench) -> Result<(String, Value)> {
    let name = bench.unique("dying");
    let path = format!("/api/v1/namespaces/{name}");
    let object = json!({"metadata": {"name": &name, "finalizers": ["example.com/hold"]}});
    bench.post("/api/v1/namespaces", &object).await?.ok(201)?;
    let object = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    bench
        .post(&format!("{path}/configmaps"), &object)
        .await?
        .ok(201)?;
    let answer = bench.delete(&path).await?.ok(200)?;
    Ok((path, answer))
}

/// Lets go of what [`terminating`] holds.
async fn release(bench: &Bench, path: &str) -> Result<()> {
    let patch = json!({"metadata": {"finalizers": null}});
    bench
        .merge(&format!("{path}/configmaps/held"), &patch)
        .await?
        .ok(200)?;
    bench.merge(path, &patch).await?.ok(200).map(drop)
}

async fn are_terminating_once_deleted(bench: &Bench) -> Result<()> {
    let (path, answer) = terminating(bench).await?;
    answer.has("/kind", "Namespace")?;
    answer.has("/status/phase", "Terminating")?;
    answer.text("/metadata/deletionTimestamp")?;
    release(bench, &path).await
}

async fn take_nothing_new_while_terminating(bench: &Bench) -> Result<()> {
    let (path, _) = terminating(bench).await?;
    let answer = bench
        .post(&format!("{path}/configmaps"), &config_map("a"))
        .await?;
    let status = answer.refused(403, "Forbidden")?;
    let name = path.trim_start_matches("/api/v1/namespaces/");
    let message = format!(
        "configmaps \"a\" is forbidden: unable to create new content in namespace {name} because \
         it is being terminated"
    );
    status.has("/message", message)?;
    status.has("/details/causes/0/reason", "NamespaceTerminating")?;
    status.has("/details/causes/0/field", "metadata.namespace")?;
    release(bench, &path).await
}

async fn let_existing_objects_change_while_terminating(bench: &Bench) -> Result<()> {
    let (path, _) = terminating(bench).await?;
    let patch = json!({"data": {"k": "v"}});
    let patched = bench
        .merge(&format!("{path}/configmaps/held"), &patch)
        .await?
        .ok(200)?;
    patched.has("/data/k", "v")?;
    release(bench, &path).await
}

async fn keep_their_name_label(bench: &Bench) -> Result<()> {
    let path = format!("/api/v1/namespaces/{}", bench.namespace());
    let label = "kubernetes.io/metadata.name";
    let patch = json!({"metadata": {"labels": {label: null, "mesh": "a"}}});
    let patched = bench.merge(&path, &patch).await?.ok(200)?;
    patched.has(
        "/metadata/labels",
        json!({label: bench.namespace(), "mesh": "a"}),
    )
}

async fn are_finalized_through_a_subresource(bench: &Bench) -> Result<()> {
    let path = format!("/api/v1/namespaces/{}", bench.namespace());
    let mut namespace = bench.get(&path).await?.ok(200)?;
    namespace["spec"]["finalizers"] = json!(["kubernetes", "example.com/more"]);
    let finalize = format!("{path}/finalize");
    let updated = bench.put(&finalize, &namespace).await?.ok(200)?;
    updated.has(
        "/spec/finalizers",
        json!(["kubernetes", "example.com/more"]),
    )?;
    namespace["spec"]["finalizers"] = json!(["kubernetes"]);
    namespace["metadata"]["resourceVersion"] = updated["metadata"]["resourceVersion"].clone();
    bench.put(&finalize, &namespace).await?.ok(200).map(drop)
}
