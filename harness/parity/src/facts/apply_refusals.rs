//! Server-side apply: what is refused.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::config_map;

facts! { "apply_refusals":
    no_manager_is_422,
    a_manager_of_more_than_128_bytes_is_422,
    no_kind_is_400,
    another_kind_is_400,
    another_name_is_400,
    broken_yaml_is_400,
    managed_fields_are_400,
    a_stale_version_is_409,
    a_uid_of_nothing_is_409,
    an_unknown_field_is_500,
    a_doubled_list_key_is_500,
    a_list_entry_without_its_key_is_422,
    a_missing_namespace_is_404,
}

/// What the server answers to applying `object` under the name `a`.
async fn apply(bench: &Bench, object: &Value) -> Result<crate::answer::Answer> {
    bench.apply("configmaps/a?fieldManager=me", object).await
}

async fn no_manager_is_422(bench: &Bench) -> Result<()> {
    let answer = bench.apply("configmaps/a", &config_map("a")).await?;
    let status = answer.invalid("fieldManager", "FieldValueRequired")?;
    status.says("/message", "is required for apply patch")
}

async fn a_manager_of_more_than_128_bytes_is_422(bench: &Bench) -> Result<()> {
    let path = format!("configmaps/a?fieldManager={}", "m".repeat(129));
    let answer = bench.apply(&path, &config_map("a")).await?;
    answer
        .invalid("fieldManager", "FieldValueTooLong")
        .map(drop)
}

async fn no_kind_is_400(bench: &Bench) -> Result<()> {
    let answer = apply(bench, &json!({"metadata": {"name": "a"}})).await?;
    answer
        .refused(400, "BadRequest")?
        .has("/message", "invalid object type: /, Kind=")
}

async fn another_kind_is_400(bench: &Bench) -> Result<()> {
    let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    let status = apply(bench, &object).await?.refused(400, "BadRequest")?;
    status.has("/message", "invalid object type: /v1, Kind=Secret")
}

async fn another_name_is_400(bench: &Bench) -> Result<()> {
    let status = apply(bench, &config_map("b"))
        .await?
        .refused(400, "BadRequest")?;
    status.has(
        "/message",
        "the name of the object (b) does not match the name on the URL (a)",
    )
}

async fn broken_yaml_is_400(bench: &Bench) -> Result<()> {
    let ask = bench.ask(http::Method::PATCH, "configmaps/a?fieldManager=me");
    let status = ask.body("application/apply-patch+yaml", ": : :").await?;
    status
        .refused(400, "BadRequest")?
        .says("/message", "error decoding YAML")
}

async fn managed_fields_are_400(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["metadata"]["managedFields"] = json!([{"manager": "x", "operation": "Apply"}]);
    let status = apply(bench, &object).await?.refused(400, "BadRequest")?;
    status.has("/message", "metadata.managedFields must be nil")
}

async fn a_stale_version_is_409(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    let mut object = config_map("a");
    object["metadata"]["resourceVersion"] = version(&created)?.into();
    object["data"] = json!({"mine": "1"});
    apply(bench, &object)
        .await?
        .refused(409, "Conflict")
        .map(drop)
}

async fn a_uid_of_nothing_is_409(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["metadata"]["uid"] = "another".into();
    let status = apply(bench, &object).await?.refused(409, "Conflict")?;
    status.says(
        "/message",
        "uid mismatch: the provided object specified uid another",
    )
}

async fn an_unknown_field_is_500(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["date"] = json!({});
    let status = apply(bench, &object).await?.ok(500)?;
    status.says("/message", ".date: field not declared in schema")
}

async fn a_doubled_list_key_is_500(bench: &Bench) -> Result<()> {
    let mut object = crate::object::pod("a");
    object["spec"]["containers"] =
        json!([{"name": "app", "image": "i"}, {"name": "app", "image": "i"}]);
    let status = bench
        .apply("pods/a?fieldManager=me", &object)
        .await?
        .ok(500)?;
    status.says("/message", "duplicate entries for key [name=\"app\"]")
}

async fn a_list_entry_without_its_key_is_422(bench: &Bench) -> Result<()> {
    let mut object = crate::object::pod("a");
    object["spec"]["containers"] = json!([{"image": "i"}]);
    let answer = bench.apply("pods/a?fieldManager=me", &object).await?;
    answer
        .invalid("spec.containers[0].name", "FieldValueRequired")
        .map(drop)
}

async fn a_missing_namespace_is_404(bench: &Bench) -> Result<()> {
    let path = "/api/v1/namespaces/missing/configmaps/a?fieldManager=me";
    bench
        .apply(path, &config_map("a"))
        .await?
        .refused(404, "NotFound")
        .map(drop)
}
