//! `isthmus list`: scenarios with what they check.

use std::io::{self, Write};

use scenario::{Scenario, catalogue::Row};
use serde_json::{Value, json};

use super::CommandError;
use crate::{
    Exit,
    cli::List,
    engines::word,
    trials::{Found, Place, Source},
};

/// A scenario, and its row if it is one of the catalogue's.
struct Listed {
    row: Option<&'static Row>,
    scenario: Scenario,
}

pub(super) fn run(args: &List, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let source = Source {
        catalogue: args.catalogue || args.paths.is_empty(),
        paths: args.paths.clone(),
        istio: None,
    };
    let mut listed: Vec<Listed> = source.scenarios()?.into_iter().map(Listed::from).collect();
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

impl From<Found> for Listed {
    fn from(found: Found) -> Self {
        let row = match found.at {
            Place::Row(row) => Some(row),
            Place::File { .. } => None,
        };
        Self {
            row,
            scenario: found.scenario,
        }
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
