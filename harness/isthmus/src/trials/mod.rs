//! What can be run: every scenario of some files, once as it is and once per canary.
//!
//! Reading order: [`Case`] (one trial, with where it comes from), [`gather`] (from files and the
//! catalogue), [`select`] (which of them are asked for).

pub mod gather;
pub mod select;

use std::sync::Arc;

use report::TrialName;
use scenario::{Scenario, scenario::Canary};

use crate::engines::{self, OpenEngine};

pub use gather::{Found, Place, Source};
pub use select::{Canaries, Selection};

/// One trial, with where it comes from.
#[derive(Debug, Clone)]
pub struct Case {
    scenario: Arc<Scenario>,
    /// The place of the deliberate violation in the scenario, if this is one.
    canary: Option<usize>,
    at: Place,
}

impl Case {
    /// A scenario's cases: as it is, then with each of its canaries.
    fn all(found: Found) -> impl Iterator<Item = Self> {
        let at = found.at;
        let canaries = found.scenario.canaries().len();
        let scenario = Arc::new(found.scenario);
        std::iter::once(None)
            .chain((0..canaries).map(Some))
            .map(move |canary| Self {
                scenario: Arc::clone(&scenario),
                canary,
                at: at.clone(),
            })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Where the scenario was found.
    pub fn place(&self) -> &Place {
        &self.at
    }

    /// The deliberate violation, if this is one.
    pub fn canary(&self) -> Option<&Canary> {
        self.canary.map(|index| &self.scenario.canaries()[index])
    }

    /// The same for the runner.
    pub fn trial(&self) -> runner::Trial<'_> {
        runner::Trial {
            scenario: &self.scenario,
            canary: self.canary(),
        }
    }

    /// What it is called on an engine.
    pub fn name(&self, engine: &OpenEngine) -> TrialName {
        self.trial().name(engine.engine().name())
    }

    /// Why it is not run on an engine.
    pub fn skipped_on(&self, engine: &OpenEngine) -> Option<String> {
        skipped_on(engine, self.trial())
    }
}

/// Why a trial is not run on an engine: it is meant for others, or the engine lacks something.
pub fn skipped_on(engine: &OpenEngine, trial: runner::Trial<'_>) -> Option<String> {
    let meant_for = trial.scenario.engines();
    if !meant_for.contains(&engine.name().kind()) {
        let words: Vec<&str> = meant_for.iter().map(|kind| engines::word(*kind)).collect();
        return Some(format!("the scenario is for {} only", words.join(" and ")));
    }
    trial.not_run_on(&engine.name().to_string(), &engine.engine().capabilities())
}
