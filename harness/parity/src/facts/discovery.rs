//! Discovery: what the server says it serves, in both forms, and what else it answers about itself.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "discovery":
    the_core_group_lists_its_versions,
    groups_are_listed,
    one_group_is_described,
    resources_are_listed,
    subresources_are_listed,
    custom_resources_are_listed,
    an_unknown_version_is_404,
    aggregated_discovery_of_the_core_group,
    aggregated_discovery_of_the_groups,
    aggregated_discovery_lists_custom_resources,
    the_version_is_told_to_anybody,
    health_is_told_to_anybody,
    other_paths_need_a_right,
    a_collection_cannot_be_put,
    a_collection_cannot_be_patched,
    an_object_cannot_be_posted,
    a_group_cannot_be_deleted,
    reviews_can_only_be_created,
}

async fn the_core_group_lists_its_versions(bench: &Bench) -> Result<()> {
    let versions = bench.get("/api").await?.ok(200)?;
    versions.has("/kind", "APIVersions")?;
    versions.has("/versions", json!(["v1"]))
}

async fn groups_are_listed(bench: &Bench) -> Result<()> {
    let list = bench.get("/apis").await?.ok(200)?;
    list.has("/kind", "APIGroupList")?;
    list.has("/apiVersion", "v1")?;
    let apps = named(&list["groups"], "apps")?;
    apps.has(
        "/preferredVersion",
        json!({"groupVersion": "apps/v1", "version": "v1"}),
    )
}

fn named<'a>(list: &'a Value, name: &str) -> Result<&'a Value> {
    let mut entries = list.as_array().into_iter().flatten();
    entries
        .find(|entry| entry["name"] == name)
        .with_context(|| format!("no {name}"))
}

async fn one_group_is_described(bench: &Bench) -> Result<()> {
    let group = bench.get("/apis/apps").await?.ok(200)?;
    group.has("/kind", "APIGroup")?;
    group.has("/name", "apps")?;
    group.has(
        "/versions",
        json!([{"groupVersion": "apps/v1", "version": "v1"}]),
    )
}

async fn resources_are_listed(bench: &Bench) -> Result<()> {
    let list = bench.get("/api/v1").await?.ok(200)?;
    list.has("/kind", "APIResourceList")?;
    list.has("/groupVersion", "v1")?;
    let pods = named(&list["resources"], "pods")?;
    pods.has("/kind", "Pod")?;
    pods.has("/singularName", "pod")?;
    pods.has("/namespaced", true)?;
    pods.has("/shortNames", json!(["po"]))?;
    let verbs = json!([
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch"
    ]);
    pods.has("/verbs", verbs)?;
    let namespaces = named(&list["resources"], "namespaces")?;
    namespaces.has("/namespaced", false)?;
    let verbs = json!([
        "create", "delete", "get", "list", "patch", "update", "watch"
    ]);
    namespaces.has("/verbs", verbs)
}

async fn subresources_are_listed(bench: &Bench) -> Result<()> {
    let list = bench.get("/api/v1").await?.ok(200)?;
    let status = named(&list["resources"], "pods/status")?;
    status.has("/kind", "Pod")?;
    status.has("/verbs", json!(["get", "patch", "update"]))?;
    let token = named(&list["resources"], "serviceaccounts/token")?;
    token.has("/kind", "TokenRequest")?;
    token.has("/group", "authentication.k8s.io")?;
    token.has("/version", "v1")
}

/// Defines Widgets with both subresources.
async fn widgets(bench: &Bench) -> Result<String> {
    use super::custom_resources::{define, definition, group, open};
    let scale = json!({"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"});
    let extra = json!({"subresources": {"status": {}, "scale": scale}});
    define(bench, &definition(bench, &open(), &extra)).await?;
    Ok(group(bench))
}

async fn custom_resources_are_listed(bench: &Bench) -> Result<()> {
    let group = widgets(bench).await?;
    let list = bench.get(&format!("/apis/{group}/v1")).await?.ok(200)?;
    let widgets = named(&list["resources"], "widgets")?;
    widgets.has("/kind", "Widget")?;
    widgets.has("/singularName", "widget")?;
    named(&list["resources"], "widgets/status")?;
    let scale = named(&list["resources"], "widgets/scale")?;
    scale.has("/group", "autoscaling")?;
    scale.has("/kind", "Scale")?;
    let groups = bench.get("/apis").await?.ok(200)?;
    let preferred = json!({"groupVersion": format!("{group}/v1"), "version": "v1"});
    named(&groups["groups"], &group)?.has("/preferredVersion", preferred)
}

async fn an_unknown_version_is_404(bench: &Bench) -> Result<()> {
    bench
        .get("/apis/apps/v9")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// The aggregated answer at `path`.
async fn aggregated(bench: &Bench, path: &str) -> Result<Value> {
    let answer = bench.get(path).header("accept", AGGREGATED).await?;
    let media_type = answer.header("content-type");
    let expected = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    ensure!(media_type == expected, "the content type is {media_type}");
    let list = answer.ok(200)?;
    list.has("/kind", "APIGroupDiscoveryList")?;
    list.has("/apiVersion", "apidiscovery.k8s.io/v2")?;
    Ok(list)
}

/// The entry of a resource in the first version of a group.
fn resource<'a>(group: &'a Value, name: &str) -> Result<&'a Value> {
    let mut all = group["versions"][0]["resources"]
        .as_array()
        .into_iter()
        .flatten();
    all.find(|entry| entry["resource"] == name)
        .with_context(|| format!("no {name}: {group}"))
}

async fn aggregated_discovery_of_the_core_group(bench: &Bench) -> Result<()> {
    let list = aggregated(bench, "/api").await?;
    let pods = resource(&list["items"][0], "pods")?;
    pods.has("/scope", "Namespaced")?;
    pods.has("/singularResource", "pod")?;
    pods.has("/responseKind/kind", "Pod")?;
    let subresources = pods["subresources"].as_array().into_iter().flatten();
    let names: Vec<_> = subresources
        .filter_map(|entry| entry["subresource"].as_str())
        .collect();
    for name in ["binding", "eviction", "log", "status"] {
        ensure!(names.contains(&name), "no {name} in {names:?}");
    }
    Ok(())
}

fn group_named<'a>(list: &'a Value, name: &str) -> Result<&'a Value> {
    let mut groups = list["items"].as_array().into_iter().flatten();
    let found = groups.find(|group| group["metadata"]["name"] == name);
    found.with_context(|| format!("no group {name}"))
}

async fn aggregated_discovery_of_the_groups(bench: &Bench) -> Result<()> {
    let list = aggregated(bench, "/apis").await?;
    let apps = group_named(&list, "apps")?;
    apps.has("/versions/0/version", "v1")?;
    apps.has("/versions/0/freshness", "Current")?;
    resource(apps, "deployments")?.has("/responseKind/kind", "Deployment")
}

async fn aggregated_discovery_lists_custom_resources(bench: &Bench) -> Result<()> {
    let group = widgets(bench).await?;
    bench
        .eventually(async || {
            let list = aggregated(bench, "/apis").await?;
            let widgets = resource(group_named(&list, &group)?, "widgets")?;
            widgets.has("/responseKind/kind", "Widget")?;
            widgets.has("/subresources/0/subresource", "status")
        })
        .await
}

async fn the_version_is_told_to_anybody(bench: &Bench) -> Result<()> {
    let version = bench
        .stranger(http::Method::GET, "/version")
        .await?
        .ok(200)?;
    version.has("/major", "1")?;
    version.says("/gitVersion", "v1.")
}

async fn health_is_told_to_anybody(bench: &Bench) -> Result<()> {
    for path in ["/healthz", "/livez", "/readyz"] {
        bench
            .stranger(http::Method::GET, path)
            .await?
            .ok(200)?
            .has("", "ok")?;
    }
    Ok(())
}

async fn other_paths_need_a_right(bench: &Bench) -> Result<()> {
    let answer = bench.stranger(http::Method::GET, "/api").await?;
    let status = answer.refused(403, "Forbidden")?;
    status.has(
        "/message",
        "forbidden: User \"system:anonymous\" cannot get path \"/api\"",
    )
}

/// The claim that this method is not allowed here.
async fn refused(bench: &Bench, method: http::Method, path: &str, body: &str) -> Result<()> {
    let ask = bench.ask(method, path).body(body, "{}");
    let status = ask.await?.refused(405, "MethodNotAllowed")?;
    status.has(
        "/message",
        "the server does not allow this method on the requested resource",
    )?;
    status.has("/details", json!({}))
}

async fn a_collection_cannot_be_put(bench: &Bench) -> Result<()> {
    refused(bench, http::Method::PUT, "configmaps", "application/json").await
}

async fn a_collection_cannot_be_patched(bench: &Bench) -> Result<()> {
    refused(
        bench,
        http::Method::PATCH,
        "configmaps",
        "application/merge-patch+json",
    )
    .await
}

async fn an_object_cannot_be_posted(bench: &Bench) -> Result<()> {
    refused(
        bench,
        http::Method::POST,
        "configmaps/a",
        "application/json",
    )
    .await
}

async fn a_group_cannot_be_deleted(bench: &Bench) -> Result<()> {
    refused(bench, http::Method::DELETE, "/api/v1", "application/json").await
}

async fn reviews_can_only_be_created(bench: &Bench) -> Result<()> {
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    bench
        .get(path)
        .await?
        .refused(405, "MethodNotAllowed")
        .map(drop)
}
