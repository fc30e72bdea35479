//! Continuous traffic: what it cost, and whether it moved in time.

use std::{collections::BTreeSet, time::Duration};

use scenario::scenario::Budget;
use world::{ClusterName, Observation, Outcome};

use crate::{
    Verdict,
    tally::{Tally, server},
};

/// Judges traffic against what may go wrong.
///
/// The longest gap is taken per client, from the end of one answer to the end of the next, because
/// that is how long a user of that client has waited in vain.
pub fn budget(budget: &Budget, traffic: &[Observation]) -> Verdict {
    let expected = words(budget);
    if traffic.is_empty() {
        return Verdict::inconclusive(expected, "no call was made");
    }
    let mut tally = Tally::default();
    let mut failed = 0_u64;
    for observation in traffic {
        tally.count(observation, true);
        if matches!(observation.outcome, Outcome::Refused(_)) {
            tally.keep(observation);
            failed += 1;
        }
    }
    let percent = 100.0 * failed as f64 / traffic.len() as f64;
    let gap = longest_gap(traffic);
    let observed = format!(
        "{failed} of {} failed ({percent:.3} %), longest gap {gap:?}",
        traffic.len()
    );
    let within = percent <= 100.0 * budget.failed.fraction()
        && budget.gap.is_none_or(|allowed| gap <= allowed);
    let verdict = if within {
        Verdict::pass(expected, observed)
    } else {
        Verdict::fail(expected, observed)
    };
    verdict.on(tally.evidence())
}

fn words(budget: &Budget) -> String {
    let gap = budget
        .gap
        .map(|gap| format!(", no gap over {gap:?}"))
        .unwrap_or_default();
    format!("at most {} of the calls fail{gap}", budget.failed)
}

/// The longest time any client went without an answer.
pub fn longest_gap(traffic: &[Observation]) -> Duration {
    let clients: BTreeSet<_> = traffic.iter().map(|seen| &seen.call.from).collect();
    let gap_of = |client: &world::Client| {
        let of_client: Vec<&Observation> = traffic
            .iter()
            .filter(|seen| seen.call.from == *client)
            .collect();
        let ends = |seen: &&Observation| seen.at + seen.took;
        let first = of_client.iter().map(|seen| seen.at).min();
        let last = of_client.iter().map(ends).max();
        let answered = of_client
            .iter()
            .filter(|seen| matches!(seen.outcome, Outcome::Answered(_)));
        let mut moments: Vec<Duration> = answered.map(ends).chain(first).chain(last).collect();
        moments.sort_unstable();
        moments
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or_default()
    };
    clients.into_iter().map(gap_of).max().unwrap_or_default()
}

/// Judges whether, after `since`, answers came from `to` and nobody else within `took`.
pub fn failover(
    traffic: &[Observation],
    since: Duration,
    to: &BTreeSet<ClusterName>,
    took: Duration,
) -> Verdict {
    let names: Vec<&str> = to.iter().map(ClusterName::as_str).collect();
    let expected = format!(
        "within {took:?}, {} answer and nobody else",
        names.join(" and ")
    );
    let after: Vec<&Observation> = traffic.iter().filter(|seen| seen.at >= since).collect();
    let mut tally = Tally::default();
    after.iter().for_each(|seen| tally.count(seen, true));
    let moved = |seen: &&&Observation| match &seen.outcome {
        Outcome::Answered(answer) => answer
            .cluster
            .as_ref()
            .is_some_and(|cluster| to.contains(cluster)),
        Outcome::Refused(_) => false,
    };
    let Some(last) = after.last().filter(|seen| moved(seen)) else {
        if let Some(seen) = after.last() {
            tally.keep(seen);
        }
        let observed = match after.last().map(|seen| &seen.outcome) {
            None => return Verdict::inconclusive(expected, "no call was made after the event"),
            Some(Outcome::Answered(answer)) => format!("{} still answers", server(answer)),
            Some(Outcome::Refused(refusal)) => format!("calls still end as {refusal}"),
        };
        return Verdict::fail(expected, observed).on(tally.evidence());
    };
    let unmoved = after
        .iter()
        .rfind(|seen| !moved(seen))
        .map_or(since, |seen| seen.at + seen.took);
    let needed = unmoved.saturating_sub(since);
    let observed = format!("it took {needed:?}; the last call was at {:?}", last.at);
    let verdict = if needed <= took {
        Verdict::pass(expected, observed)
    } else {
        Verdict::fail(expected, observed)
    };
    verdict.on(tally.evidence())
}
