//! PATCH in the three forms that are not apply: JSON, merge and strategic merge.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::{config_map, deployment, pod};

facts! { "patch":
    merge_sets_adds_and_removes,
    merge_replaces_lists,
    merge_that_changes_nothing_keeps_the_version,
    merge_with_a_stale_version_is_409,
    merge_of_a_missing_object_is_404,
    merge_to_another_name_is_400,
    merge_that_is_no_object_is_400,
    merge_of_the_wrong_type_is_422,
    json_applies_operations_in_order,
    json_moves_and_copies,
    json_addresses_keys_with_slashes,
    json_appends_to_lists,
    json_with_a_failing_test_is_422,
    json_of_a_missing_path_is_422,
    json_of_an_unknown_operation_is_422,
    json_that_is_no_list_is_400,
    json_is_all_or_nothing,
    strategic_merges_containers_by_name,
    strategic_merges_ports_by_number,
    strategic_merges_environment_by_name,
    strategic_deletes_by_directive,
    strategic_replaces_by_directive,
    strategic_replaces_atomic_lists,
    strategic_merges_finalizers,
    of_an_unknown_media_type_is_415,
    of_plain_json_is_415,
    dry_run_changes_nothing,
    is_validated_like_an_update,
    of_a_status_leaves_the_rest,
    force_belongs_to_apply,
    records_its_manager,
}

async fn merge_sets_adds_and_removes(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "data": {"set": "1", "gone": "2", "kept": "3"}});
    bench.post("configmaps", &object).await?.ok(201)?;
    let patch = json!({"data": {"set": "4", "gone": null, "new": "5"}});
    let patched = bench.merge("configmaps/a", &patch).await?.ok(200)?;
    patched.has("/data", json!({"set": "4", "kept": "3", "new": "5"}))
}

async fn merge_replaces_lists(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let containers = json!([{"name": "other", "image": "example.com/other:1"}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    let patched = bench.merge("deployments/a", &patch).await?.ok(200)?;
    patched.has("/spec/template/spec/containers/0/name", "other")?;
    patched.lacks("/spec/template/spec/containers/1")
}

async fn merge_that_changes_nothing_keeps_the_version(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let patch = json!({"data": {"key": "value"}});
    let patched = bench.merge("configmaps/a", &patch).await?.ok(200)?;
    patched.has("/metadata/resourceVersion", version(&created)?)
}

async fn merge_with_a_stale_version_is_409(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    let patch = json!({"metadata": {"resourceVersion": version(&created)?}, "data": {"k": "v"}});
    bench
        .merge("configmaps/a", &patch)
        .await?
        .refused(409, "Conflict")
        .map(drop)
}

async fn merge_of_a_missing_object_is_404(bench: &Bench) -> Result<()> {
    bench
        .merge("configmaps/a", &json!({}))
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn merge_to_another_name_is_400(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench
        .merge("configmaps/a", &json!({"metadata": {"name": "b"}}))
        .await?;
    let message = "the name of the object (b) does not match the name on the URL (a)";
    answer.refused(400, "BadRequest")?.has("/message", message)
}

async fn merge_that_is_no_object_is_400(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let status = bench
        .merge("configmaps/a", &json!([]))
        .await?
        .refused(400, "BadRequest")?;
    status.says("/message", "error decoding patch")
}

async fn merge_of_the_wrong_type_is_422(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench.merge("configmaps/a", &json!({"data": 7})).await?;
    answer.invalid("patch", "FieldValueInvalid").map(drop)
}

async fn json_applies_operations_in_order(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let patch = json!([
        {"op": "test", "path": "/data/key", "value": "value"},
        {"op": "add", "path": "/data/more", "value": "1"},
        {"op": "replace", "path": "/data/more", "value": "2"},
        {"op": "remove", "path": "/data/key"},
    ]);
    let patched = bench.json_patch("configmaps/a", &patch).await?.ok(200)?;
    patched.has("/data", json!({"more": "2"}))
}

async fn json_moves_and_copies(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let patch = json!([
        {"op": "copy", "from": "/data/key", "path": "/data/copied"},
        {"op": "move", "from": "/data/key", "path": "/data/moved"},
    ]);
    let patched = bench.json_patch("configmaps/a", &patch).await?.ok(200)?;
    patched.has("/data", json!({"copied": "value", "moved": "value"}))
}

async fn json_addresses_keys_with_slashes(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "annotations": {"example.com/a": "1"}}});
    bench.post("configmaps", &object).await?.ok(201)?;
    let path = "/metadata/annotations/example.com~1a";
    let patch = json!([{"op": "replace", "path": path, "value": "2"}]);
    let patched = bench.json_patch("configmaps/a", &patch).await?.ok(200)?;
    patched.has(path, "2")
}

async fn json_appends_to_lists(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "finalizers": ["example.com/one"]}});
    bench.post("configmaps", &object).await?.ok(201)?;
    let patch =
        json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/two"}]);
    let patched = bench.json_patch("configmaps/a", &patch).await?.ok(200)?;
    patched.has(
        "/metadata/finalizers",
        json!(["example.com/one", "example.com/two"]),
    )?;
    bench
        .merge("configmaps/a", &json!({"metadata": {"finalizers": null}}))
        .await?
        .ok(200)
        .map(drop)
}

/// The patch is refused with the one message that JSON patches get.
async fn json_refused(bench: &Bench, patch: Value) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench.json_patch("configmaps/a", &patch).await?;
    let message = "the server rejected our request due to an error in our request";
    answer.refused(422, "Invalid")?.has("/message", message)
}

async fn json_with_a_failing_test_is_422(bench: &Bench) -> Result<()> {
    json_refused(
        bench,
        json!([{"op": "test", "path": "/data/key", "value": "other"}]),
    )
    .await
}

async fn json_of_a_missing_path_is_422(bench: &Bench) -> Result<()> {
    json_refused(bench, json!([{"op": "remove", "path": "/data/missing"}])).await
}

async fn json_of_an_unknown_operation_is_422(bench: &Bench) -> Result<()> {
    json_refused(bench, json!([{"op": "shuffle", "path": "/data/key"}])).await
}

async fn json_that_is_no_list_is_400(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench.json_patch("configmaps/a", &json!({"a": 1})).await?;
    answer
        .refused(400, "BadRequest")?
        .says("/message", "error decoding patch")
}

async fn json_is_all_or_nothing(bench: &Bench) -> Result<()> {
    let patch = json!([
        {"op": "replace", "path": "/data/key", "value": "other"},
        {"op": "remove", "path": "/data/missing"},
    ]);
    json_refused(bench, patch).await?;
    bench
        .get("configmaps/a")
        .await?
        .ok(200)?
        .has("/data/key", "value")
}

/// The containers of the Deployment `a` after a strategic patch of its pods' specification.
async fn patched_pods(bench: &Bench, spec: Value) -> Result<Value> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    strategic_pods(bench, spec).await
}

async fn strategic_pods(bench: &Bench, spec: Value) -> Result<Value> {
    let patch = json!({"spec": {"template": {"spec": spec}}});
    let patched = bench.strategic("deployments/a", &patch).await?.ok(200)?;
    Ok(patched["spec"]["template"]["spec"].clone())
}

async fn strategic_merges_containers_by_name(bench: &Bench) -> Result<()> {
    let more = json!({"containers": [{"name": "more", "image": "example.com/more:1"}]});
    patched_pods(bench, more).await?;
    let spec = json!({"containers": [{"name": "app", "image": "example.com/app:2"}]});
    let pods = strategic_pods(bench, spec).await?;
    let images: Vec<_> = pods["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    ensure!(images.len() == 2, "observed {images:?}");
    let image = |name: &str| {
        images
            .iter()
            .find(|c| c["name"] == name)
            .map(|c| c["image"].clone())
    };
    ensure!(
        image("app") == Some("example.com/app:2".into()),
        "observed {images:?}"
    );
    ensure!(
        image("more") == Some("example.com/more:1".into()),
        "observed {images:?}"
    );
    Ok(())
}

async fn strategic_merges_ports_by_number(bench: &Bench) -> Result<()> {
    let one = json!({"containers": [{"name": "app", "ports": [{"containerPort": 80}]}]});
    patched_pods(bench, one).await?;
    let ports = json!([{"containerPort": 81}, {"containerPort": 80, "name": "http"}]);
    let pods = strategic_pods(
        bench,
        json!({"containers": [{"name": "app", "ports": ports}]}),
    )
    .await?;
    let ports = pods["containers"][0]["ports"]
        .as_array()
        .map_or(0, Vec::len);
    ensure!(ports == 2, "observed {pods}");
    ensure!(
        pods.to_string().contains("\"name\":\"http\""),
        "observed {pods}"
    );
    Ok(())
}

async fn strategic_merges_environment_by_name(bench: &Bench) -> Result<()> {
    let env = |value: Value| json!({"containers": [{"name": "app", "env": value}]});
    patched_pods(
        bench,
        env(json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])),
    )
    .await?;
    let pods = strategic_pods(bench, env(json!([{"name": "B", "value": "3"}]))).await?;
    let values = pods["containers"][0]["env"].to_string();
    ensure!(
        values.contains("\"1\"") && values.contains("\"3\""),
        "observed {values}"
    );
    ensure!(!values.contains("\"2\""), "observed {values}");
    Ok(())
}

async fn strategic_deletes_by_directive(bench: &Bench) -> Result<()> {
    patched_pods(
        bench,
        json!({"containers": [{"name": "more", "image": "i"}]}),
    )
    .await?;
    let delete = json!({"containers": [{"name": "app", "$patch": "delete"}]});
    let pods = strategic_pods(bench, delete).await?;
    pods.has("/containers/0/name", "more")?;
    pods.lacks("/containers/1")
}

async fn strategic_replaces_by_directive(bench: &Bench) -> Result<()> {
    let containers = json!([{"name": "only", "image": "i"}, {"$patch": "replace"}]);
    let pods = patched_pods(bench, json!({"containers": containers})).await?;
    pods.has("/containers/0/name", "only")?;
    pods.lacks("/containers/1")
}

async fn strategic_replaces_atomic_lists(bench: &Bench) -> Result<()> {
    let args = |args: Value| json!({"containers": [{"name": "app", "args": args}]});
    patched_pods(bench, args(json!(["a", "b"]))).await?;
    let pods = strategic_pods(bench, args(json!(["c"]))).await?;
    pods.has("/containers/0/args", json!(["c"]))
}

async fn strategic_merges_finalizers(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "finalizers": ["example.com/one"]}});
    bench.post("configmaps", &object).await?.ok(201)?;
    let patch = json!({"metadata": {"finalizers": ["example.com/two"]}});
    let patched = bench.strategic("configmaps/a", &patch).await?.ok(200)?;
    let count = patched["metadata"]["finalizers"]
        .as_array()
        .map_or(0, Vec::len);
    ensure!(count == 2, "observed {patched}");
    let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/one"]}});
    let patched = bench.strategic("configmaps/a", &patch).await?.ok(200)?;
    patched.has("/metadata/finalizers", json!(["example.com/two"]))?;
    bench
        .merge("configmaps/a", &json!({"metadata": {"finalizers": null}}))
        .await?
        .ok(200)
        .map(drop)
}

async fn of_an_unknown_media_type_is_415(bench: &Bench) -> Result<()> {
    media_type_refused(bench, "text/plain").await
}

async fn of_plain_json_is_415(bench: &Bench) -> Result<()> {
    media_type_refused(bench, "application/json").await
}

async fn media_type_refused(bench: &Bench, media_type: &str) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let ask = bench
        .ask(http::Method::PATCH, "configmaps/a")
        .body(media_type, "{}");
    ask.await?.refused(415, "UnsupportedMediaType").map(drop)
}

async fn dry_run_changes_nothing(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let patch = json!({"data": {"key": "other"}});
    let answer = bench
        .merge("configmaps/a?dryRun=All", &patch)
        .await?
        .ok(200)?;
    answer.has("/data/key", "other")?;
    bench
        .get("configmaps/a")
        .await?
        .ok(200)?
        .has("/data/key", "value")
}

async fn is_validated_like_an_update(bench: &Bench) -> Result<()> {
    bench
        .post("deployments", &deployment("a", 0))
        .await?
        .ok(201)?;
    let answer = bench
        .merge("deployments/a", &json!({"spec": {"replicas": -1}}))
        .await?;
    answer
        .invalid("spec.replicas", "FieldValueInvalid")
        .map(drop)
}

async fn of_a_status_leaves_the_rest(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let patch = json!({"metadata": {"labels": {"a": "b"}}, "status": {"podIP": "10.0.0.1",
        "podIPs": [{"ip": "10.0.0.1"}]}});
    let patched = bench.strategic("pods/a/status", &patch).await?.ok(200)?;
    patched.has("/status/podIP", "10.0.0.1")?;
    patched.has("/status/phase", "Pending")?;
    patched.has("/spec/containers/0/name", "app")
}

async fn force_belongs_to_apply(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench.merge("configmaps/a?force=true", &json!({})).await?;
    answer.invalid("force", "FieldValueForbidden").map(drop)
}

async fn records_its_manager(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps?fieldManager=first", &config_map("a"))
        .await?
        .ok(201)?;
    let patch = json!({"data": {"more": "1"}});
    let patched = bench
        .merge("configmaps/a?fieldManager=second", &patch)
        .await?
        .ok(200)?;
    let managers = patched["metadata"]["managedFields"].as_array();
    let second = managers
        .into_iter()
        .flatten()
        .find(|entry| entry["manager"] == "second");
    let fields = second.map(|entry| entry["fieldsV1"].clone());
    ensure!(
        fields == Some(json!({"f:data": {"f:more": {}}})),
        "observed {fields:?}"
    );
    Ok(())
}
