//! PUT: replacing an object, its version, its generation and its status.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::{config_map, deployment, secret};

facts! { "update":
    answers_200_and_moves_the_version,
    replaces_the_whole_object,
    that_changes_nothing_keeps_the_version,
    with_a_stale_version_is_409,
    with_the_current_version_succeeds,
    without_a_version_is_unconditional,
    with_a_malformed_version_is_500,
    of_a_missing_object_is_404,
    of_a_missing_lease_creates_it,
    under_another_name_is_400,
    with_another_uid_is_409,
    keeps_uid_and_creation_time,
    dry_run_changes_nothing,
    of_the_spec_moves_the_generation,
    of_labels_keeps_the_generation,
    of_a_deployments_annotations_moves_the_generation,
    of_annotations_through_status_keeps_the_generation,
    of_status_keeps_spec_and_generation,
    ignores_status_on_the_main_resource,
    of_an_immutable_config_map_is_422,
    of_an_immutable_secret_may_change_labels,
    cannot_make_an_immutable_config_map_mutable,
    of_a_secrets_type_is_422,
    of_a_deployments_selector_is_422,
    versions_only_grow_across_kinds,
}

async fn answers_200_and_moves_the_version(bench: &Bench) -> Result<()> {
    let mut object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let before: u64 = version(&object)?.parse()?;
    object["data"]["key"] = "other".into();
    let updated = bench.put("configmaps/a", &object).await?.ok(200)?;
    updated.has("/data/key", "other")?;
    ensure!(
        version(&updated)?.parse::<u64>()? > before,
        "the version did not grow"
    );
    Ok(())
}

async fn replaces_the_whole_object(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let updated = bench
        .put("configmaps/a", &json!({"metadata": {"name": "a"}}))
        .await?;
    updated.ok(200)?.lacks("/data")
}

async fn that_changes_nothing_keeps_the_version(bench: &Bench) -> Result<()> {
    let object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let updated = bench.put("configmaps/a", &object).await?.ok(200)?;
    updated.has("/metadata/resourceVersion", version(&object)?)
}

async fn with_a_stale_version_is_409(bench: &Bench) -> Result<()> {
    let old = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    let status = bench
        .put("configmaps/a", &old)
        .await?
        .refused(409, "Conflict")?;
    let message = "Operation cannot be fulfilled on configmaps \"a\": the object has been \
                   modified; please apply your changes to the latest version and try again";
    status.has("/message", message)?;
    status.has("/details", json!({"name": "a", "kind": "configmaps"}))
}

async fn with_the_current_version_succeeds(bench: &Bench) -> Result<()> {
    let mut object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    for value in ["one", "two"] {
        object["data"]["key"] = value.into();
        object = bench.put("configmaps/a", &object).await?.ok(200)?;
    }
    object.has("/data/key", "two")
}

async fn without_a_version_is_unconditional(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    bench
        .put("configmaps/a", &config_map("a"))
        .await?
        .ok(200)?
        .has("/data/key", "value")
}

async fn with_a_malformed_version_is_500(bench: &Bench) -> Result<()> {
    let mut object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    object["metadata"]["resourceVersion"] = "x".into();
    bench.put("configmaps/a", &object).await?.ok(500).map(drop)
}

async fn of_a_missing_object_is_404(bench: &Bench) -> Result<()> {
    let status = bench
        .put("configmaps/a", &config_map("a"))
        .await?
        .refused(404, "NotFound")?;
    status.has("/message", "configmaps \"a\" not found")
}

async fn of_a_missing_lease_creates_it(bench: &Bench) -> Result<()> {
    let lease = json!({"metadata": {"name": "a"}, "spec": {"holderIdentity": "me"}});
    bench
        .put("leases/a", &lease)
        .await?
        .ok(201)?
        .has("/spec/holderIdentity", "me")
}

async fn under_another_name_is_400(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let status = bench
        .put("configmaps/a", &config_map("b"))
        .await?
        .refused(400, "BadRequest")?;
    status.has(
        "/message",
        "the name of the object (b) does not match the name on the URL (a)",
    )
}

async fn with_another_uid_is_409(bench: &Bench) -> Result<()> {
    let mut object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    object["metadata"]["uid"] = "another".into();
    let status = bench
        .put("configmaps/a", &object)
        .await?
        .refused(409, "Conflict")?;
    status.says(
        "/message",
        "Precondition failed: UID in precondition: another",
    )
}

async fn keeps_uid_and_creation_time(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let updated = bench
        .put("configmaps/a", &json!({"metadata": {"name": "a"}}))
        .await?
        .ok(200)?;
    for pointer in ["/metadata/uid", "/metadata/creationTimestamp"] {
        updated.has(pointer, created.text(pointer)?)?;
    }
    Ok(())
}

async fn dry_run_changes_nothing(bench: &Bench) -> Result<()> {
    let mut object = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let before = version(&object)?.to_owned();
    object["data"]["key"] = "other".into();
    bench
        .put("configmaps/a?dryRun=All", &object)
        .await?
        .ok(200)?
        .has("/data/key", "other")?;
    let stored = bench.get("configmaps/a").await?.ok(200)?;
    stored.has("/data/key", "value")?;
    stored.has("/metadata/resourceVersion", before)
}

async fn of_the_spec_moves_the_generation(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let patch = json!({"spec": {"paused": true}});
    bench
        .merge("deployments/a", &patch)
        .await?
        .ok(200)?
        .has("/metadata/generation", 2)
}

async fn of_labels_keeps_the_generation(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    bench
        .merge("deployments/a", &patch)
        .await?
        .ok(200)?
        .has("/metadata/generation", 1)
}

async fn of_a_deployments_annotations_moves_the_generation(bench: &Bench) -> Result<()> {
    bench.post("deployments", &paused()).await?.ok(201)?;
    let patch = json!({"metadata": {"annotations": {"a": "b"}}});
    bench
        .merge("deployments/a", &patch)
        .await?
        .ok(200)?
        .has("/metadata/generation", 2)
}

/// How the controller writes the revision without asking itself to look again.
async fn of_annotations_through_status_keeps_the_generation(bench: &Bench) -> Result<()> {
    bench.post("deployments", &paused()).await?.ok(201)?;
    let patch = json!({"metadata": {"annotations": {"a": "b"}, "labels": {"a": "b"}}});
    let patched = bench.merge("deployments/a/status", &patch).await?.ok(200)?;
    patched.has("/metadata/annotations/a", "b")?;
    patched.lacks("/metadata/labels")?;
    patched.has("/metadata/generation", 1)
}

/// A Deployment that its controller leaves alone but for its status.
fn paused() -> serde_json::Value {
    let mut object = deployment("a", 0);
    object["spec"]["paused"] = true.into();
    object
}

async fn of_status_keeps_spec_and_generation(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let patch = json!({"spec": {"paused": true}, "status": {"collisionCount": 7}});
    let updated = bench.merge("deployments/a/status", &patch).await?.ok(200)?;
    updated.has("/status/collisionCount", 7)?;
    updated.lacks("/spec/paused")?;
    updated.has("/metadata/generation", 1)
}

async fn ignores_status_on_the_main_resource(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let patch = json!({"status": {"collisionCount": 7}});
    bench
        .merge("deployments/a", &patch)
        .await?
        .ok(200)?
        .lacks("/status/collisionCount")
}

async fn of_an_immutable_config_map_is_422(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["immutable"] = true.into();
    bench.post("configmaps", &object).await?.ok(201)?;
    let answer = bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?;
    let status = answer.invalid("data", "FieldValueForbidden")?;
    status.says("/message", "field is immutable when `immutable` is set")
}

async fn of_an_immutable_secret_may_change_labels(bench: &Bench) -> Result<()> {
    let mut object = secret("a");
    object["immutable"] = true.into();
    bench.post("secrets", &object).await?.ok(201)?;
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    bench
        .merge("secrets/a", &patch)
        .await?
        .ok(200)?
        .has("/metadata/labels/a", "b")?;
    let answer = bench
        .merge("secrets/a", &json!({"data": {"key": "b3RoZXI="}}))
        .await?;
    answer.invalid("data", "FieldValueForbidden").map(drop)
}

async fn cannot_make_an_immutable_config_map_mutable(bench: &Bench) -> Result<()> {
    let mut object = config_map("a");
    object["immutable"] = true.into();
    bench.post("configmaps", &object).await?.ok(201)?;
    let answer = bench
        .merge("configmaps/a", &json!({"immutable": false}))
        .await?;
    answer.invalid("immutable", "FieldValueForbidden").map(drop)
}

async fn of_a_secrets_type_is_422(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let answer = bench
        .merge("secrets/a", &json!({"type": "example.com/other"}))
        .await?;
    answer
        .invalid("type", "FieldValueInvalid")?
        .says("/message", "field is immutable")
}

async fn of_a_deployments_selector_is_422(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let patch = json!({"spec": {"selector": {"matchLabels": {"b": "c"}},
        "template": {"metadata": {"labels": {"b": "c"}}}}});
    let answer = bench.merge("deployments/a", &patch).await?;
    answer
        .invalid("spec.selector", "FieldValueInvalid")?
        .says("/message", "field is immutable")
}

async fn versions_only_grow_across_kinds(bench: &Bench) -> Result<()> {
    let mut last = 0;
    for index in 0..5 {
        let map = bench
            .post("configmaps", &config_map(&format!("a{index}")))
            .await?
            .ok(201)?;
        let secret = bench
            .post("secrets", &secret(&format!("a{index}")))
            .await?
            .ok(201)?;
        for object in [map, secret] {
            let next: u64 = version(&object)?.parse()?;
            ensure!(next > last, "version {next} came after {last}");
            last = next;
        }
    }
    Ok(())
}
