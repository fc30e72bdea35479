//! What a person reads first: one line per trial, and for one that did not pass the step, the
//! expectation, what was seen and what to ask next.

use std::fmt::Write as _;

use judge::{Evidence, Outcome};

use crate::{Run, StepRun, Trial};

/// A trial that did not pass, in full.
pub fn trial(trial: &Trial, seed: u64) -> String {
    let mut text = format!("{}  {}\n", trial.outcome, trial.name);
    if let Some(reason) = &trial.reason {
        let _ = writeln!(text, "  {reason}");
    }
    for step in trial
        .steps
        .iter()
        .filter(|step| step.verdict.outcome > Outcome::Skip)
    {
        step_in_full(&mut text, step);
    }
    if trial.outcome > Outcome::Skip {
        let _ = writeln!(text, "  seed      {seed}");
    }
    text
}

fn step_in_full(text: &mut String, step: &StepRun) {
    let verdict = &step.verdict;
    let _ = writeln!(
        text,
        "  step {}    {} {}",
        step.number, step.kind, step.name
    );
    let _ = writeln!(text, "    expected  {}", verdict.expected);
    let _ = writeln!(text, "    observed  {}", verdict.observed);
    evidence(text, &verdict.evidence);
    if let Some(why) = &step.why {
        let _ = writeln!(text, "    ask       {why}");
    }
}

fn evidence(text: &mut String, evidence: &Evidence) {
    if !evidence.seen.is_empty() {
        let seen: Vec<_> = evidence
            .seen
            .iter()
            .map(|(what, n)| format!("{what} × {n}"))
            .collect();
        let _ = writeln!(
            text,
            "    seen      {} ({} calls, {} independent)",
            seen.join(", "),
            evidence.calls,
            evidence.independent
        );
    }
    if let Some(nearest) = &evidence.nearest {
        let _ = writeln!(text, "    nearest   {}", nearest.call);
        for hop in &nearest.hops {
            let because = hop
                .because
                .as_ref()
                .map(|rule| format!("  [{rule}]"))
                .unwrap_or_default();
            let _ = writeln!(text, "      {}{because}", hop.decided);
        }
    }
}

/// The last lines of a run.
pub fn summary(run: &Run) -> String {
    let [passed, failed, inconclusive, skipped] = [
        Outcome::Pass,
        Outcome::Fail,
        Outcome::Inconclusive,
        Outcome::Skip,
    ]
    .map(|o| run.count(o));
    let mut text = format!("{passed} passed, {failed} failed");
    if inconclusive > 0 {
        let _ = write!(text, ", {inconclusive} inconclusive");
    }
    if skipped > 0 {
        let _ = write!(text, ", {skipped} skipped");
    }
    let _ = write!(text, "; seed {}", run.seed);
    text
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use judge::Verdict;

    use super::*;
    use crate::TrialName;

    fn failed() -> Trial {
        let step = StepRun {
            number: 2,
            kind: "check".to_owned(),
            name: "both clusters answer".to_owned(),
            at: Duration::ZERO,
            took: Duration::from_secs(1),
            verdict: Verdict::fail("cluster1 and cluster2 answer", "only cluster1 answered"),
            why: Some("isthmus why --from sleep@cluster1".to_owned()),
        };
        Trial {
            name: TrialName {
                scenario: "topology/t4".to_owned(),
                cell: BTreeMap::from([("istio".to_owned(), "1.30.3".to_owned())]),
                canary: None,
                engine: "sim".to_owned(),
            },
            outcome: Outcome::Fail,
            reason: Some("step 2 failed".to_owned()),
            proves: Vec::new(),
            steps: vec![step],
            canary: None,
            elapsed: Duration::from_secs(3),
            wall: Duration::from_millis(5),
        }
    }

    #[test]
    fn a_failure_names_trial_step_expectation_observation_and_seed() {
        let text = trial(&failed(), 42);
        for part in [
            "topology/t4{istio=1.30.3} [sim]",
            "step 2",
            "cluster1 and cluster2 answer",
            "only cluster1 answered",
            "isthmus why",
            "42",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn an_inconclusive_trial_is_an_error_in_junit_and_a_broken_promise_a_failure() {
        let mut inconclusive = failed();
        inconclusive.outcome = Outcome::Inconclusive;
        let run = Run {
            isthmus: "0".to_owned(),
            seed: 1,
            trials: vec![failed(), inconclusive],
        };
        let xml = crate::junit::render(&run).unwrap();
        assert!(
            xml.contains("failures=\"1\"") && xml.contains("errors=\"1\""),
            "{xml}"
        );
    }

    #[test]
    fn the_record_does_not_depend_on_how_long_the_wall_clock_ran() {
        let run = |wall| {
            let trial = Trial { wall, ..failed() };
            Run {
                isthmus: "0".to_owned(),
                seed: 1,
                trials: vec![trial],
            }
        };
        let [fast, slow] =
            [1, 9].map(|s| crate::json::render(&run(Duration::from_secs(s))).unwrap());
        assert_eq!(fast, slow);
    }
}
