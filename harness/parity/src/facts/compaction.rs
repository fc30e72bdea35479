//! What is left of old versions once the storage has forgotten them.
//!
//! Compaction hits the whole server, so these facts have a site for themselves while they run
//! (see [`crate::suite`]). They use Events, for which real servers keep no watch cache: what is
//! seen is the storage and not a cache in front of it.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::Bench;
use crate::claim::{Claims, names, version};
use crate::fact::facts;
use crate::object::{event, secret};

facts! { "compaction":
    ends_old_pages_with_410,
    offers_the_rest_of_old_pages_in_the_present,
    ends_exact_lists_of_old_versions_with_410,
    ends_watches_from_old_versions_with_410,
    spares_watches_from_the_latest_version,
    spares_open_watches,
    spares_every_current_object,
}

/// The first page of two Events, of a version that the storage has then forgotten.
async fn forgotten(bench: &Bench) -> Result<Value> {
    for name in ["a", "b"] {
        bench
            .post("events", &event(name, bench.namespace()))
            .await?
            .ok(201)?;
    }
    let page = bench.get("events?limit=1").await?.ok(200)?;
    // The version right after the page survives as the starting point of a watch; one more not.
    for name in ["c", "d"] {
        bench
            .post("events", &event(name, bench.namespace()))
            .await?
            .ok(201)?;
    }
    bench.compact().await?;
    Ok(page)
}

async fn ends_old_pages_with_410(bench: &Bench) -> Result<()> {
    let page = forgotten(bench).await?;
    let token = page.text("/metadata/continue")?;
    let answer = bench
        .get(&format!("events?limit=1&continue={token}"))
        .await?;
    let status = answer.refused(410, "Expired")?;
    status.says("/message", "The provided continue parameter is too old")
}

async fn offers_the_rest_of_old_pages_in_the_present(bench: &Bench) -> Result<()> {
    let page = forgotten(bench).await?;
    let token = page.text("/metadata/continue")?;
    let status = bench
        .get(&format!("events?limit=1&continue={token}"))
        .await?;
    let status = status.refused(410, "Expired")?;
    // The token in the refusal goes on after the same name, in the present.
    let token = status.text("/metadata/continue")?;
    let rest = bench
        .get(&format!("events?limit=5&continue={token}"))
        .await?
        .ok(200)?;
    ensure!(
        names(&rest) == ["b", "c", "d"],
        "observed {:?}",
        names(&rest)
    );
    Ok(())
}

async fn ends_exact_lists_of_old_versions_with_410(bench: &Bench) -> Result<()> {
    let page = forgotten(bench).await?;
    let version = version(&page)?;
    let path = format!("events?resourceVersion={version}&resourceVersionMatch=Exact");
    let status = bench.get(&path).await?.refused(410, "Expired")?;
    status.says(
        "/message",
        "The resourceVersion for the provided list is too old",
    )
}

async fn ends_watches_from_old_versions_with_410(bench: &Bench) -> Result<()> {
    let page = forgotten(bench).await?;
    let path = format!("events?resourceVersion={}", version(&page)?);
    bench.watch(&path).await?.expect_expired().await
}

async fn spares_watches_from_the_latest_version(bench: &Bench) -> Result<()> {
    forgotten(bench).await?;
    let list = bench.get("events").await?.ok(200)?;
    let path = format!("events?resourceVersion={}", version(&list)?);
    let mut watch = bench.watch(&path).await?;
    bench
        .post("events", &event("e", bench.namespace()))
        .await?
        .ok(201)?;
    watch.expect("ADDED", "e").await.map(drop)
}

async fn spares_open_watches(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let mut watch = bench.watch("secrets").await?;
    watch.expect("ADDED", "a").await?;
    bench.compact().await?;
    bench.post("secrets", &secret("b")).await?.ok(201)?;
    watch.expect("ADDED", "b").await.map(drop)
}

async fn spares_every_current_object(bench: &Bench) -> Result<()> {
    forgotten(bench).await?;
    let list = bench.get("events").await?.ok(200)?;
    ensure!(
        names(&list) == ["a", "b", "c", "d"],
        "observed {:?}",
        names(&list)
    );
    Ok(())
}
