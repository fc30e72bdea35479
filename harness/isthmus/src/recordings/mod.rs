//! The simulator beside real clusters: recordings of rows of the catalogue, and the same rows on the
//! simulator.
//!
//! Reading order: [`simulated`] (what the simulator says of recorded trials), [`shelf`] (where
//! recordings are kept), [`accepted`] (differences that are known, each with its reason).

pub mod accepted;
pub mod shelf;

use report::{
    Run, json,
    recording::{self, Difference, Recorded, Recording, RecordingError, differences},
};
use world::Version;

use crate::{
    engines::{EngineError, EngineName, Setup},
    rehearsal::{Rehearsal, Settings, Stop},
    trials::{Case, Source},
};

pub use accepted::Accepted;
pub use shelf::Shelf;

/// Why a recording cannot be made or compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingsError {
    /// A report is of another form.
    #[error("{path}: {source}")]
    Report {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: RecordingError,
    },
    /// A file cannot be read, or holds something else.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {why}")]
    Unwritable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// A trial of which the catalogue knows nothing.
    #[error(
        "the catalogue has no trial {0}; recordings are kept of its rows alone, record that trial anew"
    )]
    Unknown(String),
    /// The simulator cannot be had.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The catalogue cannot be read.
    #[error("{0}")]
    Problems(#[from] scenario::Problems),
}

/// What the simulator sees otherwise than the clusters of a recording did.
///
/// # Errors
/// [`RecordingsError::Unknown`], or what keeps the simulator from being run.
pub fn compared(recording: &Recording) -> Result<Vec<Difference>, RecordingsError> {
    let simulated = simulated(recording)?;
    let found = recording.trials.iter().flat_map(|real| {
        let same = simulated.iter().find(|trial| trial.name == real.name);
        same.map_or_else(|| vec![unsaid(real)], |same| differences(real, same))
    });
    Ok(found.collect())
}

fn unsaid(real: &Recorded) -> Difference {
    Difference {
        trial: real.name.clone(),
        step: None,
        what: format!(
            "{} on real clusters, skipped by the simulator",
            real.outcome
        ),
    }
}

/// What the simulator sees in the trials of a recording.
fn simulated(recording: &Recording) -> Result<Vec<Recorded>, RecordingsError> {
    let engine = EngineName::Sim.open(&Setup::default())?;
    let (settings, stop) = (Settings::on(&engine), Stop::new());
    let rehearsal = Rehearsal {
        engine: &engine,
        settings: &settings,
        stop: &stop,
    };
    let cases = cases(recording)?;
    let trials = recording.trials.iter().map(|real| {
        let wanted = format!("{} [{}]", real.name, engine.name());
        let mut of_name = cases
            .iter()
            .filter(|case| case.name(&engine).to_string() == wanted);
        let case = of_name
            .next()
            .ok_or_else(|| RecordingsError::Unknown(real.name.clone()))?;
        Ok(rehearsal.run_one(case))
    });
    let run = Run {
        isthmus: env!("CARGO_PKG_VERSION").to_owned(),
        seed: settings.seed,
        trials: trials.collect::<Result<_, RecordingsError>>()?,
    };
    Ok(recorded(&run, recording))
}

/// The cases of the catalogue as they are, and at the version that was recorded.
fn cases(recording: &Recording) -> Result<Vec<Case>, RecordingsError> {
    let mut cases = Source::catalogue().cases()?;
    let istio = recording.versions.get(shelf::ISTIO);
    if let Some(version) = istio.and_then(|text| text.parse::<Version>().ok()) {
        let at_version = Source {
            istio: Some(version),
            ..Source::catalogue()
        };
        cases.extend(at_version.cases()?);
    }
    Ok(cases)
}

/// A run in the form of the recording; what the simulator skips it says nothing of.
fn recorded(run: &Run, recording: &Recording) -> Vec<Recorded> {
    let text = json::render(run).expect("a run has text keys only");
    let all = recording::of_report(&text, &recording.versions);
    let all = all.expect("a report of ours is a report");
    all.into_iter().flat_map(|one| one.trials).collect()
}
