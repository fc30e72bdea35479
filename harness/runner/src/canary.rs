//! Deliberate violations: some are part of the installation, the others happen to the living mesh.

use judge::Verdict;
use manifest::{Facts, Violations, mutations};
use report::StepRun;
use scenario::scenario::{Break, Canary};
use serde_json::Value;

use crate::{Result, change, conclude::CANARY, running::Running};

/// What a canary breaks while objects are installed; what it changes in the values of clusters is
/// written into `facts`.
pub(crate) fn violations(canary: Option<&Canary>, facts: &mut Facts) -> Violations {
    let breaks = || canary.into_iter().flat_map(|canary| &canary.breaks);
    for broken in breaks() {
        if let Break::Values { clusters, merge } = broken {
            for cluster in clusters {
                facts.overlay_values(cluster.clone(), Value::Object(merge.0.clone()));
            }
        }
    }
    Violations::new(breaks().flat_map(mutations))
}

/// What a canary of the installation breaks once everything stands; `None` if all of it was part
/// of the installation.
pub(crate) async fn after_installation(running: &Running<'_>, canary: &Canary) -> Option<StepRun> {
    let mut breaks = canary.breaks.iter();
    match breaks.any(|broken| matches!(broken, Break::Fault(_) | Break::Change(_))) {
        true => Some(in_place(running, canary).await),
        false => None,
    }
}

/// Breaks what a canary breaks of a living mesh.
pub(crate) async fn in_place(running: &Running<'_>, canary: &Canary) -> StepRun {
    let expected = "the canary's violation is in place";
    let mut verdict = Verdict::pass(expected, "done");
    for (index, one) in canary.breaks.iter().enumerate() {
        if let Err(error) = put(running, canary, index, one).await {
            verdict = Verdict::inconclusive(expected, error.to_string());
        }
    }
    running.aside(CANARY, &canary.name, verdict)
}

async fn put(running: &Running<'_>, canary: &Canary, index: usize, one: &Break) -> Result<()> {
    match one {
        Break::Fault(kind) => {
            let name = format!("{} {index}", canary.name);
            running.faults.inject(running, &name, kind).await
        }
        Break::Change(change) => change::carry_out(running, change).await,
        // Part of the installation; a validated canary breaks nothing else of these later.
        Break::Omit { .. } | Break::Patch { .. } | Break::Values { .. } => Ok(()),
    }
}
