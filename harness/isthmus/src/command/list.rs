//! `isthmus list`: scenarios with what they check.

use std::io::{self, Write};

use scenario::{Document, Scenario, Set, catalogue, catalogue::Row, draft::EngineKind};
use serde_json::{Value, json};

use super::{CommandError, subject};
use crate::{Exit, cli::List};

/// A scenario, and its row if it is one of the catalogue's.
struct Listed {
    row: Option<&'static Row>,
    scenario: Scenario,
}

pub(super) fn run(args: &List, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let mut listed = Vec::new();
    if args.catalogue || args.paths.is_empty() {
        listed.extend(of_catalogue()?);
    }
    listed.extend(of_paths(args)?);
    listed.retain(|listed| listed.is_in(args.area.as_deref()));
    if args.json {
        let rows: Vec<Value> = listed.iter().map(Listed::to_json).collect();
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        for one in &listed {
            one.describe(out)?;
        }
    }
    Ok(if listed.is_empty() {
        Exit::NothingSelected
    } else {
        Exit::Done
    })
}

fn of_catalogue() -> Result<Vec<Listed>, CommandError> {
    let rows = catalogue::scenarios()?;
    let cells = rows
        .into_iter()
        .flat_map(|(row, cells)| cells.into_iter().map(move |cell| (row, cell)));
    Ok(cells
        .map(|(row, scenario)| Listed {
            row: Some(row),
            scenario,
        })
        .collect())
}

fn of_paths(args: &List) -> Result<Vec<Listed>, CommandError> {
    let set = Set::read(&subject::shelf(), &args.paths);
    if let Some(problems) = set.problems {
        return Err(problems.into());
    }
    let scenarios = set
        .documents
        .into_iter()
        .flat_map(|(_, document)| match document {
            Document::Scenario(cells) => cells,
            Document::Topology(_) => Vec::new(),
        });
    Ok(scenarios
        .map(|scenario| Listed {
            row: None,
            scenario,
        })
        .collect())
}

fn word(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::Sim => "sim",
        EngineKind::Kind => "kind",
        EngineKind::Existing => "existing",
    }
}

impl Listed {
    fn is_in(&self, area: Option<&str>) -> bool {
        area.is_none_or(|area| {
            self.scenario
                .labels()
                .get("area")
                .is_some_and(|own| own == area)
        })
    }

    fn engines(&self) -> Vec<&'static str> {
        self.scenario
            .engines()
            .iter()
            .map(|engine| word(*engine))
            .collect()
    }

    fn needs(&self) -> Vec<String> {
        self.scenario
            .needs()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn to_json(&self) -> Value {
        let scenario = &self.scenario;
        json!({
            "row": self.row.map(|row| row.id),
            "title": self.row.map(|row| row.title),
            "origin": self.row.map(|row| row.origin),
            "name": scenario.title(),
            "labels": scenario.labels(),
            "engines": self.engines(),
            "topology": scenario.topology().name().to_string(),
            "checks": scenario.checks().map(|check| &check.name).collect::<Vec<_>>(),
            "canaries": scenario.canaries().iter().map(|canary| &canary.name).collect::<Vec<_>>(),
            "needs": self.needs(),
        })
    }

    fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        let scenario = &self.scenario;
        match self.row {
            Some(row) => writeln!(out, "{} {}: {}", row.id, scenario.title(), row.title)?,
            None => writeln!(out, "{}", scenario.title())?,
        }
        if let Some(row) = self.row {
            writeln!(out, "  origin    {}", row.origin.join(", "))?;
        }
        writeln!(out, "  topology  {}", scenario.topology().name())?;
        writeln!(out, "  engines   {}", self.engines().join(", "))?;
        writeln!(out, "  needs     {}", self.needs().join(", "))?;
        for check in scenario.checks() {
            writeln!(out, "  check     {} ({})", check.name, check.kind.word())?;
        }
        for canary in scenario.canaries() {
            writeln!(
                out,
                "  canary    {} → caught by: {}",
                canary.name, canary.caught_by
            )?;
        }
        writeln!(out)
    }
}
