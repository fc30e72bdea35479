//! Checks while clusters stand: look, judge, and look again as long as the check waits.
//!
//! Reading order: this file, `calls` (checks that call), `dns`, `ready` (pods), `known` (what
//! control planes and proxies know).

mod calls;
mod dns;
mod known;
mod ready;

use std::{num::NonZeroU32, time::Duration};

use judge::{Depth, Outcome, Step, Verdict, Waiting};
use scenario::scenario::{Check, CheckKind, Timing, Waiting as Then};
use tokio::time::sleep;

pub(crate) use known::{control_planes, synced};

use crate::{Result, cause, running::Running, target};

/// Judges a check, looking again as often as its timing asks.
pub(crate) async fn judged(running: &Running<'_>, check: &Check) -> Result<Verdict> {
    let began = running.site.environment.elapsed();
    let waited = || running.site.environment.elapsed().saturating_sub(began);
    let mut wait = waiting(timing(running, check)).start();
    loop {
        let depth = match wait.bears_a_failure(waited()) {
            true => Depth::Wary,
            false => Depth::Whole,
        };
        let verdict = look(running, &check.kind, depth).await?;
        match wait.look(verdict.outcome, waited()) {
            Step::LookAgain(pause) => sleep(pause).await,
            // Time ran out over a look that broke off early: what is told of a failure is whole.
            Step::Failed if depth == Depth::Wary => {}
            Step::Held(since) => return Ok(converged(verdict, since)),
            Step::Failed => return Ok(explained(running, check, verdict).await),
            Step::Lapsed { since, at } => {
                let observed = format!(
                    "it held from {since:?} to {at:?}, then: {}",
                    verdict.observed
                );
                return Ok(Verdict {
                    observed,
                    ..verdict
                });
            }
        }
    }
}

/// What is missing behind a failure of calls is said with it.
async fn explained(running: &Running<'_>, check: &Check, verdict: Verdict) -> Verdict {
    match check.calls() {
        Some(calls) if verdict.outcome == Outcome::Fail && check.is_positive() => {
            cause::add(running, calls, verdict).await
        }
        Some(_) | None => verdict,
    }
}

/// When a check counts: traffic that fails over is given the time that it may take since the fault.
fn timing(running: &Running<'_>, check: &Check) -> Timing {
    let CheckKind::Failover { after, took, .. } = &check.kind else {
        return check.timing;
    };
    let due = running.faults.injected_at(after) + *took;
    let left = due.saturating_sub(running.site.environment.elapsed());
    Timing {
        within: check.timing.within.max(left),
        ..check.timing
    }
}

fn waiting(timing: Timing) -> Waiting {
    let once = Waiting {
        within: timing.within,
        ..Waiting::default()
    };
    match timing.then {
        Then::Once => once,
        Then::Holds(holds) => Waiting { holds, ..once },
        Then::InARow(times) => Waiting {
            in_a_row: NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN),
            ..once
        },
    }
}

fn converged(mut verdict: Verdict, since: Duration) -> Verdict {
    verdict.evidence.converged_after = Some(since);
    verdict
}

async fn look(running: &Running<'_>, kind: &CheckKind, depth: Depth) -> Result<Verdict> {
    match kind {
        CheckKind::Reachable { calls, .. }
        | CheckKind::Share { calls, .. }
        | CheckKind::Mtls { calls, .. } => {
            let calls = target::calls(&running.site, calls).await?;
            calls::look(running, (kind, depth), &calls).await
        }
        CheckKind::Refused { calls, twin, .. } => {
            let calls = target::calls(&running.site, calls).await?;
            let verdict = calls::look(running, (kind, depth), &calls).await?;
            Ok(running.with_twin(verdict, twin))
        }
        CheckKind::Dns { from, host, answer } => dns::dns(running, from, host, *answer).await,
        CheckKind::Ready { clusters } => ready::ready(running, clusters).await,
        CheckKind::Pods { of, ready } => ready::pods(running, of, *ready).await,
        CheckKind::Synced { clusters } => known::synced(running, clusters).await,
        CheckKind::Endpoints {
            seen_by,
            host,
            port,
            behind,
        } => known::endpoints(running, seen_by, (host, *port), behind).await,
        CheckKind::Budget { of, budget } => {
            let charge = |seen: &[_]| judge::traffic::budget(budget, seen);
            Ok(running.traffic.seen(of, charge))
        }
        CheckKind::Failover {
            of,
            after,
            to,
            took,
        } => {
            let since = running.faults.injected_at(after);
            let judge = |seen: &[_]| judge::traffic::failover(seen, since, to, *took);
            Ok(running.traffic.seen(of, judge))
        }
    }
}

/// Whether an outcome ends a trial's hope of passing.
pub(crate) fn is_bad(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Fail | Outcome::Inconclusive)
}
