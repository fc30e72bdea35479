//! JUnit XML, which every CI system reads: one suite per area, one case per trial.

use std::collections::BTreeMap;

use judge::Outcome;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{Run, Trial, text};

/// Why a run could not be written as JUnit XML.
#[derive(Debug, thiserror::Error)]
#[error("failed to write JUnit XML")]
pub struct JunitError(#[from] quick_junit::SerializeError);

/// Renders a run.
///
/// An inconclusive trial is an *error* in JUnit's words (the instrument failed), a broken promise a
/// *failure*; a skip carries its reason.
///
/// # Errors
/// If the XML writer fails, which it does only out of memory.
pub fn render(run: &Run) -> Result<String, JunitError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for trial in &run.trials {
        let area = trial
            .name
            .scenario
            .split_once('/')
            .map_or("scenarios", |(area, _)| area);
        let suite = suites.entry(area).or_insert_with(|| TestSuite::new(area));
        suite.add_test_case(case(trial, run.seed));
    }
    let mut report = Report::new("isthmus");
    report.add_test_suites(suites.into_values());
    Ok(report.to_string()?)
}

fn case(trial: &Trial, seed: u64) -> TestCase {
    let mut case = TestCase::new(trial.name.to_string(), status(trial));
    case.set_time(trial.wall);
    if !matches!(trial.outcome, Outcome::Pass | Outcome::Skip) {
        case.set_system_out(text::trial(trial, seed));
    }
    case
}

fn status(trial: &Trial) -> TestCaseStatus {
    let reason = trial.reason.clone().unwrap_or_default();
    let non_success = |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(reason.clone());
        status
    };
    match trial.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail => non_success(NonSuccessKind::Failure),
        Outcome::Inconclusive => non_success(NonSuccessKind::Error),
        Outcome::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason);
            status
        }
    }
}
