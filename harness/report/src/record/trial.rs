//! A trial in the published form.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Outcome, StepRecord, Timings};
use crate::Trial;

/// One scenario, in one cell of its matrix, with or without a canary, on one engine.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrialRecord {
    /// `area/name{cell}+canary [engine]`: what filters and other tools know it by.
    pub name: String,
    /// The area and the scenario's name.
    pub scenario: String,
    /// The cell of the scenario's matrix; empty without one.
    pub cell: BTreeMap<String, String>,
    /// The engine.
    pub engine: String,
    /// What it came to.
    pub outcome: Outcome,
    /// Why, in one line; absent where it simply passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The written promises it checks.
    pub proves: Vec<String>,
    /// For a deliberate violation, what was to catch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryRecord>,
    /// How long it took on the environment's own clock, which is virtual on the simulator.
    pub elapsed_seconds: f64,
    /// How long it took on the wall; only where timings were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_seconds: Option<f64>,
    /// What was done, in order.
    pub steps: Vec<StepRecord>,
}

/// A deliberate violation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanaryRecord {
    /// What it is called.
    pub name: String,
    /// The check that is to catch it.
    pub caught_by: String,
    /// As what.
    pub expected: Outcome,
    /// Whether it did.
    pub caught: bool,
}

impl TrialRecord {
    pub(super) fn of(trial: &Trial, timings: Timings) -> Self {
        let name = &trial.name;
        let canary = |run: &crate::CanaryRun| CanaryRecord {
            name: name.canary.clone().unwrap_or_default(),
            caught_by: run.check.clone(),
            expected: run.expected.into(),
            caught: run.caught,
        };
        Self {
            name: name.to_string(),
            scenario: name.scenario.clone(),
            cell: name.cell.clone(),
            engine: name.engine.clone(),
            outcome: trial.outcome.into(),
            reason: trial.reason.clone(),
            proves: trial.proves.clone(),
            canary: trial.canary.as_ref().map(canary),
            elapsed_seconds: trial.elapsed.as_secs_f64(),
            wall_seconds: (timings == Timings::WithWall).then_some(trial.wall.as_secs_f64()),
            steps: trial.steps.iter().map(StepRecord::of).collect(),
        }
    }
}
