//! What has been seen so far, counted: the evidence of a verdict while it grows.

use std::borrow::Cow;

use world::{Answer, Observation, Outcome, Refusal};

use crate::{Evidence, Rates};

/// The label of somebody who answered without saying who it is.
const UNKNOWN: &str = "unknown";

/// Counts observations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    evidence: Evidence,
}

impl Tally {
    /// Counts one observation; `independent` is whether its pick was.
    pub(crate) fn count(&mut self, observation: &Observation, independent: bool) {
        self.evidence.calls += 1;
        self.evidence.independent += u64::from(independent);
        let who = label(&observation.outcome);
        match self.evidence.seen.get_mut(&*who) {
            Some(times) => *times += 1,
            None => drop(self.evidence.seen.insert(who.into_owned(), 1)),
        }
    }

    /// Keeps the first observation that broke the promise, or else the first that came near it.
    pub(crate) fn keep(&mut self, observation: &Observation) {
        self.evidence
            .nearest
            .get_or_insert_with(|| Box::new(observation.clone()));
    }

    /// The evidence, for a check that counts against stated rates.
    pub(crate) fn counted(mut self, rates: Rates) -> Evidence {
        self.evidence.false_alarm = Some(rates.false_alarm);
        self.evidence
    }

    /// The evidence.
    pub(crate) fn evidence(self) -> Evidence {
        self.evidence
    }
}

/// Who answered, or how it was refused.
pub(crate) fn label(outcome: &Outcome) -> Cow<'_, str> {
    match outcome {
        Outcome::Answered(answer) => server(answer),
        Outcome::Refused(refusal) => refusal.to_string().into(),
    }
}

/// The place that answered, as checks name it.
pub(crate) fn server(answer: &Answer) -> Cow<'_, str> {
    match (&answer.cluster, &answer.vm) {
        (Some(cluster), _) => cluster.as_str().into(),
        (None, Some(vm)) => format!("vm:{vm}").into(),
        (None, None) => UNKNOWN.into(),
    }
}

/// A sentence for a refusal.
pub(crate) fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::Dns => "the name did not resolve".to_owned(),
        Refusal::Refused => "the connection was refused".to_owned(),
        Refusal::Timeout => "nothing came back in time".to_owned(),
        Refusal::Reset => "the connection was reset".to_owned(),
        Refusal::Http(status) => format!("a proxy or server answered {status}"),
    }
}
