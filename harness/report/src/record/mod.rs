//! The published form of a run: what tools may rely on, with a JSON schema.
//!
//! It is apart from the types that rooms share, so that those can change and this does not. It
//! holds no wall time and no path of the machine unless asked: the same file and seed give the
//! same bytes.

mod step;
mod trial;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

pub use step::{CallRecord, EvidenceRecord, HopRecord, StepRecord};
pub use trial::{CanaryRecord, TrialRecord};

use crate::Run;

/// The version of this form; it changes when a field is removed or means something else.
pub const API_VERSION: &str = "isthmus/v1alpha1";

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The version of this form.
    #[schemars(extend("const" = API_VERSION))]
    pub api_version: &'static str,
    /// Always `Report`.
    #[schemars(extend("const" = "Report"))]
    pub kind: &'static str,
    /// The version of isthmus that wrote it.
    pub isthmus: String,
    /// The seed everything was drawn from; the same one gives the same run on the simulator.
    pub seed: u64,
    /// How many trials came to what.
    pub totals: Totals,
    /// The trials, in the order of their names.
    pub trials: Vec<TrialRecord>,
}

/// How many trials came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Totals {
    /// The promise held; or a violation was caught.
    pub pass: usize,
    /// The mesh answered and broke the promise; or a violation was not caught.
    pub fail: usize,
    /// The instrument or the environment failed, or too little was seen to say.
    pub inconclusive: usize,
    /// Not run, for a stated reason.
    pub skip: usize,
}

/// What something came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The promise held.
    Pass,
    /// Not asked, for a reason that was known before anything started.
    Skip,
    /// The instrument or the environment failed, or too little was seen to say.
    Inconclusive,
    /// The mesh answered and broke the promise.
    Fail,
}

/// Whether the record says how long things took on the wall, which differs from run to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timings {
    /// It does not; the same file and seed give the same bytes.
    #[default]
    Virtual,
    /// It does.
    WithWall,
}

impl Report {
    /// The record of a run.
    pub fn of(run: &Run, timings: Timings) -> Self {
        let count = |outcome| run.count(outcome);
        Self {
            api_version: API_VERSION,
            kind: "Report",
            isthmus: run.isthmus.clone(),
            seed: run.seed,
            totals: Totals {
                pass: count(judge::Outcome::Pass),
                fail: count(judge::Outcome::Fail),
                inconclusive: count(judge::Outcome::Inconclusive),
                skip: count(judge::Outcome::Skip),
            },
            trials: run
                .trials
                .iter()
                .map(|trial| TrialRecord::of(trial, timings))
                .collect(),
        }
    }

    /// Its JSON schema.
    pub fn schema() -> Schema {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        SchemaGenerator::new(settings).into_root_schema_for::<Self>()
    }
}

impl From<judge::Outcome> for Outcome {
    fn from(outcome: judge::Outcome) -> Self {
        match outcome {
            judge::Outcome::Pass => Self::Pass,
            judge::Outcome::Skip => Self::Skip,
            judge::Outcome::Inconclusive => Self::Inconclusive,
            judge::Outcome::Fail => Self::Fail,
        }
    }
}
