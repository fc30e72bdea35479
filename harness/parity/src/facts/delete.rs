//! DELETE: preconditions, collections, grace and finalizers.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::{Claims, names, version};
use crate::fact::facts;
use crate::object::{bound_pod, config_map, labelled, pod, service};

facts! { "delete":
    answers_200_with_what_was_deleted,
    of_a_missing_object_is_404,
    of_a_service_answers_its_name,
    with_another_uid_is_409,
    with_another_version_is_409,
    with_matching_preconditions_succeeds,
    dry_run_deletes_nothing,
    with_an_unknown_propagation_is_422,
    of_a_collection_takes_what_the_selector_matches,
    of_a_collection_answers_the_list,
    with_a_finalizer_only_marks_the_object,
    finishes_when_the_last_finalizer_goes,
    keeps_the_first_deletion_time,
    lets_a_marked_object_be_updated,
    refuses_new_finalizers_once_marked,
    cannot_be_taken_back,
    foreground_adds_its_finalizer,
    orphan_adds_its_finalizer,
    of_a_recreated_name_gives_another_uid,
    of_an_unbound_pod_is_immediate,
    of_a_bound_pod_waits_for_its_grace,
    of_a_bound_pod_takes_the_grace_asked_for,
    may_shorten_the_grace_but_not_extend_it,
    with_zero_grace_removes_a_bound_pod,
    of_a_finished_pod_is_immediate,
    ignores_grace_for_other_kinds,
}

async fn answers_200_with_what_was_deleted(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let status = bench.delete("configmaps/a").await?.ok(200)?;
    status.has("/kind", "Status")?;
    status.has("/status", "Success")?;
    let uid = created.text("/metadata/uid")?;
    status.has(
        "/details",
        json!({"name": "a", "kind": "configmaps", "uid": uid}),
    )?;
    bench
        .get("configmaps/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn of_a_missing_object_is_404(bench: &Bench) -> Result<()> {
    let status = bench
        .delete("configmaps/a")
        .await?
        .refused(404, "NotFound")?;
    status.has("/details", json!({"name": "a", "kind": "configmaps"}))
}

async fn of_a_service_answers_its_name(bench: &Bench) -> Result<()> {
    bench.post("services", &service("a")).await?.ok(201)?;
    bench
        .delete("services/a")
        .await?
        .ok(200)?
        .has("/metadata/name", "a")
}

async fn with_another_uid_is_409(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let options = json!({"preconditions": {"uid": "another"}});
    let status = bench
        .delete_with("configmaps/a", &options)
        .await?
        .refused(409, "Conflict")?;
    status.says(
        "/message",
        "the UID in the precondition (another) does not match the UID in record",
    )
}

async fn with_another_version_is_409(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let options = json!({"preconditions": {"resourceVersion": "1"}});
    let status = bench
        .delete_with("configmaps/a", &options)
        .await?
        .refused(409, "Conflict")?;
    status.says(
        "/message",
        "the ResourceVersion in the precondition (1) does not match",
    )
}

async fn with_matching_preconditions_succeeds(bench: &Bench) -> Result<()> {
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let preconditions = json!({"uid": created["metadata"]["uid"],
        "resourceVersion": version(&created)?});
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1",
        "preconditions": preconditions});
    bench
        .delete_with("configmaps/a", &options)
        .await?
        .ok(200)
        .map(drop)
}

async fn dry_run_deletes_nothing(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench.delete("configmaps/a?dryRun=All").await?.ok(200)?;
    bench
        .get("configmaps/a")
        .await?
        .ok(200)?
        .lacks("/metadata/deletionTimestamp")
}

async fn with_an_unknown_propagation_is_422(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let answer = bench
        .delete("configmaps/a?propagationPolicy=Sideways")
        .await?;
    answer
        .invalid("propagationPolicy", "FieldValueNotSupported")
        .map(drop)
}

async fn of_a_collection_takes_what_the_selector_matches(bench: &Bench) -> Result<()> {
    for (name, tier) in [("a", "front"), ("b", "back"), ("c", "front")] {
        bench
            .post("secrets", &labelled_secret(name, tier))
            .await?
            .ok(201)?;
    }
    bench
        .delete("secrets?labelSelector=tier%3Dfront")
        .await?
        .ok(200)?;
    let left = bench.get("secrets").await?.ok(200)?;
    ensure!(names(&left) == ["b"], "left: {:?}", names(&left));
    Ok(())
}

fn labelled_secret(name: &str, tier: &str) -> serde_json::Value {
    json!({"metadata": {"name": name, "labels": {"tier": tier}}})
}

async fn of_a_collection_answers_the_list(bench: &Bench) -> Result<()> {
    let labels = json!({"a": "b"});
    bench
        .post("configmaps", &labelled("a", &labels))
        .await?
        .ok(201)?;
    let list = bench
        .delete("configmaps?labelSelector=a%3Db")
        .await?
        .ok(200)?;
    list.has("/kind", "ConfigMapList")?;
    ensure!(names(&list) == ["a"], "listed: {:?}", names(&list));
    Ok(())
}

/// Creates the ConfigMap `a` with the finalizer `example.com/hold`.
async fn held(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "finalizers": ["example.com/hold"]}});
    bench.post("configmaps", &object).await?.ok(201).map(drop)
}

async fn with_a_finalizer_only_marks_the_object(bench: &Bench) -> Result<()> {
    held(bench).await?;
    let answer = bench.delete("configmaps/a").await?.ok(200)?;
    answer.has("/kind", "ConfigMap")?;
    answer.text("/metadata/deletionTimestamp")?;
    answer.has("/metadata/deletionGracePeriodSeconds", 0)?;
    let stored = bench.get("configmaps/a").await?.ok(200)?;
    stored.has("/metadata/finalizers", json!(["example.com/hold"]))
}

async fn finishes_when_the_last_finalizer_goes(bench: &Bench) -> Result<()> {
    held(bench).await?;
    bench.delete("configmaps/a").await?.ok(200)?;
    let patch = json!({"metadata": {"finalizers": null}});
    bench.merge("configmaps/a", &patch).await?.ok(200)?;
    bench
        .get("configmaps/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn keeps_the_first_deletion_time(bench: &Bench) -> Result<()> {
    held(bench).await?;
    let first = bench.delete("configmaps/a").await?.ok(200)?;
    let second = bench.delete("configmaps/a").await?.ok(200)?;
    second.has("/metadata", first["metadata"].clone())
}

async fn lets_a_marked_object_be_updated(bench: &Bench) -> Result<()> {
    held(bench).await?;
    bench.delete("configmaps/a").await?.ok(200)?;
    let patched = bench
        .merge("configmaps/a", &json!({"data": {"k": "v"}}))
        .await?
        .ok(200)?;
    patched.has("/data/k", "v")
}

async fn refuses_new_finalizers_once_marked(bench: &Bench) -> Result<()> {
    held(bench).await?;
    bench.delete("configmaps/a").await?.ok(200)?;
    let patch = json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}});
    let answer = bench.merge("configmaps/a", &patch).await?;
    let status = answer.invalid("metadata.finalizers", "FieldValueForbidden")?;
    status.says(
        "/message",
        "no new finalizers can be added if the object is being deleted",
    )
}

async fn cannot_be_taken_back(bench: &Bench) -> Result<()> {
    held(bench).await?;
    let marked = bench.delete("configmaps/a").await?.ok(200)?;
    let patch = json!({"metadata": {"deletionTimestamp": null}});
    let patched = bench.merge("configmaps/a", &patch).await?.ok(200)?;
    patched.has(
        "/metadata/deletionTimestamp",
        marked.text("/metadata/deletionTimestamp")?,
    )
}

async fn foreground_adds_its_finalizer(bench: &Bench) -> Result<()> {
    held(bench).await?;
    let answer = bench
        .delete("configmaps/a?propagationPolicy=Foreground")
        .await?
        .ok(200)?;
    let finalizers = answer["metadata"]["finalizers"].to_string();
    ensure!(
        finalizers.contains("\"foregroundDeletion\""),
        "finalizers {finalizers}"
    );
    Ok(())
}

async fn orphan_adds_its_finalizer(bench: &Bench) -> Result<()> {
    held(bench).await?;
    let answer = bench
        .delete("configmaps/a?propagationPolicy=Orphan")
        .await?
        .ok(200)?;
    let finalizers = answer["metadata"]["finalizers"].to_string();
    ensure!(finalizers.contains("\"orphan\""), "finalizers {finalizers}");
    Ok(())
}

async fn of_a_recreated_name_gives_another_uid(bench: &Bench) -> Result<()> {
    let first = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench.delete("configmaps/a").await?.ok(200)?;
    let second = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    ensure!(
        first["metadata"]["uid"] != second["metadata"]["uid"],
        "the uid came back"
    );
    Ok(())
}

async fn of_an_unbound_pod_is_immediate(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    bench.delete("pods/a").await?.ok(200)?.has("/kind", "Pod")?;
    bench
        .get("pods/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn of_a_bound_pod_waits_for_its_grace(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    let answer = bench.delete("pods/a").await?.ok(200)?;
    answer.has("/metadata/deletionGracePeriodSeconds", 30)?;
    let stored = bench.get("pods/a").await?.ok(200)?;
    stored.text("/metadata/deletionTimestamp")?;
    stored.has("/metadata/generation", 2)
}

async fn of_a_bound_pod_takes_the_grace_asked_for(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    let answer = bench
        .delete_with("pods/a", &json!({"gracePeriodSeconds": 7}))
        .await?
        .ok(200)?;
    answer.has("/metadata/deletionGracePeriodSeconds", 7)?;
    bench.post("pods", &bound_pod("b")).await?.ok(201)?;
    let answer = bench.delete("pods/b?gracePeriodSeconds=9").await?.ok(200)?;
    answer.has("/metadata/deletionGracePeriodSeconds", 9)
}

async fn may_shorten_the_grace_but_not_extend_it(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    for (asked, granted) in [(20, 20), (25, 20), (5, 5)] {
        let options = json!({"gracePeriodSeconds": asked});
        let answer = bench.delete_with("pods/a", &options).await?.ok(200)?;
        answer.has("/metadata/deletionGracePeriodSeconds", granted)?;
    }
    Ok(())
}

async fn with_zero_grace_removes_a_bound_pod(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    bench
        .delete_with("pods/a", &json!({"gracePeriodSeconds": 0}))
        .await?
        .ok(200)?;
    bench
        .get("pods/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn of_a_finished_pod_is_immediate(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    let patch = json!({"status": {"phase": "Succeeded"}});
    bench.merge("pods/a/status", &patch).await?.ok(200)?;
    bench.delete("pods/a").await?.ok(200)?;
    bench
        .get("pods/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}

async fn ignores_grace_for_other_kinds(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .delete_with("configmaps/a", &json!({"gracePeriodSeconds": 30}))
        .await?
        .ok(200)?;
    bench
        .get("configmaps/a")
        .await?
        .refused(404, "NotFound")
        .map(drop)
}
