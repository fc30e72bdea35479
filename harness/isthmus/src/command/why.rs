//! `isthmus why`: the path of one call, station by station.

use std::{io, path::Path};

use scenario::{
    Document, Scenario, Set, catalogue,
    problem::did_you_mean,
    scenario::{Canary, Step},
};
use serde_json::json;
use world::Why as Explained;

use super::{CommandError, Terminal, subject};
use crate::{
    Exit,
    cli::Why,
    engines::{EngineName, OpenEngine},
    question::{self, Question},
    rehearsal::{self, Settings},
    trials::{self, Source},
};

pub(super) fn run(args: &Why, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let engine = args.engine.map_or_else(EngineName::of_environment, Ok)?;
    let engine = engine.open(&args.setup)?;
    let scenario = scenario(args)?;
    let question = question::read(&args.asked, &scenario)?;
    let explained = explained(args, &engine, &scenario, &question, terminal);
    let closed = engine.close();
    let explained = explained?;
    closed?;
    if args.json {
        let answer = json!({
            "from": question.from.to_string(),
            "to": question.to.to_string(),
            "lines": explained.lines,
            "outcome": report::text::outcome(&explained.outcome),
        });
        serde_json::to_writer_pretty(&mut *terminal.out, &answer).map_err(io::Error::from)?;
        writeln!(terminal.out)?;
    } else {
        writeln!(terminal.out, "{} → {}", question.from, question.to)?;
        writeln!(terminal.out, "{explained}")?;
    }
    Ok(Exit::Done)
}

/// The scenario in the cell that was asked for; for a topology, one with the samples in it.
fn scenario(args: &Why) -> Result<Scenario, CommandError> {
    let cells = cells(args)?;
    let wanted = |scenario: &Scenario| {
        args.cell.iter().all(|written| {
            let mut axes = scenario.cell().iter();
            axes.any(|(axis, value)| format!("{axis}={value}") == *written)
        })
    };
    let known = cells.iter().flat_map(Scenario::cell);
    let known: Vec<String> = known
        .map(|(axis, value)| format!("{axis}={value}"))
        .collect();
    let found = cells.into_iter().find(wanted);
    found.ok_or_else(|| {
        let written = args.cell.join(" ");
        let remedy = did_you_mean(&written, known.iter().map(String::as_str));
        not_in_scenario("cell", written, remedy)
    })
}

fn cells(args: &Why) -> Result<Vec<Scenario>, CommandError> {
    let path = Path::new(&args.subject);
    if !path.exists() {
        let found = Source::paths([path]).rows()?;
        return match found.is_empty() {
            false => Ok(found),
            // Neither a row nor a file: a topology of the catalogue, or nothing.
            true => subject::topology(&args.subject)
                .and_then(|_| Ok(question::stand_in(&args.subject)?)),
        };
    }
    let paths: Vec<_> = args.library.iter().cloned().chain([path.into()]).collect();
    let set = Set::read(&catalogue::library(), &paths);
    if let Some(problems) = set.problems {
        return Err(problems.into());
    }
    let mut documents = set.documents.into_iter();
    match documents.find(|(file, _)| file == path) {
        Some((_, Document::Scenario(cells))) => Ok(cells),
        Some((_, Document::Topology(_))) => Ok(question::stand_in(&args.subject)?),
        None => Err(CommandError::Unknown {
            name: args.subject.clone(),
            remedy: "name one file, not a directory".to_owned(),
        }),
    }
}

fn explained(
    args: &Why,
    engine: &OpenEngine,
    scenario: &Scenario,
    question: &Question,
    terminal: &Terminal<'_>,
) -> Result<Explained, CommandError> {
    let trial = runner::Trial {
        scenario,
        canary: canary(args, scenario)?,
    };
    if let Some(reason) = trials::skipped_on(engine, trial) {
        return Err(CommandError::NotOnThisEngine(reason));
    }
    let settings = Settings {
        seed: args.seed,
        ..Settings::on(engine)
    };
    let options = rehearsal::options(engine, scenario, 0, &settings);
    let after = after(args, scenario)?;
    let calls = question.calls();
    let asked = runner::explain(engine.engine(), trial, &options, after, &calls);
    engine.run(async {
        tokio::select! {
            biased;
            () = terminal.stop.requested() => Err(CommandError::Interrupted),
            why = Box::pin(asked) => Ok(why?),
        }
    })
}

fn canary<'a>(args: &Why, scenario: &'a Scenario) -> Result<Option<&'a Canary>, CommandError> {
    let Some(written) = &args.canary else {
        return Ok(None);
    };
    let names = || {
        scenario
            .canaries()
            .iter()
            .map(|canary| canary.name.as_str())
    };
    let found = scenario
        .canaries()
        .iter()
        .find(|canary| canary.name == *written);
    found
        .map(Some)
        .ok_or_else(|| not_in_scenario("canary", written.clone(), did_you_mean(written, names())))
}

/// The place of the step in the scenario, from 0.
fn after(args: &Why, scenario: &Scenario) -> Result<Option<usize>, CommandError> {
    let Some(written) = &args.after else {
        return Ok(None);
    };
    let steps = scenario.steps();
    if let Ok(number) = written.parse::<usize>() {
        return match number {
            0 => Ok(None),
            number if number <= steps.len() => Ok(Some(number - 1)),
            _ => Err(not_in_scenario(
                "step",
                written.clone(),
                format!("it has {}", steps.len()),
            )),
        };
    }
    let found = steps
        .iter()
        .position(|step| step_name(step) == Some(written));
    found.map(Some).ok_or_else(|| {
        let known = steps.iter().filter_map(step_name);
        not_in_scenario("step", written.clone(), did_you_mean(written, known))
    })
}

fn step_name(step: &Step) -> Option<&str> {
    step.name.as_deref()
}

fn not_in_scenario(what: &'static str, written: String, remedy: String) -> CommandError {
    CommandError::NotInScenario {
        what,
        written,
        remedy,
    }
}
