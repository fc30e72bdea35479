//! What holds of every run on clusters of others.

use std::{pin::Pin, time::Duration};

use anyhow::{Result, bail, ensure};
use parity::{Site as _, real::ControlPlane};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    cut,
    run::{self, OWN},
};

type Held<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A claim, and how it is asked.
pub(crate) struct Fact {
    pub(crate) claim: &'static str,
    pub(crate) holds: fn(&ControlPlane) -> Held<'_>,
}

pub(crate) const ALL: [Fact; 5] = [
    Fact {
        claim: "a context that nobody allowed is refused before any request",
        holds: |site| Box::pin(refused_unasked(site)),
    },
    Fact {
        claim: "every write is in a namespace of the run, by the audit log",
        holds: |site| Box::pin(writes_stay_at_home(site)),
    },
    Fact {
        claim: "a write elsewhere is not sent",
        holds: |site| Box::pin(others_are_not_written(site)),
    },
    Fact {
        claim: "a namespace of somebody else is neither used nor removed",
        holds: |site| Box::pin(others_keep_theirs(site)),
    },
    Fact {
        claim: "a run that is cut off wherever it is leaves nothing",
        holds: |site| Box::pin(nothing_is_left(site)),
    },
];

/// What was asked by nobody but this process, since there were so many events.
fn ours(site: &ControlPlane, since: usize) -> Result<Vec<Value>> {
    let events = site.audit()?.into_iter().skip(since);
    let is_ours = |event: &Value| {
        let agent = event["userAgent"].as_str().unwrap_or_default();
        event["user"]["username"] == "administrator"
            && !agent.starts_with("kube-controller-manager")
    };
    Ok(events.filter(is_ours).collect())
}

async fn refused_unasked(site: &ControlPlane) -> Result<()> {
    let before = site.audit()?.len();
    ensure!(
        run::engine(site, "https://127.0.0.1:1").is_err(),
        "it was not refused"
    );
    // Whatever was sent has been logged by then.
    sleep(Duration::from_millis(500)).await;
    let asked = ours(site, before)?;
    ensure!(asked.is_empty(), "it was asked for {asked:?}");
    Ok(())
}

async fn writes_stay_at_home(site: &ControlPlane) -> Result<()> {
    let before = site.audit()?.len();
    let engine = run::engine(site, &run::server(site).await?)?;
    run::whole(&engine, "home").await?;
    let asked = ours(site, before)?;
    let writes: Vec<&Value> = asked.iter().filter(|event| is_write(event)).collect();
    ensure!(
        writes.len() >= 5,
        "four objects and a namespace are written: {writes:?}"
    );
    match writes.iter().find(|event| !is_at_home(event)) {
        Some(elsewhere) => bail!("this is outside: {elsewhere}"),
        None => Ok(()),
    }
}

/// In the namespace, or about the namespace itself, which is in none when it is made.
fn is_at_home(event: &Value) -> bool {
    let object = &event["objectRef"];
    object["namespace"] == OWN || (object["resource"] == "namespaces" && object["name"] == OWN)
}

fn is_write(event: &Value) -> bool {
    !matches!(event["verb"].as_str(), Some("get" | "list" | "watch"))
}

async fn others_are_not_written(site: &ControlPlane) -> Result<()> {
    let before = site.audit()?.len();
    let engine = run::engine(site, &run::server(site).await?)?;
    let environment = run::up(&engine, "guarded").await?;
    let sent = run::apply(&*environment, &[run::config_map("kube-system")]).await;
    environment.tear_down().await?;
    ensure!(sent.is_err(), "it was written");
    let asked = ours(site, before)?;
    ensure!(
        !asked.iter().any(is_write),
        "the API server heard of it: {asked:?}"
    );
    Ok(())
}

async fn others_keep_theirs(site: &ControlPlane) -> Result<()> {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OWN}});
    let kinds = engine::Kinds::new("cluster1", site.admin());
    engine::Apply::new(kinds.clone(), "somebody")
        .one(&namespace)
        .await?;
    let engine = run::engine(site, &run::server(site).await?)?;
    let environment = run::up(&engine, "guest").await?;
    let claimed = environment.claim(&run::cluster(), OWN).await;
    environment.tear_down().await?;
    ensure!(claimed.is_err(), "it was taken");
    let standing = run::namespaces(site).await?;
    ensure!(
        standing.get(OWN) == Some(&false),
        "it is there no more: {standing:?}"
    );
    removed(&kinds).await
}

async fn removed(kinds: &engine::Kinds) -> Result<()> {
    let own = engine::ObjectRef::cluster_wide("v1", "Namespace", OWN);
    engine::delete::one(kinds, &own).await?;
    let gone = engine::condition::absent();
    engine::wait::until(kinds, &own, &gone, run::deadline()).await?;
    Ok(())
}

/// After how many steps runs are cut off: every part of one is met, from the first request to the
/// removal.
const CUTS: [usize; 12] = [1, 2, 3, 5, 7, 9, 12, 16, 21, 28, 38, 52];

async fn nothing_is_left(site: &ControlPlane) -> Result<()> {
    let before = run::namespaces(site).await?;
    let engine = run::engine(site, &run::server(site).await?)?;
    let mut cut_off = 0;
    for steps in CUTS {
        let name = format!("cut{steps}");
        let ended = cut::after(steps, run::whole(&engine, &name)).await;
        cut_off += usize::from(ended.is_none());
        engine.sweep().await?;
        // A request that was on its way when the run was cut off may still arrive.
        sleep(Duration::from_millis(200)).await;
        let after = run::namespaces(site).await?;
        ensure!(
            after == before,
            "cut off after {steps} steps it leaves {after:?}"
        );
    }
    ensure!(
        cut_off >= CUTS.len() / 2,
        "most runs are cut off before their end: {cut_off}"
    );
    Ok(())
}
