//! Runs trials of the catalogue on the simulator.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::{path::Path, time::Duration};

use judge::Outcome;
use manifest::Images;
use mesh::engine::SimMesh;
use runner::{Options, Trial, trials};
use scenario::Scenario;

/// Every cell of a row, by the path of its file below `scenarios`.
pub(crate) fn row(path: &str) -> Vec<Scenario> {
    let library = scenario::catalogue::library().unwrap();
    let path = Path::new("scenarios").join(path).with_extension("yaml");
    library
        .scenario(&scenario::catalogue::Embedded, &path)
        .unwrap()
}

pub(crate) fn options(seed: u64) -> Options {
    Options {
        run: "mesh".to_owned(),
        seed,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        images: Images::default(),
        patience: Duration::from_secs(3600),
    }
}

pub(crate) fn run(trial: Trial<'_>, seed: u64) -> report::Trial {
    let options = options(seed);
    sim::runtime::run(runner::run(&SimMesh, trial, &options))
}

/// Every trial of a row passes, which for a canary means that it is caught.
#[track_caller]
pub(crate) fn stands(path: &str) {
    let scenarios = row(path);
    let run = |trial| run(trial, 1);
    let wrong: Vec<String> = trials(&scenarios)
        .into_iter()
        .map(run)
        .filter(|trial| trial.outcome != Outcome::Pass)
        .map(|trial| report::text::trial(&trial, 1))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
