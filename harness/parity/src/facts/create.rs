//! POST: what is stored, what is filled in, what is refused.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::{Claims, names};
use crate::fact::facts;
use crate::object::{config_map, deployment, labelled};

facts! { "create":
    answers_201_with_the_stored_object,
    fills_in_identity_and_version,
    gives_generation_1_to_what_has_a_spec,
    takes_kind_from_the_endpoint_when_the_body_has_none,
    of_an_existing_name_is_409,
    without_a_name_is_422,
    generates_a_name_of_five_more_characters,
    generates_a_different_name_each_time,
    of_a_bad_name_is_422,
    of_a_bad_label_is_422,
    with_a_resource_version_is_500,
    for_another_namespace_than_the_path_is_400,
    in_a_missing_namespace_is_404,
    of_another_kind_is_400,
    of_broken_json_is_400,
    of_an_unknown_media_type_is_415,
    reads_yaml,
    dry_run_answers_201_and_stores_nothing,
    dry_run_of_an_unknown_value_is_422,
    drops_unknown_fields_with_a_warning,
    with_strict_validation_refuses_unknown_fields,
    ignores_a_uid_and_time_from_the_client,
    ignores_status_where_it_is_a_subresource,
    records_the_manager_of_its_fields,
    takes_the_manager_from_the_user_agent,
}

async fn answers_201_with_the_stored_object(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    created.has("/data", json!({"key": "value"}))?;
    created.has("/kind", "ConfigMap")?;
    created.has("/apiVersion", "v1")?;
    let stored = bench.get("configmaps/a").await?.ok(200)?;
    stored.has("", created)
}

async fn fills_in_identity_and_version(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    created.has("/metadata/namespace", bench.namespace())?;
    ensure!(
        created.text("/metadata/uid")?.len() == 36,
        "the uid is no UUID"
    );
    created.says("/metadata/creationTimestamp", "Z")?;
    ensure!(
        created.text("/metadata/creationTimestamp")?.len() == 20,
        "times are in seconds"
    );
    created.text("/metadata/resourceVersion")?.parse::<u64>()?;
    created.lacks("/metadata/generation")?;
    created.lacks("/metadata/selfLink")
}

async fn gives_generation_1_to_what_has_a_spec(bench: &Bench) -> Result<()> {
    let created = bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    created.has("/metadata/generation", 1)
}

async fn takes_kind_from_the_endpoint_when_the_body_has_none(bench: &Bench) -> Result<()> {
    let bare = json!({"metadata": {"name": "a"}});
    let created = bench.post("configmaps", &bare).await?.ok(201)?;
    created.has("/kind", "ConfigMap")?;
    created.has("/apiVersion", "v1")
}

async fn of_an_existing_name_is_409(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench.post("configmaps", &config_map("a")).await?;
    let status = answer.refused(409, "AlreadyExists")?;
    status.has("/message", "configmaps \"a\" already exists")?;
    status.has("/details", json!({"name": "a", "kind": "configmaps"}))
}

async fn without_a_name_is_422(bench: &Bench) -> Result<()> {
    let answer = bench.post("configmaps", &json!({"metadata": {}})).await?;
    let status = answer.invalid("metadata.name", "FieldValueRequired")?;
    let message = "ConfigMap \"\" is invalid: metadata.name: Required value: \
                   name or generateName is required";
    status.has("/message", message)
}

async fn generates_a_name_of_five_more_characters(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"generateName": "prefix-"}});
    let created = bench.post("configmaps", &object).await?.ok(201)?;
    created.has("/metadata/generateName", "prefix-")?;
    let suffix = created
        .text("/metadata/name")?
        .strip_prefix("prefix-")
        .unwrap_or_default();
    // Vowels and look-alikes are left out, so that no name is rude or misread.
    let allowed = |letter| "bcdfghjklmnpqrstvwxz2456789".contains(letter);
    ensure!(
        suffix.len() == 5 && suffix.chars().all(allowed),
        "suffix {suffix:?}"
    );
    Ok(())
}

async fn generates_a_different_name_each_time(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"generateName": "a-"}});
    let first = bench.post("configmaps", &object).await?.ok(201)?;
    let second = bench.post("configmaps", &object).await?.ok(201)?;
    ensure!(
        first["metadata"]["name"] != second["metadata"]["name"],
        "the same name twice"
    );
    Ok(())
}

async fn of_a_bad_name_is_422(bench: &Bench) -> Result<()> {
    let answer = bench.post("configmaps", &config_map("Not_DNS")).await?;
    let status = answer.invalid("metadata.name", "FieldValueInvalid")?;
    status.says("/message", "a lowercase RFC 1123 subdomain must consist of")?;
    status.has("/details/name", "Not_DNS")?;
    status.has("/details/kind", "ConfigMap")
}

async fn of_a_bad_label_is_422(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("configmaps", &labelled("a", &json!({"app": "not ok"})))
        .await?;
    answer
        .invalid("metadata.labels", "FieldValueInvalid")
        .map(drop)
}

async fn with_a_resource_version_is_500(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "resourceVersion": "5"}});
    let status = bench.post("configmaps", &object).await?.ok(500)?;
    status.has(
        "/message",
        "resourceVersion should not be set on objects to be created",
    )?;
    status.lacks("/reason")
}

async fn for_another_namespace_than_the_path_is_400(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "namespace": "other"}});
    let status = bench
        .post("configmaps", &object)
        .await?
        .refused(400, "BadRequest")?;
    let message = "the namespace of the provided object does not match the namespace sent on \
                   the request";
    status.has("/message", message)
}

async fn in_a_missing_namespace_is_404(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("/api/v1/namespaces/missing/configmaps", &config_map("a"))
        .await?;
    let status = answer.refused(404, "NotFound")?;
    status.has("/message", "namespaces \"missing\" not found")?;
    status.has("/details", json!({"name": "missing", "kind": "namespaces"}))
}

async fn of_another_kind_is_400(bench: &Bench) -> Result<()> {
    let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    let status = bench
        .post("configmaps", &object)
        .await?
        .refused(400, "BadRequest")?;
    status.says(
        "/message",
        "Secret in version \"v1\" cannot be handled as a ConfigMap",
    )
}

async fn of_broken_json_is_400(bench: &Bench) -> Result<()> {
    let ask = bench
        .ask(http::Method::POST, "configmaps")
        .body("application/json", "{");
    ask.await?.refused(400, "BadRequest").map(drop)
}

async fn of_an_unknown_media_type_is_415(bench: &Bench) -> Result<()> {
    let ask = bench
        .ask(http::Method::POST, "configmaps")
        .body("text/plain", "{}");
    let status = ask.await?.refused(415, "UnsupportedMediaType")?;
    status.says(
        "/message",
        "the body of the request was in an unknown format",
    )
}

async fn reads_yaml(bench: &Bench) -> Result<()> {
    let yaml = "metadata:\n  name: a\ndata:\n  key: value\n";
    let ask = bench
        .ask(http::Method::POST, "configmaps")
        .body("application/yaml", yaml);
    ask.await?.ok(201)?.has("/data/key", "value")
}

async fn dry_run_answers_201_and_stores_nothing(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("configmaps?dryRun=All", &config_map("a"))
        .await?
        .ok(201)?;
    answer.text("/metadata/uid")?;
    answer.lacks("/metadata/resourceVersion")?;
    bench
        .get("configmaps/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn dry_run_of_an_unknown_value_is_422(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("configmaps?dryRun=Some", &config_map("a"))
        .await?;
    answer.invalid("dryRun", "FieldValueNotSupported").map(drop)
}

async fn drops_unknown_fields_with_a_warning(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "date": {}});
    // Without fieldValidation the server warns, as kubectl of old did itself.
    let answer = bench
        .post("configmaps?fieldValidation=Warn", &object)
        .await?;
    let warning = answer.header("warning");
    ensure!(
        warning == "299 - \"unknown field \\\"date\\\"\"",
        "warning {warning:?}"
    );
    answer.ok(201)?.lacks("/date")
}

async fn with_strict_validation_refuses_unknown_fields(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "date": {}});
    let answer = bench
        .post("configmaps?fieldValidation=Strict", &object)
        .await?;
    let status = answer.refused(400, "BadRequest")?;
    status.says("/message", "strict decoding error: unknown field \"date\"")
}

async fn ignores_a_uid_and_time_from_the_client(bench: &Bench) -> Result<()> {
    let uid = "00000000-0000-4000-8000-000000000000";
    let object = json!({"metadata": {"name": "a", "uid": uid,
        "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7}});
    let created = bench.post("configmaps", &object).await?.ok(201)?;
    ensure!(
        created["metadata"]["uid"] != uid,
        "the client chose the uid"
    );
    let time = created.text("/metadata/creationTimestamp")?;
    ensure!(!time.starts_with("2001"), "the client chose the time");
    Ok(())
}

async fn ignores_status_where_it_is_a_subresource(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 0);
    object["status"] = json!({"replicas": 7});
    let created = bench.post("deployments", &object).await?.ok(201)?;
    created.has("/status", json!({}))
}

async fn records_the_manager_of_its_fields(bench: &Bench) -> Result<()> {
    let created = bench
        .post("configmaps?fieldManager=me", &config_map("a"))
        .await?
        .ok(201)?;
    created.has("/metadata/managedFields/0/manager", "me")?;
    created.has("/metadata/managedFields/0/operation", "Update")?;
    created.has("/metadata/managedFields/0/apiVersion", "v1")?;
    created.has("/metadata/managedFields/0/fieldsType", "FieldsV1")?;
    let fields = json!({"f:data": {".": {}, "f:key": {}}});
    created.has("/metadata/managedFields/0/fieldsV1", fields)
}

async fn takes_the_manager_from_the_user_agent(bench: &Bench) -> Result<()> {
    let ask = bench
        .post("configmaps", &config_map("a"))
        .header("user-agent", "tool/1.2 (linux)");
    ask.await?
        .ok(201)?
        .has("/metadata/managedFields/0/manager", "tool")?;
    ensure!(
        names(&bench.get("configmaps").await?.ok(200)?).contains(&"a"),
        "not listed"
    );
    Ok(())
}
