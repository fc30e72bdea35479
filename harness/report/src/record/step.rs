//! A step in the published form, with what its verdict rests on.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;
use world::Observation;

use super::Outcome;
use crate::StepRun;

/// One step of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepRecord {
    /// Its number in the file, from 1; what belongs to no step of the file has 0.
    pub number: usize,
    /// What kind of step: `install`, `check`, `fault`, `traffic` …
    pub kind: String,
    /// Its name, or what it does in one line.
    pub name: String,
    /// When it began, on the environment's own clock.
    pub at_seconds: f64,
    /// How long it took there.
    pub took_seconds: f64,
    /// What it came to.
    pub outcome: Outcome,
    /// What was promised, in one line.
    pub expected: String,
    /// What was seen, in one line.
    pub observed: String,
    /// The numbers behind it.
    pub evidence: EvidenceRecord,
    /// The command that explains it; absent where there is nothing to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceRecord {
    /// How many calls were made.
    pub calls: u64,
    /// How many of them count as independent picks.
    pub independent: u64,
    /// How often each thing was seen: `cluster1`, `timeout`, `http-503`.
    pub seen: BTreeMap<String, u64>,
    /// How long it took until the promise held, for checks that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converged_after_seconds: Option<f64>,
    /// The false-alarm rate the check was held to, for checks that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_alarm: Option<f64>,
    /// The call that came nearest to what was expected, or the first one that broke it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<CallRecord>,
}

/// One call and its stations.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallRecord {
    /// Who called what, in one line.
    pub call: String,
    /// When, since the run began.
    pub at_seconds: f64,
    /// How long it took.
    pub took_seconds: f64,
    /// Who answered, or how it was refused.
    pub outcome: String,
    /// What was decided on the way, as far as there is evidence.
    pub hops: Vec<HopRecord>,
}

/// What was decided at one station of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HopRecord {
    /// What, in one line.
    pub decided: String,
    /// By which rule, where the engine saw the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Whether it was on the way of a try that came to nothing, after which a proxy made another one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_vain: bool,
}

impl StepRecord {
    pub(super) fn of(step: &StepRun) -> Self {
        let verdict = &step.verdict;
        Self {
            number: step.number,
            kind: step.kind.clone(),
            name: step.name.clone(),
            at_seconds: step.at.as_secs_f64(),
            took_seconds: step.took.as_secs_f64(),
            outcome: verdict.outcome.into(),
            expected: verdict.expected.clone(),
            observed: verdict.observed.clone(),
            evidence: EvidenceRecord::of(&verdict.evidence),
            why: step.why.clone(),
        }
    }
}

impl EvidenceRecord {
    fn of(evidence: &judge::Evidence) -> Self {
        Self {
            calls: evidence.calls,
            independent: evidence.independent,
            seen: evidence.seen.clone(),
            converged_after_seconds: evidence.converged_after.as_ref().map(Duration::as_secs_f64),
            false_alarm: evidence.false_alarm,
            nearest: evidence.nearest.as_deref().map(CallRecord::of),
        }
    }
}

impl CallRecord {
    fn of(seen: &Observation) -> Self {
        let hop = |hop: &world::Hop| HopRecord {
            decided: hop.decided.to_string(),
            rule: hop.because.as_ref().map(ToString::to_string),
            in_vain: hop.in_vain,
        };
        Self {
            call: seen.call.to_string(),
            at_seconds: seen.at.as_secs_f64(),
            took_seconds: seen.took.as_secs_f64(),
            outcome: crate::text::outcome(&seen.outcome),
            hops: seen.hops.iter().map(hop).collect(),
        }
    }
}
