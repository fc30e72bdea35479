//! Lists in pages: `limit`, `continue`, and lists of an exact version.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::Bench;
use crate::claim::{Claims, names, version};
use crate::fact::facts;
use crate::object::secret;

facts! { "pages":
    cover_every_object_once,
    all_carry_the_version_of_the_first,
    tell_how_many_remain,
    do_not_tell_how_many_remain_under_a_selector,
    end_without_a_token,
    of_a_large_limit_have_no_token,
    do_not_see_objects_made_meanwhile,
    of_a_malformed_token_are_400,
    an_exact_version_is_a_view_of_the_past,
    an_exact_match_needs_a_version,
    an_unknown_match_is_422,
    initial_events_are_for_watches,
}

async fn secrets(bench: &Bench) -> Result<()> {
    for name in ["a", "b", "c", "d", "e"] {
        bench.post("secrets", &secret(name)).await?.ok(201)?;
    }
    Ok(())
}

/// The next page, by the token of the one before.
async fn next(bench: &Bench, path: &str, page: &Value) -> Result<Value> {
    let token = page.text("/metadata/continue")?;
    bench
        .get(&format!("{path}&continue={token}"))
        .await?
        .ok(200)
}

async fn cover_every_object_once(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let mut page = bench.get("secrets?limit=2").await?.ok(200)?;
    let mut seen: Vec<String> = Vec::new();
    loop {
        seen.extend(names(&page).into_iter().map(str::to_owned));
        if page.pointer("/metadata/continue").is_none() {
            break;
        }
        page = next(bench, "secrets?limit=2", &page).await?;
    }
    ensure!(seen == ["a", "b", "c", "d", "e"], "observed {seen:?}");
    Ok(())
}

async fn all_carry_the_version_of_the_first(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let first = bench.get("secrets?limit=2").await?.ok(200)?;
    bench.post("secrets", &secret("z")).await?.ok(201)?;
    let second = next(bench, "secrets?limit=2", &first).await?;
    second.has("/metadata/resourceVersion", version(&first)?)
}

async fn tell_how_many_remain(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let page = bench.get("secrets?limit=2").await?.ok(200)?;
    page.has("/metadata/remainingItemCount", 3)?;
    let page = next(bench, "secrets?limit=2", &page).await?;
    page.has("/metadata/remainingItemCount", 1)
}

async fn do_not_tell_how_many_remain_under_a_selector(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let page = bench
        .get("secrets?limit=2&labelSelector=!a")
        .await?
        .ok(200)?;
    page.text("/metadata/continue")?;
    page.lacks("/metadata/remainingItemCount")
}

async fn end_without_a_token(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let page = bench.get("secrets?limit=4").await?.ok(200)?;
    let page = next(bench, "secrets?limit=4", &page).await?;
    ensure!(names(&page) == ["e"], "observed {:?}", names(&page));
    page.lacks("/metadata/continue")?;
    page.lacks("/metadata/remainingItemCount")
}

async fn of_a_large_limit_have_no_token(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let page = bench.get("secrets?limit=5").await?.ok(200)?;
    ensure!(names(&page).len() == 5);
    page.lacks("/metadata/continue")
}

async fn do_not_see_objects_made_meanwhile(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let page = bench.get("secrets?limit=3").await?.ok(200)?;
    bench.post("secrets", &secret("d-1")).await?.ok(201)?;
    bench.delete("secrets/e").await?.ok(200)?;
    let page = next(bench, "secrets?limit=3", &page).await?;
    ensure!(names(&page) == ["d", "e"], "observed {:?}", names(&page));
    Ok(())
}

async fn of_a_malformed_token_are_400(bench: &Bench) -> Result<()> {
    let answer = bench.get("secrets?limit=1&continue=garbage").await?;
    answer
        .refused(400, "BadRequest")?
        .says("/message", "continue key is not valid")
}

async fn an_exact_version_is_a_view_of_the_past(bench: &Bench) -> Result<()> {
    secrets(bench).await?;
    let past = bench.get("secrets").await?.ok(200)?;
    bench.delete("secrets/a").await?.ok(200)?;
    let version = version(&past)?;
    let path = format!("secrets?resourceVersion={version}&resourceVersionMatch=Exact");
    let list = bench.get(&path).await?.ok(200)?;
    list.has("/metadata/resourceVersion", version)?;
    ensure!(
        names(&list) == ["a", "b", "c", "d", "e"],
        "observed {:?}",
        names(&list)
    );
    Ok(())
}

async fn an_exact_match_needs_a_version(bench: &Bench) -> Result<()> {
    let answer = bench.get("secrets?resourceVersionMatch=Exact").await?;
    answer
        .invalid("resourceVersionMatch", "FieldValueForbidden")
        .map(drop)
}

async fn an_unknown_match_is_422(bench: &Bench) -> Result<()> {
    let answer = bench
        .get("secrets?resourceVersion=1&resourceVersionMatch=Roughly")
        .await?;
    answer
        .invalid("resourceVersionMatch", "FieldValueNotSupported")
        .map(drop)
}

async fn initial_events_are_for_watches(bench: &Bench) -> Result<()> {
    let answer = bench.get("secrets?sendInitialEvents=true").await?;
    let status = answer.invalid("sendInitialEvents", "FieldValueForbidden")?;
    status.says("/message", "sendInitialEvents is forbidden for list")
}
