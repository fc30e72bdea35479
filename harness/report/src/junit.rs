//! JUnit XML, which every CI system reads: one suite per area, one case per trial.

use std::{collections::BTreeMap, time::Duration};

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
/// *failure*; a skip carries its reason. Times are those of the wall, as CI systems expect.
///
/// # Errors
/// If the XML writer fails, which it does only out of memory.
pub fn render(run: &Run) -> Result<String, JunitError> {
    let mut suites: BTreeMap<&str, Vec<&Trial>> = BTreeMap::new();
    for trial in &run.trials {
        suites.entry(trial.name.area()).or_default().push(trial);
    }
    let mut report = Report::new("isthmus");
    report.set_time(took(&run.trials));
    report.add_test_suites(suites.iter().map(|(area, trials)| suite(area, trials, run)));
    Ok(strict(report.to_string()?))
}

/// Without the count of skipped cases over all suites, which Jenkins' schema does not know there: its
/// xUnit plugin refuses files that do not fit. Every suite has its own.
fn strict(xml: String) -> String {
    let Some(root) = xml.find("<testsuites ") else {
        return xml;
    };
    let end = xml[root..].find('>').map_or(xml.len(), |end| root + end);
    let mut words: Vec<&str> = xml[root..end].split(' ').collect();
    words.retain(|word| !word.starts_with("skipped="));
    [&xml[..root], &words.join(" "), &xml[end..]].concat()
}

fn suite(area: &str, trials: &[&Trial], run: &Run) -> TestSuite {
    let mut suite = TestSuite::new(area);
    suite.set_time(took(trials.iter().copied()));
    suite.add_property(("isthmus", run.isthmus.as_str()));
    suite.add_property(("seed", run.seed.to_string().as_str()));
    suite.add_test_cases(trials.iter().map(|trial| case(trial, run.seed)));
    suite
}

fn took<'a>(trials: impl IntoIterator<Item = &'a Trial>) -> Duration {
    trials.into_iter().map(|trial| trial.wall).sum()
}

fn case(trial: &Trial, seed: u64) -> TestCase {
    let mut case = TestCase::new(trial.name.to_string(), status(trial));
    case.set_classname(trial.name.scenario.clone());
    case.set_time(trial.wall);
    if trial.is_bad() {
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
