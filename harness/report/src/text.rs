//! What a person reads first: one line per trial, and for one that did not pass the step, the
//! expectation, what was seen, since when, and what to ask next.

use std::{fmt::Write as _, time::Duration};

use judge::{Evidence, Outcome};
use world::Observation;

use crate::{Run, StepRun, Trial};

/// A trial in full: for one that passed or was skipped a line, for any other its bad steps.
pub fn trial(trial: &Trial, seed: u64) -> String {
    let mut text = format!("{}  {}\n", trial.outcome, trial.name);
    let bad = || trial.steps.iter().filter(|step| step.is_bad());
    // The reason in one line is for lists; here the step says the same in full.
    let is_said = |reason: &str| bad().any(|step| reason.ends_with(&step.verdict.observed));
    if let Some(reason) = trial.reason.as_ref().filter(|reason| !is_said(reason)) {
        let _ = writeln!(text, "  {reason}");
    }
    for step in bad() {
        step_in_full(&mut text, step);
    }
    if trial.outcome > Outcome::Skip {
        let _ = writeln!(text, "  seed      {seed}");
    }
    text
}

fn step_in_full(text: &mut String, step: &StepRun) {
    let verdict = &step.verdict;
    let number = match step.number {
        0 => String::new(),
        number => format!("step {number}, "),
    };
    let _ = writeln!(
        text,
        "  {number}{} {} ({})",
        step.kind,
        step.name,
        when(step)
    );
    let _ = writeln!(text, "    expected  {}", verdict.expected);
    let _ = writeln!(text, "    observed  {}", verdict.observed);
    evidence(text, &verdict.evidence);
    if let Some(why) = &step.why {
        let _ = writeln!(text, "    ask       {why}");
    }
}

/// When a step began and how long it took, on the environment's own clock.
fn when(step: &StepRun) -> String {
    let began = format!("{} after the start", seconds(step.at));
    match step.took {
        Duration::ZERO => began,
        took => format!("{began}, for {}", seconds(took)),
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
        call(text, nearest);
    }
}

fn call(text: &mut String, seen: &Observation) {
    let _ = writeln!(text, "    nearest   {}", seen.call);
    let _ = writeln!(
        text,
        "              {} after {}, {} after the start",
        outcome(&seen.outcome),
        seconds(seen.took),
        seconds(seen.at)
    );
    for (number, hop) in (1..).zip(&seen.hops) {
        let because = hop.because.as_ref();
        let rule = because
            .map(|rule| format!("  [{rule}]"))
            .unwrap_or_default();
        let _ = writeln!(text, "      {number}. {hop}{rule}");
    }
}

/// Who answered a call, or how it was refused.
pub fn outcome(outcome: &world::Outcome) -> String {
    let answer = match outcome {
        world::Outcome::Refused(refusal) => return format!("refused: {refusal}"),
        world::Outcome::Answered(answer) => answer,
    };
    let pod = answer.pod.as_ref().map(|pod| format!("pod {pod}"));
    let cluster = answer.cluster.as_ref().map(ToString::to_string);
    let vm = answer.vm.as_ref().map(|vm| format!("VM {vm}"));
    let version = answer.version.as_ref().map(|v| format!("version {v}"));
    let status = answer.status.map(|status| format!("HTTP {status}"));
    let parts: Vec<_> = [pod, cluster, vm, version, status]
        .into_iter()
        .flatten()
        .collect();
    match parts.is_empty() {
        true => "answered, by nobody who said who it was".to_owned(),
        false => format!("answered: {}", parts.join(", ")),
    }
}

/// A time in seconds and milliseconds, as short as it can be exact: `75.25 s`.
pub fn seconds(time: Duration) -> String {
    let millis = time.as_millis();
    let (whole, rest) = (millis / 1000, millis % 1000);
    let fraction = format!(".{rest:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{whole}{fraction} s")
}

/// The last line of a run.
pub fn summary(run: &Run) -> String {
    let [passed, failed, inconclusive, skipped] = [
        Outcome::Pass,
        Outcome::Fail,
        Outcome::Inconclusive,
        Outcome::Skip,
    ]
    .map(|outcome| run.count(outcome));
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
