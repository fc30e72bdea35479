//! What a run on real clusters observed, kept so that the simulator can be held against it without
//! them.
//!
//! A recording is a published report without what differs from run to run: no times, no call in
//! full. Reading order: [`Recording`] (the form, and how a report becomes one), [`compare`] (what two
//! engines do not agree in).

pub mod compare;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use compare::{Difference, differences};

/// Why a report cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It is not of the published form.
    #[error("it is no report of isthmus: {0}; write one with 'isthmus test --json FILE'")]
    Form(#[from] serde_json::Error),
}

/// What was observed of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recording {
    /// The area and the scenario's name.
    pub scenario: String,
    /// Versions of what took part, by name: `istio`, `kubernetes`, `envoy`.
    pub versions: BTreeMap<String, String>,
    /// Its trials, in the order of their names.
    pub trials: Vec<Recorded>,
}

/// What was observed in one trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Its name without the engine: `area/name{cell}+canary`.
    pub name: String,
    /// What it came to.
    pub outcome: judge::Outcome,
    /// What was done, in order.
    pub steps: Vec<RecordedStep>,
}

/// What was observed in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedStep {
    /// Its number in the file; what belongs to no step of the file has 0.
    pub number: usize,
    /// What kind of step.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it came to.
    pub outcome: judge::Outcome,
    /// What was seen, in one line.
    pub observed: String,
    /// The numbers behind it.
    pub evidence: Counted,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// How many calls were made.
    pub calls: u64,
    /// How many of them count as independent picks.
    pub independent: u64,
    /// How often each thing was seen.
    pub seen: BTreeMap<String, u64>,
}

/// The trials of a report, as far as they are recorded.
#[derive(Deserialize)]
struct Report {
    trials: Vec<Reported>,
}

#[derive(Deserialize)]
struct Reported {
    scenario: String,
    #[serde(flatten)]
    trial: Recorded,
}

/// The recordings in a published report, one per scenario; what was skipped was not observed.
///
/// # Errors
/// [`RecordingError::Form`].
pub fn of_report(
    text: &str,
    versions: &BTreeMap<String, String>,
) -> Result<Vec<Recording>, RecordingError> {
    let report: Report = serde_json::from_str(text)?;
    let mut by_scenario: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
    for Reported { scenario, trial } in report.trials {
        if trial.outcome != judge::Outcome::Skip {
            by_scenario
                .entry(scenario)
                .or_default()
                .push(trial.without_engine());
        }
    }
    let recordings = by_scenario.into_iter().map(|(scenario, trials)| Recording {
        scenario,
        versions: versions.clone(),
        trials,
    });
    Ok(recordings.collect())
}

impl Recording {
    /// Without trials of which nothing can be said; `None` if there are no others.
    pub fn conclusive(mut self) -> Option<Self> {
        self.trials
            .retain(|trial| trial.outcome != judge::Outcome::Inconclusive);
        (!self.trials.is_empty()).then_some(self)
    }

    /// Takes in what was observed later; a trial that was observed again replaces the earlier one.
    pub fn take_in(&mut self, later: Self) {
        self.versions.extend(later.versions);
        for trial in later.trials {
            self.trials.retain(|known| known.name != trial.name);
            self.trials.push(trial);
        }
        self.trials.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

impl Recorded {
    fn without_engine(mut self) -> Self {
        let bare = self.name.rsplit_once(" [").map(|(name, _)| name.to_owned());
        self.name = bare.unwrap_or(self.name);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: &str) -> String {
        let evidence =
            r#"{"calls": 2, "independent": 2, "seen": {"cluster1": 2}, "falseAlarm": 0.1}"#;
        format!(
            r#"{{"kind": "Report", "trials": [{{"name": "a/b+c [kind]", "scenario": "a/b", "outcome": "{outcome}",
            "elapsedSeconds": 1.5, "steps": [{{"number": 1, "kind": "check", "name": "n", "outcome": "pass",
            "observed": "so it is", "expected": "e", "atSeconds": 1.0, "evidence": {evidence}}}]}}]}}"#
        )
    }

    fn recorded(outcome: &str) -> Vec<Recording> {
        let versions = [("istio".to_owned(), "1.30.3".to_owned())];
        of_report(&report(outcome), &versions.into()).unwrap()
    }

    #[test]
    fn a_recording_holds_what_was_seen_and_neither_times_nor_the_engine() {
        let recording = &recorded("pass")[0];
        assert_eq!(recording.trials[0].name, "a/b+c");
        let text = serde_json::to_string(recording).unwrap();
        assert!(text.contains(r#""seen":{"cluster1":2}"#), "{text}");
        assert!(
            !text.contains("Seconds") && !text.contains("kind]"),
            "{text}"
        );
    }

    #[test]
    fn what_was_skipped_was_not_observed() {
        assert!(recorded("skip").is_empty());
    }

    #[test]
    fn a_trial_that_came_to_nothing_is_no_observation() {
        let conclusive = |outcome| recorded(outcome).remove(0).conclusive();
        assert_eq!(conclusive("inconclusive"), None);
        assert!(conclusive("fail").is_some());
    }

    #[test]
    fn a_later_observation_replaces_the_earlier_one_of_the_same_trial() {
        let mut recording = recorded("pass").remove(0);
        recording.take_in(recorded("fail").remove(0));
        let outcomes: Vec<_> = recording.trials.iter().map(|trial| trial.outcome).collect();
        assert_eq!(outcomes, [judge::Outcome::Fail]);
    }
}
