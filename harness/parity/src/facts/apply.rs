//! Server-side apply: who owns what, and what becomes of it.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::{deployment, service};

facts! { "apply":
    creates_with_201_and_then_answers_200,
    that_changes_nothing_keeps_the_version,
    records_ownership_of_each_leaf,
    removes_what_it_no_longer_names,
    keeps_what_others_own,
    keeps_what_nobody_applied,
    shares_a_field_of_equal_value,
    drops_its_share_without_removing_the_field,
    removes_a_shared_field_when_the_last_owner_drops_it,
    conflicts_with_another_applier,
    conflicts_with_an_updater,
    names_every_conflicting_field,
    of_an_equal_value_does_not_conflict,
    by_force_takes_ownership,
    owns_containers_by_name,
    removes_list_entries_by_key,
    owns_ports_by_number_and_protocol,
    owns_environment_by_name,
    replaces_atomic_lists_as_a_whole,
    owns_finalizers_one_by_one,
    owns_labels_one_by_one,
    treats_a_selector_as_one_field,
    of_status_is_a_manager_of_its_own,
    of_status_on_the_main_resource_changes_nothing,
    an_update_takes_ownership_without_asking,
    an_update_that_removes_a_field_ends_its_ownership,
    dry_run_stores_nothing,
    reads_yaml,
    of_one_manager_keeps_one_entry,
    with_no_fields_gives_everything_up,
    conflicts_with_a_scaler_about_replicas,
    takes_replicas_back_from_a_scaler_to_zero,
    without_replicas_leaves_the_scaler_in_peace,
}

fn map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

/// Applies the ConfigMap `a` with this data as `manager`.
async fn apply(bench: &Bench, manager: &str, data: Value) -> Result<Value> {
    let path = format!("configmaps/a?fieldManager={manager}");
    let answer = bench.apply(&path, &map(data)).await?;
    ensure!(matches!(answer.code, 200 | 201), "refused: {}", answer.body);
    Ok(answer.body)
}

/// The fields that `manager` owns by this operation.
fn owned<'a>(object: &'a Value, manager: &str, operation: &str) -> Result<&'a Value> {
    let mut entries = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten();
    let entry =
        entries.find(|entry| entry["manager"] == manager && entry["operation"] == operation);
    Ok(&entry.with_context(|| format!("{manager} owns nothing: {object}"))?["fieldsV1"])
}

async fn creates_with_201_and_then_answers_200(bench: &Bench) -> Result<()> {
    let object = map(json!({"k": "1"}));
    bench
        .apply("configmaps/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    let object = map(json!({"k": "2"}));
    bench
        .apply("configmaps/a?fieldManager=me", &object)
        .await?
        .ok(200)?
        .has("/data/k", "2")
}

async fn that_changes_nothing_keeps_the_version(bench: &Bench) -> Result<()> {
    let first = apply(bench, "me", json!({"k": "1"})).await?;
    let second = apply(bench, "me", json!({"k": "1"})).await?;
    second.has("", first)
}

async fn records_ownership_of_each_leaf(bench: &Bench) -> Result<()> {
    let mut object = map(json!({"k": "1", "l": "2"}));
    object["metadata"]["labels"] = json!({"a": "b"});
    let applied = bench
        .apply("configmaps/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    let expected =
        json!({"f:data": {"f:k": {}, "f:l": {}}, "f:metadata": {"f:labels": {"f:a": {}}}});
    owned(&applied, "me", "Apply")?.has("", expected)
}

async fn removes_what_it_no_longer_names(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "2"})).await?;
    apply(bench, "me", json!({"k": "1"}))
        .await?
        .has("/data", json!({"k": "1"}))
}

async fn keeps_what_others_own(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1"})).await?;
    apply(bench, "you", json!({"l": "2"})).await?;
    let applied = apply(bench, "me", json!({"m": "3"})).await?;
    applied.has("/data", json!({"l": "2", "m": "3"}))
}

async fn keeps_what_nobody_applied(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps?fieldManager=tool", &map(json!({"k": "1"})))
        .await?
        .ok(201)?;
    let applied = apply(bench, "me", json!({"l": "2"})).await?;
    applied.has("/data", json!({"k": "1", "l": "2"}))
}

async fn shares_a_field_of_equal_value(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1"})).await?;
    let applied = apply(bench, "you", json!({"k": "1"})).await?;
    for manager in ["me", "you"] {
        owned(&applied, manager, "Apply")?.has("/f:data/f:k", json!({}))?;
    }
    Ok(())
}

async fn drops_its_share_without_removing_the_field(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "2"})).await?;
    apply(bench, "you", json!({"k": "1"})).await?;
    let applied = apply(bench, "me", json!({"l": "2"})).await?;
    applied.has("/data", json!({"k": "1", "l": "2"}))?;
    owned(&applied, "me", "Apply")?.lacks("/f:data/f:k")
}

async fn removes_a_shared_field_when_the_last_owner_drops_it(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "2"})).await?;
    apply(bench, "you", json!({"k": "1", "m": "3"})).await?;
    apply(bench, "me", json!({"l": "2"})).await?;
    let applied = apply(bench, "you", json!({"m": "3"})).await?;
    applied.has("/data", json!({"l": "2", "m": "3"}))
}

async fn conflicts_with_another_applier(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1"})).await?;
    let answer = bench
        .apply("configmaps/a?fieldManager=you", &map(json!({"k": "2"})))
        .await?;
    let status = answer.refused(409, "Conflict")?;
    status.has(
        "/message",
        "Apply failed with 1 conflict: conflict with \"me\": .data.k",
    )?;
    let cause = json!({"reason": "FieldManagerConflict", "field": ".data.k",
        "message": "conflict with \"me\""});
    status.has("/details", json!({"causes": [cause]}))
}

async fn conflicts_with_an_updater(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps?fieldManager=tool", &map(json!({"k": "1"})))
        .await?
        .ok(201)?;
    let answer = bench
        .apply("configmaps/a?fieldManager=me", &map(json!({"k": "2"})))
        .await?;
    let status = answer.refused(409, "Conflict")?;
    // Updaters are told with the version they wrote in; the time follows only if they may differ.
    let message = "Apply failed with 1 conflict: conflict with \"tool\" using v1: .data.k";
    status.has("/message", message)
}

async fn names_every_conflicting_field(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "1"})).await?;
    let answer = bench.apply(
        "configmaps/a?fieldManager=you",
        &map(json!({"k": "2", "l": "2"})),
    );
    let status = answer.await?.refused(409, "Conflict")?;
    status.says(
        "/message",
        "Apply failed with 2 conflicts: conflicts with \"me\":\n- .data.k\n",
    )?;
    status.has("/details/causes/0/field", ".data.k")?;
    status.has("/details/causes/1/field", ".data.l")
}

async fn of_an_equal_value_does_not_conflict(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps?fieldManager=tool", &map(json!({"k": "1"})))
        .await?
        .ok(201)?;
    let applied = apply(bench, "me", json!({"k": "1"})).await?;
    owned(&applied, "tool", "Update")?.has("/f:data/f:k", json!({}))?;
    owned(&applied, "me", "Apply")?.has("/f:data/f:k", json!({}))
}

async fn by_force_takes_ownership(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "1"})).await?;
    let forced = apply(bench, "you&force=true", json!({"k": "2"})).await?;
    forced.has("/data", json!({"k": "2", "l": "1"}))?;
    owned(&forced, "you", "Apply")?.has("/f:data", json!({"f:k": {}}))?;
    owned(&forced, "me", "Apply")?.has("/f:data", json!({"f:l": {}}))
}

/// Applies the Deployment `a` with these containers as `manager`.
async fn containers(bench: &Bench, manager: &str, containers: Value) -> Result<Value> {
    let mut object = deployment("a", 0);
    object["spec"]["template"]["spec"]["containers"] = containers;
    let answer = bench
        .apply(&format!("deployments/a?fieldManager={manager}"), &object)
        .await?;
    ensure!(matches!(answer.code, 200 | 201), "refused: {}", answer.body);
    Ok(answer.body)
}

async fn owns_containers_by_name(bench: &Bench) -> Result<()> {
    containers(bench, "me", json!([{"name": "app", "image": "i:1"}])).await?;
    let applied = containers(bench, "you", json!([{"name": "more", "image": "i:1"}])).await?;
    applied.has("/spec/template/spec/containers/0/name", "app")?;
    applied.has("/spec/template/spec/containers/1/name", "more")?;
    let fields = owned(&applied, "you", "Apply")?;
    let pointer = "/f:spec/f:template/f:spec/f:containers";
    fields.has(
        pointer,
        json!({"k:{\"name\":\"more\"}": {".": {}, "f:name": {}, "f:image": {}}}),
    )
}

async fn removes_list_entries_by_key(bench: &Bench) -> Result<()> {
    let two = json!([{"name": "app", "image": "i:1"}, {"name": "more", "image": "i:1"}]);
    containers(bench, "me", two).await?;
    let applied = containers(bench, "me", json!([{"name": "more", "image": "i:1"}])).await?;
    applied.has("/spec/template/spec/containers/0/name", "more")?;
    applied.lacks("/spec/template/spec/containers/1")
}

async fn owns_ports_by_number_and_protocol(bench: &Bench) -> Result<()> {
    let mut object = service("a");
    object["spec"]["ports"] = json!([{"name": "one", "port": 80, "protocol": "TCP"}]);
    bench
        .apply("services/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    object["spec"]["ports"] = json!([{"name": "two", "port": 80, "protocol": "UDP"}]);
    let applied = bench
        .apply("services/a?fieldManager=you", &object)
        .await?
        .ok(200)?;
    applied.has("/spec/ports/1/name", "two")?;
    let key = "k:{\"port\":80,\"protocol\":\"UDP\"}";
    let fields = owned(&applied, "you", "Apply")?;
    ensure!(
        fields["f:spec"]["f:ports"].get(key).is_some(),
        "observed {fields}"
    );
    Ok(())
}

async fn owns_environment_by_name(bench: &Bench) -> Result<()> {
    let app = |env: Value| json!([{"name": "app", "image": "i:1", "env": env}]);
    containers(bench, "me", app(json!([{"name": "A", "value": "1"}]))).await?;
    let applied = containers(bench, "you", app(json!([{"name": "B", "value": "2"}]))).await?;
    let env = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    applied.has("/spec/template/spec/containers/0/env", env)
}

async fn replaces_atomic_lists_as_a_whole(bench: &Bench) -> Result<()> {
    let app = |args: Value| json!([{"name": "app", "image": "i:1", "args": args}]);
    containers(bench, "me", app(json!(["a", "b"]))).await?;
    let applied = containers(bench, "me", app(json!(["c"]))).await?;
    applied.has("/spec/template/spec/containers/0/args", json!(["c"]))
}

async fn owns_finalizers_one_by_one(bench: &Bench) -> Result<()> {
    let with = |name: &str| {
        let metadata = json!({"name": "a", "finalizers": [name]});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    };
    for (manager, finalizer) in [("me", "example.com/one"), ("you", "example.com/two")] {
        let path = format!("configmaps/a?fieldManager={manager}");
        let answer = bench.apply(&path, &with(finalizer)).await?;
        ensure!(answer.code < 300, "refused: {}", answer.body);
    }
    let applied = apply(bench, "me", json!({})).await?;
    applied.has("/metadata/finalizers", json!(["example.com/two"]))?;
    bench
        .merge("configmaps/a", &json!({"metadata": {"finalizers": null}}))
        .await?
        .ok(200)
        .map(drop)
}

async fn owns_labels_one_by_one(bench: &Bench) -> Result<()> {
    let with = |labels: Value| {
        let metadata = json!({"name": "a", "labels": labels});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    };
    bench
        .apply("configmaps/a?fieldManager=me", &with(json!({"a": "1"})))
        .await?
        .ok(201)?;
    bench
        .apply("configmaps/a?fieldManager=you", &with(json!({"b": "2"})))
        .await?
        .ok(200)?;
    let applied = bench
        .apply("configmaps/a?fieldManager=me", &with(json!({"c": "3"})))
        .await?;
    applied
        .ok(200)?
        .has("/metadata/labels", json!({"b": "2", "c": "3"}))
}

async fn treats_a_selector_as_one_field(bench: &Bench) -> Result<()> {
    let applied = bench
        .apply("services/a?fieldManager=me", &service("a"))
        .await?
        .ok(201)?;
    owned(&applied, "me", "Apply")?.has("/f:spec/f:selector", json!({}))
}

async fn of_status_is_a_manager_of_its_own(bench: &Bench) -> Result<()> {
    containers(bench, "me", json!([{"name": "app", "image": "i:1"}])).await?;
    let status = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
        "status": {"collisionCount": 3}});
    let path = "deployments/a/status?fieldManager=me";
    let applied = bench.apply(path, &status).await?.ok(200)?;
    applied.has("/status/collisionCount", 3)?;
    applied.has("/spec/template/spec/containers/0/image", "i:1")?;
    let entries = applied["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten();
    let mine = entries.filter(|entry| entry["manager"] == "me");
    let places: Vec<_> = mine
        .map(|entry| entry["subresource"].as_str().unwrap_or(""))
        .collect();
    ensure!(places == ["", "status"], "observed {places:?}");
    Ok(())
}

async fn of_status_on_the_main_resource_changes_nothing(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 0);
    object["status"] = json!({"collisionCount": 3});
    let applied = bench
        .apply("deployments/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    applied.lacks("/status/collisionCount")?;
    owned(&applied, "me", "Apply")?.lacks("/f:status")
}

async fn an_update_takes_ownership_without_asking(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "1"})).await?;
    let patch = json!({"data": {"k": "2"}});
    let patched = bench
        .merge("configmaps/a?fieldManager=tool", &patch)
        .await?
        .ok(200)?;
    owned(&patched, "tool", "Update")?.has("/f:data", json!({"f:k": {}}))?;
    owned(&patched, "me", "Apply")?.has("/f:data", json!({"f:l": {}}))
}

async fn an_update_that_removes_a_field_ends_its_ownership(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1", "l": "1"})).await?;
    let patched = bench
        .merge("configmaps/a", &json!({"data": {"k": null}}))
        .await?
        .ok(200)?;
    owned(&patched, "me", "Apply")?.has("/f:data", json!({"f:l": {}}))
}

async fn dry_run_stores_nothing(bench: &Bench) -> Result<()> {
    let path = "configmaps/a?fieldManager=me&dryRun=All";
    bench.apply(path, &map(json!({"k": "1"}))).await?.ok(201)?;
    bench
        .get("configmaps/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn reads_yaml(bench: &Bench) -> Result<()> {
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: \"1\"\n";
    let ask = bench.ask(http::Method::PATCH, "configmaps/a?fieldManager=me");
    ask.body("application/apply-patch+yaml", yaml)
        .await?
        .ok(201)?
        .has("/data/k", "1")
}

async fn of_one_manager_keeps_one_entry(bench: &Bench) -> Result<()> {
    for value in ["1", "2", "3"] {
        apply(bench, "me", json!({"k": value})).await?;
    }
    let object = bench.get("configmaps/a").await?.ok(200)?;
    object.lacks("/metadata/managedFields/1")
}

async fn with_no_fields_gives_everything_up(bench: &Bench) -> Result<()> {
    apply(bench, "me", json!({"k": "1"})).await?;
    let bare = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let applied = bench
        .apply("configmaps/a?fieldManager=me", &bare)
        .await?
        .ok(200)?;
    applied.lacks("/data/k")?;
    version(&applied).map(drop)
}

/// Scales the Deployment `a` as a horizontal scaler does.
async fn scale(bench: &Bench, replicas: u32) -> Result<()> {
    let patch = json!({"spec": {"replicas": replicas}});
    bench
        .merge("deployments/a/scale?fieldManager=scaler", &patch)
        .await?
        .ok(200)
        .map(drop)
}

/// A paused Deployment `a` of one replica, applied by `me` and then scaled by `scaler`.
async fn scaled(bench: &Bench, replicas: u32) -> Result<Value> {
    let mut object = deployment("a", 1);
    object["spec"]["paused"] = true.into();
    bench
        .apply("deployments/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    scale(bench, replicas).await?;
    let scaled = bench.get("deployments/a").await?.ok(200)?;
    owned(&scaled, "me", "Apply")?.lacks("/f:spec/f:replicas")?;
    Ok(object)
}

async fn conflicts_with_a_scaler_about_replicas(bench: &Bench) -> Result<()> {
    let object = scaled(bench, 3).await?;
    let answer = bench
        .apply("deployments/a?fieldManager=me", &object)
        .await?;
    let status = answer.refused(409, "Conflict")?;
    let message = "conflict with \"scaler\" with subresource \"scale\" using apps/v1";
    status.has("/details/causes/0/message", message)?;
    status.has("/details/causes/0/field", ".spec.replicas")?;
    let path = "deployments/a?fieldManager=me&force=true";
    bench
        .apply(path, &object)
        .await?
        .ok(200)?
        .has("/spec/replicas", 1)
}

async fn takes_replicas_back_from_a_scaler_to_zero(bench: &Bench) -> Result<()> {
    let object = scaled(bench, 0).await?;
    // A Scale omits zero replicas, so its author owns nothing that could conflict.
    let applied = bench
        .apply("deployments/a?fieldManager=me", &object)
        .await?
        .ok(200)?;
    applied.has("/spec/replicas", 1)
}

async fn without_replicas_leaves_the_scaler_in_peace(bench: &Bench) -> Result<()> {
    let mut object = deployment("a", 0);
    object["spec"]
        .as_object_mut()
        .context("a spec")?
        .remove("replicas");
    object["spec"]["paused"] = true.into();
    bench
        .apply("deployments/a?fieldManager=me", &object)
        .await?
        .ok(201)?;
    scale(bench, 3).await?;
    let path = "deployments/a?fieldManager=me";
    bench
        .apply(path, &object)
        .await?
        .ok(200)?
        .has("/spec/replicas", 3)
}
