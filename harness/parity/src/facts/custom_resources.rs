//! CustomResourceDefinitions: how a kind comes, is served, and goes.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, names, version};
use crate::fact::facts;

facts! { "custom_resources":
    are_served_once_established,
    definitions_are_filled_in,
    definitions_are_named_after_their_resource,
    definitions_keep_their_scope,
    definitions_keep_their_kind_while_established,
    names_taken_by_another_definition_are_not_accepted,
    exactly_one_version_is_stored,
    are_created_read_listed_and_deleted,
    need_the_version_of_their_path,
    of_another_version_in_the_body_are_400,
    status_is_a_subresource_if_declared,
    status_is_an_ordinary_field_if_not_declared,
    generation_follows_everything_but_metadata_and_status,
    scale_is_a_subresource_if_declared,
    are_served_in_every_served_version,
    are_not_served_in_versions_that_are_not_served,
    may_be_cluster_scoped,
    take_json_and_merge_patches,
    refuse_strategic_patches,
    are_applied,
    are_not_selected_by_their_fields,
    are_selected_by_declared_fields,
    watches_from_before_the_definition_are_expired,
    deleting_the_definition_deletes_them,
    deleting_the_definition_ends_their_paths,
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// The group of the fact's own kinds.
pub(super) fn group(bench: &Bench) -> String {
    format!("{}.example.com", bench.namespace())
}

/// A definition of Widgets with this schema of `spec`; `extra` overrides fields of the version.
pub(super) fn definition(bench: &Bench, spec: &Value, extra: &Value) -> Value {
    let status = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let schema = json!({"type": "object", "properties": {"spec": spec, "status": status}});
    let mut version = json!({"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": schema}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        version[key] = value.clone();
    }
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{}", group(bench))},
        "spec": {"group": group(bench), "scope": "Namespaced", "versions": [version],
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"}}})
}

/// Creates the definition, waits until it is served and gives the path of the own Widgets.
pub(super) async fn define(bench: &Bench, definition: &Value) -> Result<String> {
    bench.post(DEFINITIONS, definition).await?.ok(201)?;
    let path = format!(
        "/apis/{}/v1/namespaces/{}/widgets",
        group(bench),
        bench.namespace()
    );
    let definition = format!("{DEFINITIONS}/widgets.{}", group(bench));
    bench
        .eventually(async || {
            condition(
                &bench.get(&definition).await?.ok(200)?,
                "Established",
                "True",
            )?;
            bench.get(&path).await?.ok(200).map(drop)
        })
        .await?;
    Ok(path)
}

fn condition(definition: &Value, kind: &str, status: &str) -> Result<()> {
    let mut conditions = definition["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    let found = conditions.any(|c| c["type"] == kind && c["status"] == status);
    ensure!(
        found,
        "no condition {kind}={status}: {}",
        definition["status"]
    );
    Ok(())
}

/// A schema that takes anything.
pub(super) fn open() -> Value {
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

/// A Widget of this specification.
pub(super) fn widget(bench: &Bench, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("{}/v1", group(bench)), "kind": "Widget",
        "metadata": {"name": name}, "spec": spec})
}

/// Widgets of an open schema, with these fields of their version.
async fn widgets(bench: &Bench, extra: Value) -> Result<String> {
    define(bench, &definition(bench, &open(), &extra)).await
}

async fn are_served_once_established(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let list = bench.get(&path).await?.ok(200)?;
    list.has("/kind", "WidgetList")?;
    list.has("/apiVersion", format!("{}/v1", group(bench)))?;
    list.has("/items", json!([]))
}

async fn definitions_are_filled_in(bench: &Bench) -> Result<()> {
    widgets(bench, json!({})).await?;
    let stored = bench
        .get(&format!("{DEFINITIONS}/widgets.{}", group(bench)))
        .await?
        .ok(200)?;
    let all = json!({"plural": "widgets", "singular": "widget", "kind": "Widget",
        "listKind": "WidgetList"});
    stored.has("/spec/names", all.clone())?;
    stored.has("/spec/conversion", json!({"strategy": "None"}))?;
    stored.has("/status/acceptedNames", all)?;
    stored.has("/status/storedVersions", json!(["v1"]))?;
    condition(&stored, "NamesAccepted", "True")
}

/// The definition with these fields of its specification is refused for `field`.
async fn refused(bench: &Bench, spec: Value, field: &str) -> Result<()> {
    let mut object = definition(bench, &open(), &json!({}));
    for (key, value) in spec.as_object().into_iter().flatten() {
        object["spec"][key] = value.clone();
    }
    bench
        .post(DEFINITIONS, &object)
        .await?
        .invalid(field, "FieldValueInvalid")
        .map(drop)
}

async fn definitions_are_named_after_their_resource(bench: &Bench) -> Result<()> {
    refused(
        bench,
        json!({"names": {"plural": "others", "kind": "Other"}}),
        "metadata.name",
    )
    .await
}

async fn exactly_one_version_is_stored(bench: &Bench) -> Result<()> {
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let version = |name: &str| json!({"name": name, "served": true, "storage": true, "schema": schema.clone()});
    refused(
        bench,
        json!({"versions": [version("v1"), version("v2")]}),
        "spec.versions",
    )
    .await
}

async fn definitions_keep_their_scope(bench: &Bench) -> Result<()> {
    widgets(bench, json!({})).await?;
    let path = format!("{DEFINITIONS}/widgets.{}", group(bench));
    let answer = bench
        .merge(&path, &json!({"spec": {"scope": "Cluster"}}))
        .await?;
    answer.invalid("spec.scope", "FieldValueInvalid").map(drop)
}

async fn definitions_keep_their_kind_while_established(bench: &Bench) -> Result<()> {
    widgets(bench, json!({})).await?;
    let path = format!("{DEFINITIONS}/widgets.{}", group(bench));
    let answer = bench
        .merge(&path, &json!({"spec": {"names": {"kind": "Other"}}}))
        .await?;
    answer
        .invalid("spec.names.kind", "FieldValueInvalid")
        .map(drop)
}

async fn names_taken_by_another_definition_are_not_accepted(bench: &Bench) -> Result<()> {
    widgets(bench, json!({})).await?;
    let mut object = definition(bench, &open(), &json!({}));
    let name = format!("others.{}", group(bench));
    object["metadata"]["name"] = name.as_str().into();
    object["spec"]["names"] = json!({"plural": "others", "singular": "other", "kind": "Widget"});
    bench.post(DEFINITIONS, &object).await?.ok(201)?;
    let path = format!("{DEFINITIONS}/{name}");
    bench
        .eventually(async || condition(&bench.get(&path).await?.ok(200)?, "NamesAccepted", "False"))
        .await
}

async fn are_created_read_listed_and_deleted(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let created = bench
        .post(&path, &widget(bench, "a", &json!({"size": 1})))
        .await?
        .ok(201)?;
    created.has("/metadata/generation", 1)?;
    bench
        .get(&format!("{path}/a"))
        .await?
        .ok(200)?
        .has("", created)?;
    ensure!(names(&bench.get(&path).await?.ok(200)?) == ["a"]);
    let status = bench.delete(&format!("{path}/a")).await?.ok(200)?;
    status.has("/details/kind", "widgets")?;
    status.has("/details/group", group(bench))?;
    let status = bench
        .get(&format!("{path}/a"))
        .await?
        .refused(404, "NotFound")?;
    status.has(
        "/message",
        format!("widgets.{} \"a\" not found", group(bench)),
    )
}

async fn need_the_version_of_their_path(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let bare = json!({"kind": "Widget", "metadata": {"name": "a"}});
    let status = bench.post(&path, &bare).await?.refused(400, "BadRequest")?;
    let group = group(bench);
    let message = format!(
        "the API version in the data () does not match the expected API version ({group}/v1)"
    );
    status.has("/message", message)
}

async fn of_another_version_in_the_body_are_400(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let mut object = widget(bench, "a", &json!({}));
    object["apiVersion"] = format!("{}/v2", group(bench)).into();
    let status = bench
        .post(&path, &object)
        .await?
        .refused(400, "BadRequest")?;
    status.says("/message", "does not match the expected API version")
}

async fn status_is_a_subresource_if_declared(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({"subresources": {"status": {}}})).await?;
    let mut object = widget(bench, "a", &json!({"size": 1}));
    object["status"] = json!({"seen": 1});
    bench
        .post(&path, &object)
        .await?
        .ok(201)?
        .lacks("/status")?;
    let both = json!({"spec": {"size": 2}, "status": {"seen": 3}});
    let patched = bench.merge(&format!("{path}/a"), &both).await?.ok(200)?;
    patched.has("/spec/size", 2)?;
    patched.lacks("/status")?;
    let both = json!({"spec": {"size": 4}, "status": {"seen": 3}});
    let patched = bench
        .merge(&format!("{path}/a/status"), &both)
        .await?
        .ok(200)?;
    patched.has("/spec/size", 2)?;
    patched.has("/status/seen", 3)
}

async fn status_is_an_ordinary_field_if_not_declared(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let mut object = widget(bench, "a", &json!({}));
    object["status"] = json!({"seen": 1});
    bench
        .post(&path, &object)
        .await?
        .ok(201)?
        .has("/status/seen", 1)?;
    bench
        .get(&format!("{path}/a/status"))
        .await?
        .ok(404)
        .map(drop)
}

async fn generation_follows_everything_but_metadata_and_status(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({"subresources": {"status": {}}})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 1})))
        .await?
        .ok(201)?;
    let object = format!("{path}/a");
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    bench
        .merge(&object, &labels)
        .await?
        .ok(200)?
        .has("/metadata/generation", 1)?;
    let status = json!({"status": {"seen": 1}});
    let patched = bench
        .merge(&format!("{object}/status"), &status)
        .await?
        .ok(200)?;
    patched.has("/metadata/generation", 1)?;
    let spec = json!({"spec": {"size": 2}});
    bench
        .merge(&object, &spec)
        .await?
        .ok(200)?
        .has("/metadata/generation", 2)
}

async fn scale_is_a_subresource_if_declared(bench: &Bench) -> Result<()> {
    let scale = json!({"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"});
    let path = widgets(bench, json!({"subresources": {"scale": scale}})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 2})))
        .await?
        .ok(201)?;
    let scale = bench.get(&format!("{path}/a/scale")).await?.ok(200)?;
    scale.has("/kind", "Scale")?;
    scale.has("/spec/replicas", 2)?;
    scale.has("/status", json!({"replicas": 0}))?;
    let patch = json!({"spec": {"replicas": 5}});
    bench
        .merge(&format!("{path}/a/scale"), &patch)
        .await?
        .ok(200)?;
    bench
        .get(&format!("{path}/a"))
        .await?
        .ok(200)?
        .has("/spec/size", 5)
}

/// A definition that stores v1 and has v2 as well.
fn two_versions(bench: &Bench, served: bool) -> Value {
    let mut object = definition(bench, &open(), &json!({}));
    let mut second = object["spec"]["versions"][0].clone();
    second["name"] = "v2".into();
    second["storage"] = false.into();
    second["served"] = served.into();
    object["spec"]["versions"] = json!([object["spec"]["versions"][0].clone(), second]);
    object
}

async fn are_served_in_every_served_version(bench: &Bench) -> Result<()> {
    let path = define(bench, &two_versions(bench, true)).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 1})))
        .await?
        .ok(201)?;
    let other = bench
        .get(&format!("{}/a", path.replace("/v1/", "/v2/")))
        .await?
        .ok(200)?;
    other.has("/apiVersion", format!("{}/v2", group(bench)))?;
    other.has("/spec/size", 1)
}

async fn are_not_served_in_versions_that_are_not_served(bench: &Bench) -> Result<()> {
    let path = define(bench, &two_versions(bench, false)).await?;
    bench
        .get(&path.replace("/v1/", "/v2/"))
        .await?
        .ok(404)
        .map(drop)
}

async fn may_be_cluster_scoped(bench: &Bench) -> Result<()> {
    let mut object = definition(bench, &open(), &json!({}));
    object["spec"]["scope"] = "Cluster".into();
    bench.post(DEFINITIONS, &object).await?.ok(201)?;
    let path = format!("/apis/{}/v1/widgets", group(bench));
    let widget = widget(bench, "a", &json!({}));
    let create = async || bench.post(&path, &widget).await?.ok(201);
    bench
        .eventually(create)
        .await?
        .lacks("/metadata/namespace")?;
    let namespaced = format!("/apis/{}/v1/namespaces/default/widgets", group(bench));
    bench.get(&namespaced).await?.ok(404).map(drop)
}

async fn take_json_and_merge_patches(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({"size": 1, "list": [1]})))
        .await?
        .ok(201)?;
    let patch = json!([{"op": "add", "path": "/spec/list/-", "value": 2}]);
    let patched = bench
        .json_patch(&format!("{path}/a"), &patch)
        .await?
        .ok(200)?;
    patched.has("/spec/list", json!([1, 2]))?;
    let patch = json!({"spec": {"list": [3], "size": null}});
    let patched = bench.merge(&format!("{path}/a"), &patch).await?.ok(200)?;
    patched.has("/spec", json!({"list": [3]}))
}

async fn refuse_strategic_patches(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({})))
        .await?
        .ok(201)?;
    let answer = bench.strategic(&format!("{path}/a"), &json!({})).await?;
    let status = answer.refused(415, "UnsupportedMediaType")?;
    let message = "the body of the request was in an unknown format - accepted media types \
                   include: application/json-patch+json, application/merge-patch+json, \
                   application/apply-patch+yaml";
    status.has("/message", message)
}

async fn are_applied(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let me = format!("{path}/a?fieldManager=me");
    bench
        .apply(&me, &widget(bench, "a", &json!({"x": 1, "y": 2})))
        .await?
        .ok(201)?;
    let you = format!("{path}/a?fieldManager=you");
    bench
        .apply(&you, &widget(bench, "a", &json!({"x": 3})))
        .await?
        .refused(409, "Conflict")?;
    let applied = bench
        .apply(&me, &widget(bench, "a", &json!({"y": 2})))
        .await?
        .ok(200)?;
    applied.has("/spec", json!({"y": 2}))
}

async fn are_not_selected_by_their_fields(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    let answer = bench
        .get(&format!("{path}?fieldSelector=spec.size%3D2"))
        .await?;
    let status = answer.refused(400, "BadRequest")?;
    status.has("/message", "field label not supported: spec.size")
}

async fn are_selected_by_declared_fields(bench: &Bench) -> Result<()> {
    let spec = json!({"type": "object", "properties": {"color": {"type": "string"}}});
    let selectable = json!({"selectableFields": [{"jsonPath": ".spec.color"}]});
    let path = define(bench, &definition(bench, &spec, &selectable)).await?;
    for (name, color) in [("a", "red"), ("b", "blue")] {
        bench
            .post(&path, &widget(bench, name, &json!({"color": color})))
            .await?
            .ok(201)?;
    }
    let list = bench
        .get(&format!("{path}?fieldSelector=spec.color%3Dblue"))
        .await?
        .ok(200)?;
    ensure!(names(&list) == ["b"], "observed {:?}", names(&list));
    Ok(())
}

async fn watches_from_before_the_definition_are_expired(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    bench
        .watch(&format!("{path}?resourceVersion=1"))
        .await?
        .expect_expired()
        .await
}

async fn deleting_the_definition_deletes_them(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    bench
        .post(&path, &widget(bench, "a", &json!({})))
        .await?
        .ok(201)?;
    let list = bench.get(&path).await?.ok(200)?;
    let mut watch = bench
        .watch(&format!("{path}?resourceVersion={}", version(&list)?))
        .await?;
    let definition = format!("{DEFINITIONS}/widgets.{}", group(bench));
    let answer = bench.delete(&definition).await?.ok(200)?;
    let finalizer = json!(["customresourcecleanup.apiextensions.k8s.io"]);
    answer.has("/metadata/finalizers", finalizer)?;
    watch.expect("DELETED", "a").await.map(drop)
}

async fn deleting_the_definition_ends_their_paths(bench: &Bench) -> Result<()> {
    let path = widgets(bench, json!({})).await?;
    bench
        .delete(&format!("{DEFINITIONS}/widgets.{}", group(bench)))
        .await?
        .ok(200)?;
    bench
        .eventually(async || bench.get(&path).await?.ok(404).map(drop))
        .await
}
