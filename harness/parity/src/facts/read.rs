//! GET: one object, lists, selectors, representations.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::{Claims, names, version};
use crate::fact::facts;
use crate::object::{bound_pod, config_map, labelled, pod, secret};

facts! { "read":
    of_a_missing_object_is_404,
    of_an_unknown_resource_is_404,
    of_an_unknown_group_is_404_in_plain_text,
    of_an_unknown_subresource_is_404,
    a_list_is_sorted_by_name,
    a_list_carries_kind_and_version_once,
    a_list_in_a_missing_namespace_is_empty,
    a_list_over_all_namespaces_sees_this_one,
    a_list_has_a_version_at_least_as_new_as_its_items,
    labels_select_by_equality,
    labels_select_by_sets,
    labels_select_by_presence,
    labels_are_joined_by_and,
    an_unequal_label_matches_objects_without_it,
    a_malformed_label_selector_is_400,
    fields_select_by_name,
    fields_select_by_namespace,
    fields_select_pods_by_node,
    fields_select_pods_by_phase,
    fields_select_secrets_by_type,
    fields_select_events_by_their_object,
    an_unknown_field_selector_is_400,
    metadata_alone_can_be_asked_for,
    metadata_lists_can_be_asked_for,
    tables_are_made_for_kubectl,
    an_unknown_representation_is_406,
    yaml_is_a_representation,
    a_malformed_version_is_400,
    a_version_from_the_future_is_504,
}

async fn of_a_missing_object_is_404(bench: &Bench) -> Result<()> {
    let status = bench.get("deployments/a").await?.refused(404, "NotFound")?;
    status.has("/message", "deployments.apps \"a\" not found")?;
    status.has("/metadata", json!({}))?;
    status.has(
        "/details",
        json!({"name": "a", "group": "apps", "kind": "deployments"}),
    )
}

async fn of_an_unknown_resource_is_404(bench: &Bench) -> Result<()> {
    let status = bench.get("unknowns").await?.refused(404, "NotFound")?;
    status.has(
        "/message",
        "the server could not find the requested resource",
    )?;
    status.has("/details", json!({}))
}

async fn of_an_unknown_group_is_404_in_plain_text(bench: &Bench) -> Result<()> {
    let answer = bench.get("/apis/unknown.example.com/v1/things").await?;
    ensure!(
        answer.header("content-type").starts_with("text/plain"),
        "no plain text"
    );
    answer.ok(404)?.has("", "404 page not found\n")
}

async fn of_an_unknown_subresource_is_404(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .get("configmaps/a/status")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

/// Creates Secrets, of which nobody else puts any into the namespace.
async fn secrets(bench: &Bench, all: &[&str]) -> Result<()> {
    for name in all {
        bench.post("secrets", &secret(name)).await?.ok(201)?;
    }
    Ok(())
}

async fn a_list_is_sorted_by_name(bench: &Bench) -> Result<()> {
    secrets(bench, &["c", "a", "b-1", "b"]).await?;
    let list = bench.get("secrets").await?.ok(200)?;
    ensure!(
        names(&list) == ["a", "b", "b-1", "c"],
        "observed {:?}",
        names(&list)
    );
    Ok(())
}

async fn a_list_carries_kind_and_version_once(bench: &Bench) -> Result<()> {
    secrets(bench, &["a"]).await?;
    let list = bench.get("secrets").await?.ok(200)?;
    list.has("/kind", "SecretList")?;
    list.has("/apiVersion", "v1")?;
    version(&list)?;
    list.lacks("/items/0/kind")?;
    list.lacks("/items/0/apiVersion")
}

async fn a_list_in_a_missing_namespace_is_empty(bench: &Bench) -> Result<()> {
    let list = bench
        .get("/api/v1/namespaces/missing/secrets")
        .await?
        .ok(200)?;
    list.has("/items", json!([]))
}

async fn a_list_over_all_namespaces_sees_this_one(bench: &Bench) -> Result<()> {
    let name = bench.unique("everywhere");
    secrets(bench, &[&name]).await?;
    let list = bench.get("/api/v1/secrets").await?.ok(200)?;
    ensure!(
        names(&list).contains(&name.as_str()),
        "observed {:?}",
        names(&list)
    );
    Ok(())
}

async fn a_list_has_a_version_at_least_as_new_as_its_items(bench: &Bench) -> Result<()> {
    let created = bench.post("secrets", &secret("a")).await?.ok(201)?;
    let list = bench.get("secrets").await?.ok(200)?;
    let (list, item): (u64, u64) = (version(&list)?.parse()?, version(&created)?.parse()?);
    ensure!(list >= item, "the list is of {list}, its item of {item}");
    Ok(())
}

/// The names that a label selector finds among three ConfigMaps.
async fn selected(bench: &Bench, selector: &str) -> Result<Vec<String>> {
    let objects = [
        ("a", json!({"app": "web", "tier": "front", "set": "s"})),
        ("b", json!({"app": "web", "tier": "back", "set": "s"})),
        ("c", json!({"app": "api", "set": "s"})),
    ];
    for (name, labels) in objects {
        bench
            .post("configmaps", &labelled(name, &labels))
            .await?
            .ok(201)?;
    }
    let list = bench
        .get(&format!("configmaps?labelSelector={selector}"))
        .await?
        .ok(200)?;
    Ok(names(&list).into_iter().map(str::to_owned).collect())
}

async fn labels_select_by_equality(bench: &Bench) -> Result<()> {
    ensure!(selected(bench, "app%3Dweb").await? == ["a", "b"]);
    Ok(())
}

async fn labels_select_by_sets(bench: &Bench) -> Result<()> {
    let found = selected(bench, "tier+in+(front,back),app+notin+(api)").await?;
    ensure!(found == ["a", "b"], "observed {found:?}");
    Ok(())
}

async fn labels_select_by_presence(bench: &Bench) -> Result<()> {
    let found = selected(bench, "set,!tier").await?;
    ensure!(found == ["c"], "observed {found:?}");
    Ok(())
}

async fn labels_are_joined_by_and(bench: &Bench) -> Result<()> {
    let found = selected(bench, "app%3D%3Dweb,tier%3Dback").await?;
    ensure!(found == ["b"], "observed {found:?}");
    Ok(())
}

async fn an_unequal_label_matches_objects_without_it(bench: &Bench) -> Result<()> {
    let found = selected(bench, "set,tier!%3Dfront").await?;
    ensure!(found == ["b", "c"], "observed {found:?}");
    Ok(())
}

async fn a_malformed_label_selector_is_400(bench: &Bench) -> Result<()> {
    let answer = bench.get("configmaps?labelSelector=a+b+c").await?;
    answer
        .refused(400, "BadRequest")?
        .says("/message", "unable to parse requirement")
}

async fn fields_select_by_name(bench: &Bench) -> Result<()> {
    secrets(bench, &["a", "b"]).await?;
    let list = bench
        .get("secrets?fieldSelector=metadata.name%3Da")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["a"]);
    let list = bench
        .get("secrets?fieldSelector=metadata.name!%3Da")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["b"]);
    Ok(())
}

async fn fields_select_by_namespace(bench: &Bench) -> Result<()> {
    secrets(bench, &["a"]).await?;
    let selector = format!("metadata.namespace%3D{}", bench.namespace());
    let list = bench
        .get(&format!("/api/v1/secrets?fieldSelector={selector}"))
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["a"], "observed {:?}", names(&list));
    Ok(())
}

async fn fields_select_pods_by_node(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bench.post("pods", &bound_pod("b")).await?.ok(201)?;
    let list = bench
        .get("pods?fieldSelector=spec.nodeName%3Dnode-1")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["b"], "observed {:?}", names(&list));
    let list = bench
        .get("pods?fieldSelector=spec.nodeName%3D")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["a"], "observed {:?}", names(&list));
    Ok(())
}

async fn fields_select_pods_by_phase(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bench.post("pods", &pod("b")).await?.ok(201)?;
    let patch = json!({"status": {"phase": "Running"}});
    bench.merge("pods/b/status", &patch).await?.ok(200)?;
    let list = bench
        .get("pods?fieldSelector=status.phase%3DRunning")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["b"], "observed {:?}", names(&list));
    Ok(())
}

async fn fields_select_secrets_by_type(bench: &Bench) -> Result<()> {
    secrets(bench, &["a"]).await?;
    let other = json!({"metadata": {"name": "b"}, "type": "example.com/other"});
    bench.post("secrets", &other).await?.ok(201)?;
    let list = bench
        .get("secrets?fieldSelector=type%3Dexample.com/other")
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["b"], "observed {:?}", names(&list));
    Ok(())
}

async fn fields_select_events_by_their_object(bench: &Bench) -> Result<()> {
    let event = crate::object::event("a.1", bench.namespace());
    bench.post("events", &event).await?.ok(201)?;
    let of = async |name: &str| -> Result<usize> {
        let selector = format!("involvedObject.name%3D{name},involvedObject.kind%3DConfigMap");
        let list = bench
            .get(&format!("events?fieldSelector={selector}"))
            .await?
            .ok(200)?;
        Ok(names(&list).len())
    };
    ensure!(
        of("a").await? == 1 && of("b").await? == 0,
        "the wrong events"
    );
    Ok(())
}

async fn an_unknown_field_selector_is_400(bench: &Bench) -> Result<()> {
    let answer = bench
        .get("configmaps?fieldSelector=data.key%3Dvalue")
        .await?;
    let message = "\"data.key\" is not a known field selector: only \"metadata.name\", \
                   \"metadata.namespace\"";
    answer.refused(400, "BadRequest")?.has("/message", message)
}

const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

async fn metadata_alone_can_be_asked_for(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let partial = bench
        .get("configmaps/a")
        .header("accept", METADATA)
        .await?
        .ok(200)?;
    partial.has("/kind", "PartialObjectMetadata")?;
    partial.has("/apiVersion", "meta.k8s.io/v1")?;
    partial.has("/metadata/name", "a")?;
    partial.lacks("/data")
}

async fn metadata_lists_can_be_asked_for(bench: &Bench) -> Result<()> {
    secrets(bench, &["a"]).await?;
    let partial = bench
        .get("secrets")
        .header("accept", METADATA_LIST)
        .await?
        .ok(200)?;
    partial.has("/kind", "PartialObjectMetadataList")?;
    partial.has("/items/0/metadata/name", "a")?;
    partial.lacks("/items/0/data")
}

async fn tables_are_made_for_kubectl(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let table = bench
        .get("configmaps/a")
        .header("accept", TABLE)
        .await?
        .ok(200)?;
    table.has("/kind", "Table")?;
    table.has("/columnDefinitions/0/name", "Name")?;
    table.has("/rows/0/cells/0", "a")
}

async fn an_unknown_representation_is_406(bench: &Bench) -> Result<()> {
    let answer = bench
        .get("configmaps")
        .header("accept", "text/html")
        .await?;
    answer.refused(406, "NotAcceptable").map(drop)
}

async fn yaml_is_a_representation(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench
        .get("configmaps/a")
        .header("accept", "application/yaml")
        .await?;
    ensure!(
        answer.header("content-type") == "application/yaml",
        "no YAML"
    );
    answer.ok(200)?.says("", "kind: ConfigMap\n")
}

async fn a_malformed_version_is_400(bench: &Bench) -> Result<()> {
    let answer = bench.get("configmaps?resourceVersion=x").await?;
    answer
        .refused(400, "BadRequest")?
        .says("/message", "invalid resource version")
}

async fn a_version_from_the_future_is_504(bench: &Bench) -> Result<()> {
    let status = bench
        .get("configmaps?resourceVersion=99999999")
        .await?
        .refused(504, "Timeout")?;
    status.says(
        "/message",
        "Too large resource version: 99999999, current: ",
    )?;
    status.has("/details/causes/0/reason", "ResourceVersionTooLarge")?;
    status.has("/details/retryAfterSeconds", 1)
}
