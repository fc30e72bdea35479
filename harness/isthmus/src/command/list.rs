//! `isthmus list`: scenarios with what they check.

use std::io::Write;

use scenario::{Document, Scenario, Set};
use serde_json::{Value, json};

use super::{CommandError, subject};
use crate::{Exit, cli::List};

pub(super) fn run(args: &List, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let set = Set::read(&subject::shelf(), &args.paths);
    if let Some(problems) = set.problems {
        return Err(problems.into());
    }
    let scenarios = set
        .documents
        .into_iter()
        .filter_map(|(_, document)| match document {
            Document::Scenario(cells) => Some(cells),
            Document::Topology(_) => None,
        });
    let wanted = |scenario: &Scenario| {
        args.area.is_none()
            || args.area.as_deref() == scenario.labels().get("area").map(String::as_str)
    };
    let scenarios: Vec<Scenario> = scenarios.flatten().filter(wanted).collect();
    if args.json {
        let rows: Vec<Value> = scenarios.iter().map(row).collect();
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        for scenario in &scenarios {
            describe(scenario, out)?;
        }
    }
    Ok(if scenarios.is_empty() {
        Exit::NothingSelected
    } else {
        Exit::Done
    })
}

fn row(scenario: &Scenario) -> Value {
    json!({
        "name": scenario.title(),
        "labels": scenario.labels(),
        "topology": scenario.topology().name().to_string(),
        "checks": scenario.checks().map(|check| check.name.clone()).collect::<Vec<_>>(),
        "canaries": scenario.canaries().iter().map(|canary| canary.name.clone()).collect::<Vec<_>>(),
        "needs": scenario.needs(),
    })
}

fn describe(scenario: &Scenario, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}  on {}",
        scenario.title(),
        scenario.topology().name()
    )?;
    for check in scenario.checks() {
        writeln!(out, "  check   {} ({})", check.name, check.kind.word())?;
    }
    for canary in scenario.canaries() {
        writeln!(out, "  canary  {}", canary.name)?;
    }
    Ok(())
}
