//! What two engines do not agree in, of one and the same trial.

use std::{collections::BTreeSet, fmt};

use judge::Outcome;

use super::{Counted, Recorded, RecordedStep};

/// Two shares differ if so many standard deviations lie between them: by chance that happens once in
/// two million comparisons.
const DEVIATIONS: f64 = 5.0;

/// Fewer picks than this say nothing about a share.
const PICKS: u64 = 100;

/// The kind of steps whose counts are compared; traffic meets a mesh at other moments every time.
const CHECK: &str = "check";

/// One thing that two engines do not agree in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The trial, without an engine.
    pub trial: String,
    /// The step; `None` for the trial as a whole.
    pub step: Option<String>,
    /// What each saw, in one line.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.iter().map(|name| format!(", {name}"));
        write!(
            f,
            "{}{}: {}",
            self.trial,
            step.collect::<String>(),
            self.what
        )
    }
}

/// What the simulator saw otherwise than real clusters did. A step that either had no evidence for is
/// not compared.
pub fn differences(real: &Recorded, simulated: &Recorded) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |step: Option<&RecordedStep>, what: String| {
        found.push(Difference {
            trial: real.name.clone(),
            step: step.map(|step| step.name.clone()),
            what,
        });
    };
    if real.outcome != simulated.outcome {
        let outcomes = (real.outcome, simulated.outcome);
        add(
            None,
            format!("{} on real clusters, {} simulated", outcomes.0, outcomes.1),
        );
    }
    for step in &real.steps {
        match simulated.steps.iter().find(|other| is_same(step, other)) {
            Some(other) => of_step(step, other)
                .into_iter()
                .for_each(|what| add(Some(step), what)),
            None => add(Some(step), "it was taken on real clusters alone".to_owned()),
        }
    }
    for step in &simulated.steps {
        if !real.steps.iter().any(|other| is_same(step, other)) {
            add(Some(step), "it was taken on the simulator alone".to_owned());
        }
    }
    found
}

fn is_same(a: &RecordedStep, b: &RecordedStep) -> bool {
    (a.number, &a.kind, &a.name) == (b.number, &b.kind, &b.name)
}

fn of_step(real: &RecordedStep, simulated: &RecordedStep) -> Option<String> {
    if real.outcome == Outcome::Skip || simulated.outcome == Outcome::Skip {
        return None;
    }
    if real.outcome != simulated.outcome {
        return Some(format!(
            "{} on real clusters ({}), {} simulated ({})",
            real.outcome, real.observed, simulated.outcome, simulated.observed
        ));
    }
    (real.kind == CHECK)
        .then(|| of_counts(&real.evidence, &simulated.evidence))
        .flatten()
}

fn of_counts(real: &Counted, simulated: &Counted) -> Option<String> {
    let names = |counted: &Counted| counted.seen.keys().cloned().collect::<BTreeSet<_>>();
    let (seen, simulated_seen) = (names(real), names(simulated));
    let mut alone = seen.symmetric_difference(&simulated_seen);
    if alone.any(|name| !is_rare(real, simulated, name)) {
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        return Some(format!(
            "{} on real clusters, {} simulated",
            list(seen),
            list(simulated_seen)
        ));
    }
    let far = seen.iter().find(|name| is_far(real, simulated, name));
    far.map(|name| {
        let percent = |counted| 100.0 * share(counted, name);
        format!(
            "{name} {:.1} % of {} on real clusters, {:.1} % of {} simulated",
            percent(real),
            real.calls,
            percent(simulated),
            simulated.calls
        )
    })
}

/// Whether one of them saw so little of something, in so many calls, that the other need not have seen
/// it: a request that is lost while a gateway is replaced is lost in one run and not in the next.
fn is_rare(real: &Counted, simulated: &Counted, name: &str) -> bool {
    picks(real, simulated).is_some() && !is_far(real, simulated, name)
}

/// How many picks each of them saw, if these are enough. Calls on one connection that a gateway passes
/// through are one pick.
fn picks(real: &Counted, simulated: &Counted) -> Option<[u64; 2]> {
    let picks = [real, simulated].map(|counted| counted.calls.min(counted.independent));
    picks.iter().all(|picks| *picks >= PICKS).then_some(picks)
}

/// Whether two shares are farther apart than chance explains.
fn is_far(real: &Counted, simulated: &Counted, name: &str) -> bool {
    let Some(picks) = picks(real, simulated) else {
        return false;
    };
    let variance = |share: f64, picks: u64| share * (1.0 - share) / as_f64(picks);
    let (a, b) = (share(real, name), share(simulated, name));
    let deviation = (variance(a, picks[0]) + variance(b, picks[1])).sqrt();
    (a - b).abs() > DEVIATIONS * deviation
}

fn share(counted: &Counted, name: &str) -> f64 {
    let seen = counted.seen.get(name).copied().unwrap_or_default();
    as_f64(seen) / as_f64(counted.calls.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 calls")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(outcome: Outcome, seen: &[(&str, u64)]) -> RecordedStep {
        let calls = seen.iter().map(|(_, count)| count).sum();
        let seen = seen
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        RecordedStep {
            number: 1,
            kind: CHECK.to_owned(),
            name: "share".to_owned(),
            outcome,
            observed: "o".to_owned(),
            evidence: Counted {
                calls,
                independent: calls,
                seen: seen.collect(),
            },
        }
    }

    fn told(real: RecordedStep, simulated: RecordedStep) -> Vec<String> {
        let trial = |step: RecordedStep| Recorded {
            name: "a/b".to_owned(),
            outcome: step.outcome,
            steps: vec![step],
        };
        let found = differences(&trial(real), &trial(simulated));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn shares_differ_where_chance_does_not_explain_it() {
        let half = || step(Outcome::Pass, &[("cluster1", 500), ("cluster2", 500)]);
        let near = step(Outcome::Pass, &[("cluster1", 530), ("cluster2", 470)]);
        let far = step(Outcome::Pass, &[("cluster1", 700), ("cluster2", 300)]);
        assert_eq!(told(half(), near), [""; 0]);
        let found = told(half(), far);
        assert!(found[0].contains("50.0 % of 1000"), "{found:?}");
    }

    #[test]
    fn few_picks_say_nothing_about_a_share() {
        let real = step(Outcome::Pass, &[("cluster1", 19), ("cluster2", 1)]);
        let simulated = step(Outcome::Pass, &[("cluster1", 1), ("cluster2", 19)]);
        assert_eq!(told(real, simulated), [""; 0]);
    }

    #[test]
    fn another_way_of_being_refused_is_a_difference() {
        let real = step(Outcome::Fail, &[("timeout", 3)]);
        let simulated = step(Outcome::Fail, &[("http-503", 3)]);
        let found = told(real, simulated);
        assert_eq!(
            found,
            ["a/b, share: timeout on real clusters, http-503 simulated"]
        );
    }

    #[test]
    fn a_request_in_thousands_is_refused_in_one_run_and_not_in_the_next() {
        let clean = || step(Outcome::Pass, &[("cluster1", 5000)]);
        let lost = |calls| {
            step(
                Outcome::Pass,
                &[("cluster1", 5000 - calls), ("http-503", calls)],
            )
        };
        assert_eq!(told(clean(), lost(1)), [""; 0]);
        assert_eq!(told(lost(3), clean()), [""; 0]);
        assert_eq!(told(clean(), lost(50)).len(), 1);
        let few = step(Outcome::Pass, &[("cluster1", 19), ("http-503", 1)]);
        assert_eq!(told(step(Outcome::Pass, &[("cluster1", 20)]), few).len(), 1);
    }

    #[test]
    fn another_verdict_is_a_difference_of_the_step_and_of_the_trial() {
        let found = told(step(Outcome::Fail, &[]), step(Outcome::Pass, &[]));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn what_an_engine_has_no_evidence_for_is_not_compared() {
        let skipped = step(Outcome::Skip, &[]);
        let real = Recorded {
            name: "a/b".to_owned(),
            outcome: Outcome::Pass,
            steps: vec![skipped],
        };
        let simulated = Recorded {
            steps: vec![step(Outcome::Pass, &[("cluster1", 5)])],
            ..real.clone()
        };
        assert_eq!(differences(&real, &simulated), []);
    }

    #[test]
    fn a_step_that_one_of_them_never_took_is_a_difference() {
        let whole = Recorded {
            name: "a/b".to_owned(),
            outcome: Outcome::Pass,
            steps: vec![step(Outcome::Pass, &[])],
        };
        let cut = Recorded {
            steps: Vec::new(),
            ..whole.clone()
        };
        assert!(
            differences(&whole, &cut)[0]
                .what
                .contains("real clusters alone")
        );
        assert!(
            differences(&cut, &whole)[0]
                .what
                .contains("simulator alone")
        );
    }
}
