//! Watches: where they start, what they say, how they end.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::Bench;
use crate::claim::{Claims, version};
use crate::fact::facts;
use crate::object::{bound_pod, config_map, labelled, pod, secret};

facts! { "watch":
    from_a_listed_version_tells_only_later_changes,
    without_a_version_starts_with_the_current_state,
    from_version_0_starts_with_the_current_state,
    tells_creation_change_and_deletion_in_order,
    tells_a_deletion_with_the_version_of_the_deletion,
    tells_a_marking_as_a_change,
    tells_nothing_of_an_update_without_a_change,
    tells_nothing_of_a_dry_run,
    tells_nothing_of_other_namespaces,
    over_all_namespaces_tells_of_each,
    of_one_name_tells_only_of_it,
    tells_an_object_that_starts_to_match_as_added,
    tells_an_object_that_stops_to_match_as_deleted,
    tells_a_lost_object_as_it_was_with_the_version_of_the_change,
    from_an_old_version_replays_transitions,
    follows_field_selectors_across_transitions,
    loses_and_doubles_nothing_in_a_burst,
    gives_the_same_events_to_every_watcher,
    events_carry_kind_and_version,
    ends_after_its_timeout,
    bookmarks_come_before_the_timeout,
    bookmarks_come_only_when_asked_for,
    initial_events_end_with_a_bookmark,
    initial_events_of_nothing_end_with_a_bookmark,
    initial_events_need_a_version_match,
    changes_follow_the_initial_events,
    of_a_malformed_version_is_500,
    of_metadata_alone_carries_metadata_alone,
    of_a_collection_deletion_tells_each_object,
    accepts_the_numeric_form_of_true,
}

/// A watch over the own Secrets, of which nobody else makes any.
async fn now(bench: &Bench) -> Result<crate::watch::Watch> {
    let list = bench.get("secrets").await?.ok(200)?;
    bench
        .watch(&format!("secrets?resourceVersion={}", version(&list)?))
        .await
}

async fn from_a_listed_version_tells_only_later_changes(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = now(bench).await?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn without_a_version_starts_with_the_current_state(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = bench.watch("secrets").await?;
    watch.expect("ADDED", "a").await?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn from_version_0_starts_with_the_current_state(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    // Version 0 promises any state, so the read makes sure that this one is known.
    bench.get("secrets").await?.ok(200)?;
    let mut watch = bench.watch("secrets?resourceVersion=0").await?;
    watch.expect("ADDED", "a").await.map(drop)
}

async fn tells_creation_change_and_deletion_in_order(bench: &Bench) -> Result<()> {
    let mut watch = now(bench).await?;
    let created = bench.post("secrets", &secret("a")).await?.ok(201)?;
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    let changed = bench.merge("secrets/a", &patch).await?.ok(200)?;
    bench.delete("secrets/a").await?.ok(200)?;
    watch.expect("ADDED", "a").await?.has("", created)?;
    watch.expect("MODIFIED", "a").await?.has("", changed)?;
    watch.expect("DELETED", "a").await.map(drop)
}

async fn tells_a_deletion_with_the_version_of_the_deletion(bench: &Bench) -> Result<()> {
    let created = bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = now(bench).await?;
    bench.delete("secrets/a").await?.ok(200)?;
    let deleted = watch.expect("DELETED", "a").await?;
    let (before, after): (u64, u64) = (version(&created)?.parse()?, version(&deleted)?.parse()?);
    ensure!(after > before, "created at {before}, deleted at {after}");
    deleted.has("/data", created["data"].clone())
}

async fn tells_a_marking_as_a_change(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "finalizers": ["example.com/hold"]}});
    bench.post("secrets", &object).await?.ok(201)?;
    let mut watch = now(bench).await?;
    bench.delete("secrets/a").await?.ok(200)?;
    watch
        .expect("MODIFIED", "a")
        .await?
        .text("/metadata/deletionTimestamp")?;
    let patch = json!({"metadata": {"finalizers": null}});
    bench.merge("secrets/a", &patch).await?.ok(200)?;
    let deleted = watch.expect("DELETED", "a").await?;
    deleted.text("/metadata/deletionTimestamp").map(drop)
}

async fn tells_nothing_of_an_update_without_a_change(bench: &Bench) -> Result<()> {
    let object = bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = now(bench).await?;
    bench.put("secrets/a", &object).await?.ok(200)?;
    bench.merge("secrets/a", &json!({})).await?.ok(200)?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn tells_nothing_of_a_dry_run(bench: &Bench) -> Result<()> {
    let mut watch = now(bench).await?;
    bench
        .post("secrets?dryRun=All", &secret("a"))
        .await?
        .ok(201)?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn tells_nothing_of_other_namespaces(bench: &Bench) -> Result<()> {
    let mut watch = now(bench).await?;
    let name = bench.unique("elsewhere");
    let default = "/api/v1/namespaces/default/secrets";
    bench.post(default, &secret(&name)).await?.ok(201)?;
    bench.delete(&format!("{default}/{name}")).await?.ok(200)?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn over_all_namespaces_tells_of_each(bench: &Bench) -> Result<()> {
    let marker = bench.unique("mark");
    let path = format!("/api/v1/secrets?labelSelector=mark%3D{marker}");
    let list = bench.get(&path).await?.ok(200)?;
    let mut watch = bench
        .watch(&format!("{path}&resourceVersion={}", version(&list)?))
        .await?;
    let object = json!({"metadata": {"name": &marker, "labels": {"mark": &marker}}});
    for path in ["secrets", "/api/v1/namespaces/default/secrets"] {
        bench.post(path, &object).await?.ok(201)?;
    }
    watch
        .expect("ADDED", &marker)
        .await?
        .has("/metadata/namespace", bench.namespace())?;
    watch
        .expect("ADDED", &marker)
        .await?
        .has("/metadata/namespace", "default")?;
    bench
        .delete(&format!("/api/v1/namespaces/default/secrets/{marker}"))
        .await?
        .ok(200)
        .map(drop)
}

async fn of_one_name_tells_only_of_it(bench: &Bench) -> Result<()> {
    let mut watch = bench
        .watch("secrets?fieldSelector=metadata.name%3Db")
        .await?;
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn tells_an_object_that_starts_to_match_as_added(bench: &Bench) -> Result<()> {
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let mut watch = bench.watch("configmaps?labelSelector=app%3Dweb").await?;
    let patch = json!({"metadata": {"labels": {"app": "web"}}});
    bench.merge("configmaps/a", &patch).await?.ok(200)?;
    watch
        .expect("ADDED", "a")
        .await?
        .has("/metadata/labels/app", "web")
}

async fn tells_an_object_that_stops_to_match_as_deleted(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps", &labelled("a", &json!({"app": "web"})))
        .await?
        .ok(201)?;
    let mut watch = bench.watch("configmaps?labelSelector=app%3Dweb").await?;
    watch.expect("ADDED", "a").await?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    watch.expect("MODIFIED", "a").await?;
    bench
        .merge("configmaps/a", &json!({"metadata": {"labels": null}}))
        .await?
        .ok(200)?;
    watch.expect("DELETED", "a").await.map(drop)
}

async fn tells_a_lost_object_as_it_was_with_the_version_of_the_change(bench: &Bench) -> Result<()> {
    bench
        .post("configmaps", &labelled("a", &json!({"app": "web"})))
        .await?
        .ok(201)?;
    let mut watch = bench.watch("configmaps?labelSelector=app%3Dweb").await?;
    watch.expect("ADDED", "a").await?;
    let patch = json!({"metadata": {"labels": null}, "data": {"key": "other"}});
    let changed = bench.merge("configmaps/a", &patch).await?.ok(200)?;
    let lost = watch.expect("DELETED", "a").await?;
    lost.has("/metadata/labels/app", "web")?;
    lost.has("/data/key", "value")?;
    lost.has("/metadata/resourceVersion", version(&changed)?)
}

async fn from_an_old_version_replays_transitions(bench: &Bench) -> Result<()> {
    let created = bench
        .post("configmaps", &labelled("a", &json!({"app": "web"})))
        .await?;
    let created = created.ok(201)?;
    let patch = json!({"metadata": {"labels": null}});
    bench.merge("configmaps/a", &patch).await?.ok(200)?;
    let patch = json!({"metadata": {"labels": {"app": "web"}}});
    bench.merge("configmaps/a", &patch).await?.ok(200)?;
    let path = "configmaps?labelSelector=app%3Dweb";
    let mut watch = bench
        .watch(&format!("{path}&resourceVersion={}", version(&created)?))
        .await?;
    watch.expect("DELETED", "a").await?;
    watch.expect("ADDED", "a").await.map(drop)
}

async fn follows_field_selectors_across_transitions(bench: &Bench) -> Result<()> {
    bench.post("pods", &pod("a")).await?.ok(201)?;
    let mut watch = bench
        .watch("pods?fieldSelector=status.phase%3DRunning")
        .await?;
    for (phase, event) in [("Running", "ADDED"), ("Failed", "DELETED")] {
        let patch = json!({"status": {"phase": phase}});
        bench.merge("pods/a/status", &patch).await?.ok(200)?;
        watch.expect(event, "a").await?;
    }
    Ok(())
}

async fn loses_and_doubles_nothing_in_a_burst(bench: &Bench) -> Result<()> {
    let mut watch = now(bench).await?;
    let names: Vec<String> = (0..40).map(|index| format!("a{index:02}")).collect();
    for name in &names {
        bench.post("secrets", &secret(name)).await?.ok(201)?;
    }
    let mut last = 0;
    for name in &names {
        let told: u64 = version(&watch.expect("ADDED", name).await?)?.parse()?;
        ensure!(told > last, "version {told} came after {last}");
        last = told;
    }
    Ok(())
}

async fn gives_the_same_events_to_every_watcher(bench: &Bench) -> Result<()> {
    let mut watches = Vec::new();
    for _ in 0..5 {
        watches.push(now(bench).await?);
    }
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    bench.delete("secrets/a").await?.ok(200)?;
    for watch in &mut watches {
        watch.expect("ADDED", "a").await?;
        watch.expect("DELETED", "a").await?;
    }
    Ok(())
}

async fn events_carry_kind_and_version(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let object = bench.watch("secrets").await?.expect("ADDED", "a").await?;
    object.has("/kind", "Secret")?;
    object.has("/apiVersion", "v1")
}

async fn ends_after_its_timeout(bench: &Bench) -> Result<()> {
    let mut watch = bench.watch("secrets?timeoutSeconds=1").await?;
    let events = watch.until_end(Duration::from_secs(10)).await?;
    ensure!(events.is_empty(), "observed {events:?}");
    Ok(())
}

async fn bookmarks_come_before_the_timeout(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let path = "secrets?allowWatchBookmarks=true&timeoutSeconds=5&resourceVersion=0";
    let mut events = bench
        .watch(path)
        .await?
        .until_end(Duration::from_secs(20))
        .await?;
    let bookmark = events.pop().map(|event| (event.kind, event.object));
    let Some((kind, object)) = bookmark else {
        anyhow::bail!("no event at all")
    };
    ensure!(kind == "BOOKMARK", "the last event is {kind}");
    object.has("/kind", "Secret")?;
    object.lacks("/metadata/name")?;
    version(&object).map(drop)
}

async fn bookmarks_come_only_when_asked_for(bench: &Bench) -> Result<()> {
    let path = "secrets?timeoutSeconds=4&resourceVersion=0";
    let events = bench
        .watch(path)
        .await?
        .until_end(Duration::from_secs(20))
        .await?;
    ensure!(events.is_empty(), "observed {events:?}");
    Ok(())
}

const STREAM: &str =
    "secrets?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

async fn initial_events_end_with_a_bookmark(bench: &Bench) -> Result<()> {
    for name in ["b", "a"] {
        bench.post("secrets", &secret(name)).await?.ok(201)?;
    }
    let mut watch = bench.watch(STREAM).await?;
    watch.expect("ADDED", "a").await?;
    let newest = watch.expect("ADDED", "b").await?;
    end_of_initial_events(&mut watch, version(&newest)?.parse()?).await
}

async fn initial_events_of_nothing_end_with_a_bookmark(bench: &Bench) -> Result<()> {
    end_of_initial_events(&mut bench.watch(STREAM).await?, 1).await
}

async fn end_of_initial_events(watch: &mut crate::watch::Watch, oldest: u64) -> Result<()> {
    let end = watch.next().await?;
    ensure!(end.kind == "BOOKMARK", "observed {end:?}");
    let annotations = json!({"k8s.io/initial-events-end": "true"});
    end.object.has("/metadata/annotations", annotations)?;
    let told: u64 = version(&end.object)?.parse()?;
    ensure!(
        told >= oldest,
        "the bookmark is of {told}, the list of {oldest}"
    );
    Ok(())
}

async fn initial_events_need_a_version_match(bench: &Bench) -> Result<()> {
    let answer = bench
        .get("secrets?watch=true&sendInitialEvents=true")
        .await?;
    let status = answer.invalid("resourceVersionMatch", "FieldValueForbidden")?;
    status.says(
        "/message",
        "sendInitialEvents requires setting resourceVersionMatch",
    )
}

async fn changes_follow_the_initial_events(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = bench.watch(STREAM).await?;
    watch.expect("ADDED", "a").await?;
    end_of_initial_events(&mut watch, 1).await?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    let change = watch.expect_behind_bookmarks("ADDED", "b");
    change.await.map(drop)
}

async fn of_a_malformed_version_is_500(bench: &Bench) -> Result<()> {
    let status = bench
        .get("secrets?watch=true&resourceVersion=x")
        .await?
        .ok(500)?;
    status.says("/message", "resourceVersion: Invalid value: \"x\"")
}

async fn of_metadata_alone_carries_metadata_alone(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let ask = bench.get("secrets?watch=true").header("accept", accept);
    let mut watch = ask.watch().await?;
    let object = watch.expect("ADDED", "a").await?;
    object.has("/kind", "PartialObjectMetadata")?;
    object.lacks("/data")
}

async fn of_a_collection_deletion_tells_each_object(bench: &Bench) -> Result<()> {
    for name in ["a", "b"] {
        bench.post("secrets", &secret(name)).await?.ok(201)?;
    }
    let mut watch = now(bench).await?;
    bench.delete("secrets").await?.ok(200)?;
    // Real servers delete with several workers at once, so the order is open.
    let mut told = Vec::new();
    for _ in 0..2 {
        let event = watch.next().await?;
        told.push(format!(
            "{} {}",
            event.kind,
            event.object.text("/metadata/name")?
        ));
    }
    told.sort();
    ensure!(told == ["DELETED a", "DELETED b"], "observed {told:?}");
    Ok(())
}

async fn accepts_the_numeric_form_of_true(bench: &Bench) -> Result<()> {
    bench.post("pods", &bound_pod("a")).await?.ok(201)?;
    let mut watch = bench.get("pods?watch=1").watch().await?;
    watch.expect("ADDED", "a").await.map(drop)
}
