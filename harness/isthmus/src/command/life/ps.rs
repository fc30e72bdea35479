//! `isthmus ps`: what stands in Docker, whose it is, and until when.

use std::io::Write;

use jiff::Timestamp;
use kind::{Fleet, lease::Claim};
use serde_json::{Value, json};

use super::{CommandError, on_runtime};
use crate::{Exit, cli::Ps};

pub(in crate::command) fn run(args: &Ps, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let fleets = on_runtime(kind::fleet::list())??;
    let now = Timestamp::now();
    if args.json {
        let all: Vec<Value> = fleets.iter().map(|fleet| record(fleet, now)).collect();
        writeln!(out, "{:#}", Value::Array(all))?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "{:<24} {:<10} {:<10} {:<22} CLUSTERS",
        "NAME", "STATE", "OWNER", "UNTIL"
    )?;
    for fleet in &fleets {
        let owner = fleet.owner.as_ref();
        let user = owner.map_or("-", |owner| owner.user.as_str());
        let until = fleet.until();
        let until = until.map_or_else(|| "-".to_owned(), |until| format!("{until:.0}"));
        let clusters: Vec<&str> = fleet.clusters.keys().map(String::as_str).collect();
        let (name, state) = (&fleet.run, state(fleet, now));
        writeln!(
            out,
            "{name:<24} {state:<10} {user:<10} {until:<22} {}",
            clusters.join(" ")
        )?;
    }
    Ok(Exit::Done)
}

/// One word: whether it runs, and whether anybody still needs it.
fn state(fleet: &Fleet, now: Timestamp) -> &'static str {
    match fleet.claim(now) {
        None => "unknown",
        Some(Claim::Expired) => "expired",
        Some(Claim::Abandoned) => "abandoned",
        Some(Claim::Held) if fleet.is_running() => "running",
        Some(Claim::Held) => "stopped",
    }
}

fn record(fleet: &Fleet, now: Timestamp) -> Value {
    let clusters = fleet.clusters.iter().map(|(name, nodes)| {
        let nodes: Vec<Value> = nodes
            .iter()
            .map(|node| json!({ "name": node.name, "running": node.running }))
            .collect();
        json!({ "name": name, "nodes": nodes })
    });
    json!({
        "name": fleet.run,
        "state": state(fleet, now),
        "owner": fleet.owner.as_ref().map(|owner| &owner.user),
        "until": fleet.until().map(|until| until.to_string()),
        "clusters": clusters.collect::<Vec<_>>(),
    })
}
