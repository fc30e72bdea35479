//! What is said of a check in the end, and on what grounds.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use world::Observation;

/// The four outcomes. A retry until green is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The promise held, with evidence.
    Pass,
    /// Not asked, for a reason that was known before anything started.
    Skip,
    /// The instrument or the environment failed, or too little was seen to say.
    Inconclusive,
    /// The mesh answered and broke the promise.
    Fail,
}

/// An outcome and its grounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it came to.
    pub outcome: Outcome,
    /// What was promised, in one line.
    pub expected: String,
    /// What was seen, in one line; for a skip, why it was not asked.
    pub observed: String,
    /// The numbers and the calls behind it.
    pub evidence: Evidence,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How many calls were made.
    pub calls: u64,
    /// How many of them count as independent picks.
    pub independent: u64,
    /// How often each thing was seen: `cluster1`, `timeout`, `http-503`.
    pub seen: BTreeMap<String, u64>,
    /// How long it took until the promise held, for checks that wait.
    pub converged_after: Option<Duration>,
    /// The false-alarm rate this check was held to, for checks that count.
    pub false_alarm: Option<f64>,
    /// The call that came nearest to what was expected, or the first one that broke it.
    pub nearest: Option<Box<Observation>>,
}

impl Verdict {
    /// The promise held.
    pub fn pass(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::new(Outcome::Pass, expected, observed)
    }

    /// The mesh broke the promise.
    pub fn fail(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, expected, observed)
    }

    /// Nothing can be said.
    pub fn inconclusive(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::new(Outcome::Inconclusive, expected, observed)
    }

    /// Not asked, because of `reason`.
    pub fn skip(expected: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(Outcome::Skip, expected, reason)
    }

    fn new(outcome: Outcome, expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self {
            outcome,
            expected: expected.into(),
            observed: observed.into(),
            evidence: Evidence::default(),
        }
    }

    /// The same verdict with its grounds.
    #[must_use]
    pub fn on(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_is_the_greatest() {
        let all = [
            Outcome::Pass,
            Outcome::Fail,
            Outcome::Skip,
            Outcome::Inconclusive,
        ];
        assert_eq!(all.into_iter().max(), Some(Outcome::Fail));
        assert!(Outcome::Inconclusive > Outcome::Pass);
    }
}
