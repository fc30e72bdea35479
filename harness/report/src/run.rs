//! What happened in a run: trials, their steps, and the verdict of each.

use std::{collections::BTreeMap, fmt, time::Duration};

use judge::{Outcome, Verdict};
use serde::Serialize;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The version of isthmus.
    pub isthmus: String,
    /// The seed everything was drawn from; the same one gives the same run on the simulator.
    pub seed: u64,
    /// The trials, in the order of their names.
    pub trials: Vec<Trial>,
}

/// What a trial is called: `area/name{cell}+canary [engine]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialName {
    /// The area and the scenario's name, for example `failover/gateway-restart`.
    pub scenario: String,
    /// The cell of the scenario's matrix; empty without one.
    pub cell: BTreeMap<String, String>,
    /// The canary, if this trial is a deliberate violation.
    pub canary: Option<String>,
    /// The engine.
    pub engine: String,
}

/// One scenario, in one cell, with or without a canary, on one engine.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// What it is called.
    pub name: TrialName,
    /// What it came to: the worst of its steps, or for a canary whether it was caught.
    pub outcome: Outcome,
    /// Why, in one line, unless it simply passed.
    pub reason: Option<String>,
    /// The written promises it checks.
    pub proves: Vec<String>,
    /// What was done, in order.
    pub steps: Vec<StepRun>,
    /// For a canary, what caught it.
    pub canary: Option<CanaryRun>,
    /// How long it took on the environment's own clock.
    pub elapsed: Duration,
    /// How long it took on the wall; left out of the record, which must not differ between runs.
    #[serde(skip)]
    pub wall: Duration,
}

/// One step of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepRun {
    /// Its number in the file, from 1; the stages of the installation come first with 0.
    pub number: usize,
    /// What kind of step: `install`, `check`, `fault`, `traffic` …
    pub kind: String,
    /// Its name, or what it does in one line.
    pub name: String,
    /// When it began, on the environment's own clock.
    pub at: Duration,
    /// How long it took there.
    pub took: Duration,
    /// What it came to.
    pub verdict: Verdict,
    /// The command that explains it, for a reader who wants to ask `why`.
    pub why: Option<String>,
}

/// What came of a deliberate violation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryRun {
    /// The check that was to catch it.
    pub check: String,
    /// As what.
    pub expected: Outcome,
    /// Whether it did.
    pub caught: bool,
}

impl Run {
    /// How many trials came to `outcome`.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.trials
            .iter()
            .filter(|trial| trial.outcome == outcome)
            .count()
    }

    /// The worst outcome of all; a run without trials passed nothing and failed nothing.
    pub fn worst(&self) -> Option<Outcome> {
        self.trials.iter().map(|trial| trial.outcome).max()
    }
}

impl Trial {
    /// A trial that was not run, for a reason.
    pub fn skipped(name: TrialName, reason: impl Into<String>) -> Self {
        Self::without_steps(name, Outcome::Skip, reason)
    }

    /// A trial of which nothing can be said, because the instrument failed before any step.
    pub fn inconclusive(name: TrialName, reason: impl Into<String>) -> Self {
        Self::without_steps(name, Outcome::Inconclusive, reason)
    }

    fn without_steps(name: TrialName, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self {
            name,
            outcome,
            reason: Some(reason.into()),
            proves: Vec::new(),
            steps: Vec::new(),
            canary: None,
            elapsed: Duration::ZERO,
            wall: Duration::ZERO,
        }
    }

    /// Whether it is neither passed nor skipped.
    pub fn is_bad(&self) -> bool {
        self.outcome > Outcome::Skip
    }

    /// Whether its clusters came up, as far as it got to asking for them.
    pub fn came_up(&self) -> bool {
        self.steps
            .first()
            .is_none_or(|step| step.kind != StepRun::ENVIRONMENT)
    }
}

impl TrialName {
    /// The area of its scenario; `scenarios` for one that has none.
    pub fn area(&self) -> &str {
        let area = self.scenario.split_once('/').map(|(area, _)| area);
        area.unwrap_or("scenarios")
    }
}

impl StepRun {
    /// The kind of what is no step of the file but the failure of what all steps stand on.
    pub const ENVIRONMENT: &str = "environment";

    /// Whether it kept its trial from passing.
    pub fn is_bad(&self) -> bool {
        self.verdict.outcome > Outcome::Skip
    }
}

impl fmt::Display for TrialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        if !self.cell.is_empty() {
            let cell: Vec<_> = self
                .cell
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            write!(f, "{{{}}}", cell.join(","))?;
        }
        if let Some(canary) = &self.canary {
            write!(f, "+{canary}")?;
        }
        write!(f, " [{}]", self.engine)
    }
}
