//! One step of a scenario.

use judge::Verdict;
use report::StepRun;
use scenario::scenario::{Action, Check, CheckKind, Step};
use tokio::time::sleep;

use crate::{Result, change, check, running::Running};

/// The kind of steps that ask.
pub(crate) const CHECK: &str = "check";

/// The kind of steps that start traffic.
pub(crate) const TRAFFIC: &str = "traffic";

/// Carries out the step of this number and says what came of it.
pub(crate) async fn carry_out(running: &Running<'_>, number: usize, step: &Step) -> StepRun {
    let at = running.site.environment.elapsed();
    let verdict = match lacks(running, step) {
        Some(reason) => Verdict::skip("the step is carried out", reason),
        None => action(running, &step.action).await.unwrap_or_else(|error| {
            Verdict::inconclusive("the step is carried out", error.to_string())
        }),
    };
    running.traffic.take();
    StepRun {
        number,
        kind: kind(&step.action).to_owned(),
        name: step.name.clone().unwrap_or_default(),
        at,
        took: running.site.environment.elapsed().saturating_sub(at),
        why: why(&step.action),
        verdict,
    }
}

/// What the engine lacks for this step.
fn lacks(running: &Running<'_>, step: &Step) -> Option<String> {
    let needs = step.needs();
    let lacks: Vec<String> = needs
        .difference(&running.capabilities)
        .map(ToString::to_string)
        .collect();
    (!lacks.is_empty()).then(|| format!("the engine has no {}", lacks.join(", ")))
}

async fn action(running: &Running<'_>, action: &Action) -> Result<Verdict> {
    let done = |what: &str| Verdict::pass(what, "done");
    match action {
        Action::Check(check) => {
            if !running.applies(check) {
                return Ok(Verdict::skip(
                    &check.name,
                    "it is for other versions of Istio",
                ));
            }
            let verdict = check::judged(running, check).await?;
            running.remember(check, &verdict);
            Ok(verdict)
        }
        Action::Traffic(traffic) => {
            running.traffic.start(&running.site, traffic).await?;
            Ok(done("traffic runs"))
        }
        Action::Fault(fault) => {
            running
                .faults
                .inject(running, &fault.name, &fault.kind)
                .await?;
            Ok(done("it is broken"))
        }
        Action::Heal(name) => {
            running.faults.heal(running, name).await?;
            Ok(done("it is healed"))
        }
        Action::Wait(period) => {
            // Time passing is the step itself; on a virtual clock it costs nothing.
            sleep(*period).await;
            Ok(done("time has passed"))
        }
        Action::Change(change) => {
            change::carry_out(running, change).await?;
            Ok(done("it is changed"))
        }
    }
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Check(_) => CHECK,
        Action::Traffic(_) => TRAFFIC,
        Action::Fault(_) => "fault",
        Action::Heal(_) => "heal",
        Action::Wait(_) => "wait",
        Action::Change(_) => "change",
    }
}

/// What to ask about a check that calls.
fn why(action: &Action) -> Option<String> {
    let Action::Check(Check { kind, .. }) = action else {
        return None;
    };
    let calls = match kind {
        CheckKind::Reachable { calls, .. }
        | CheckKind::Refused { calls, .. }
        | CheckKind::Share { calls, .. }
        | CheckKind::Mtls { calls, .. } => calls,
        CheckKind::Dns { .. }
        | CheckKind::Ready { .. }
        | CheckKind::Pods { .. }
        | CheckKind::Synced { .. }
        | CheckKind::Endpoints { .. }
        | CheckKind::Budget { .. }
        | CheckKind::Failover { .. } => return None,
    };
    Some(calls.to_string())
}
