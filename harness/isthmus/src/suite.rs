//! Scenarios as tests of `cargo test`: one per scenario, cell, canary and engine.
//!
//! For a repository of one's own it takes a test without the ordinary harness:
//!
//! ```toml
//! [[test]]
//! name = "scenarios"
//! harness = false
//! ```
//!
//! and one line in `tests/scenarios.rs`, with paths from the crate's directory:
//!
//! ```ignore
//! isthmus::scenarios!("scenarios", "topologies");
//! ```
//!
//! Names, filters, `--list`, `--ignored` and the rest are those of every Rust test, and
//! cargo-nextest runs them too. The engine is that of `ISTHMUS_ENGINE`, the seed that of
//! `ISTHMUS_SEED`, and `ISTHMUS_DIAGNOSIS` names a folder for what clusters held when one did not pass. What the engine lacks is an ignored test that says why; it never passes.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use judge::Outcome;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::{
    Exit,
    console::notes,
    engines::{EngineName, OpenEngine, Setup},
    rehearsal::{Hands, Rehearsal, Settings, Stop},
    trials::{Case, Source},
};

/// The variable that says the seed.
pub const SEED: &str = "ISTHMUS_SEED";

/// The variable that says where what clusters held is kept of trials that did not pass.
pub const DIAGNOSIS: &str = "ISTHMUS_DIAGNOSIS";

/// The whole `main` of a test: scenarios of files and directories, by their paths from the crate's
/// directory.
#[macro_export]
macro_rules! scenarios {
    ($($path:literal),+ $(,)?) => {
        #[global_allocator]
        static ALLOCATOR: $crate::Allocator = $crate::Allocator;

        fn main() -> ::std::process::ExitCode {
            let paths = [$(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)),+];
            $crate::suite::main($crate::trials::Source::paths(paths))
        }
    };
}

/// Why there are no tests to run.
#[derive(Debug, thiserror::Error)]
enum SuiteError {
    #[error("{0}")]
    Problems(#[from] scenario::Problems),
    #[error(transparent)]
    Engine(#[from] crate::engines::EngineError),
    #[error("{SEED}={written} is no seed; write a whole number")]
    Seed { written: String },
    #[error(
        "there is no scenario where the suite looks for them; a suite without tests proves nothing"
    )]
    Empty,
}

/// What every test shares.
struct Shared {
    engine: OpenEngine,
    settings: Settings,
    stop: Stop,
    hands: Hands,
}

/// Runs the scenarios of `source` as tests, with the arguments of the command line.
pub fn main(source: Source) -> ExitCode {
    let mut arguments = Arguments::from_args();
    notes::write();
    match tests(&source, &arguments) {
        Ok((shared, tests)) => {
            let jobs = shared.settings.jobs.get();
            arguments.test_threads = arguments.test_threads.or(Some(jobs));
            let conclusion = libtest_mimic::run(&arguments, tests);
            if let Err(error) = shared.engine.close() {
                eprintln!("not everything could be taken down: {error}");
            }
            conclusion.exit_code()
        }
        Err(error) => {
            eprintln!("{error}");
            match error {
                SuiteError::Engine(_) => Exit::Environment.into(),
                SuiteError::Problems(_) | SuiteError::Seed { .. } | SuiteError::Empty => {
                    Exit::Usage.into()
                }
            }
        }
    }
}

/// The tests, and what they share.
fn tests(source: &Source, arguments: &Arguments) -> Result<(Arc<Shared>, Vec<Trial>), SuiteError> {
    let engine = EngineName::of_environment()?.open(&Setup::of_environment()?)?;
    let mut settings = Settings::on(&engine);
    settings.seed = seed()?;
    settings.diagnosis = std::env::var_os(DIAGNOSIS).map(PathBuf::from);
    let shared = Arc::new(Shared {
        engine,
        settings,
        stop: Stop::new(),
        hands: Hands::default(),
    });
    let cases = source.cases()?;
    if cases.is_empty() {
        return Err(SuiteError::Empty);
    }
    let tests = cases.into_iter();
    let tests = tests.map(|case| test(&shared, case, arguments)).collect();
    Ok((shared, tests))
}

fn seed() -> Result<u64, SuiteError> {
    match std::env::var(SEED) {
        Ok(written) => written.parse().map_err(|_| SuiteError::Seed { written }),
        Err(_) => Ok(Settings::SEED),
    }
}

/// One test. What cannot be run is marked as ignored wherever somebody asks what is ignored; where
/// it is run all the same it says why, which a mark cannot.
fn test(shared: &Arc<Shared>, case: Case, arguments: &Arguments) -> Trial {
    let asks = arguments.list || arguments.ignored || arguments.include_ignored;
    let ignored = asks && case.skipped_on(&shared.engine).is_some();
    let name = case.name(&shared.engine).to_string();
    let shared = Arc::clone(shared);
    Trial::ignorable_test(name, move || run(&shared, case)).with_ignored_flag(ignored)
}

fn run(shared: &Arc<Shared>, case: Case) -> Result<Completion, Failed> {
    let theirs = Arc::clone(shared);
    let trial = shared.hands.run(move || {
        let rehearsal = Rehearsal {
            engine: &theirs.engine,
            settings: &theirs.settings,
            stop: &theirs.stop,
        };
        rehearsal.run_here(&case)
    });
    match trial.outcome {
        Outcome::Pass => Ok(Completion::Completed),
        Outcome::Skip => Ok(Completion::ignored_with(trial.reason.unwrap_or_default())),
        Outcome::Fail | Outcome::Inconclusive => {
            Err(report::text::trial(&trial, shared.settings.seed).into())
        }
    }
}
