//! Checks that call.

use std::collections::BTreeSet;

use engine::Batch;
use judge::{CallLook, Next, Rates, Verdict, Ways};
use scenario::scenario::CheckKind;
use world::{Call, Observation, Refusal};

use crate::{Result, error::Doing as _, running::Running};

/// Looks once: as many calls as the verdict needs.
pub(super) async fn look(
    running: &Running<'_>,
    kind: &CheckKind,
    calls: &[Call],
) -> Result<Verdict> {
    let ways = Ways::of(running.site.topology);
    let mut look =
        CallLook::at(kind, Rates::default(), &ways).expect("only checks that call come here");
    loop {
        match look.next() {
            Next::Decided(verdict) => return Ok(*verdict),
            Next::Ask { client, calls: n } => {
                let batch = Batch::repeated(&calls[client], n.get());
                let batch = if is_silent(kind) {
                    batch.at_once()
                } else {
                    batch
                };
                for observation in ask(running, batch).await? {
                    look.observe(client, &observation);
                }
            }
        }
    }
}

/// Whether each call is to end by nobody answering: that takes its whole timeout to hear, and calls
/// into a void know nothing of each other.
fn is_silent(kind: &CheckKind) -> bool {
    let silence = BTreeSet::from([Refusal::Timeout]);
    matches!(kind, CheckKind::Refused { manners, .. } if *manners == silence)
}

/// Asks, and takes in what traffic saw meanwhile.
pub(super) async fn ask(running: &Running<'_>, batch: Batch) -> Result<Vec<Observation>> {
    let seen = running.site.environment.prober().ask(batch).await;
    let seen = seen.doing("call")?;
    running.traffic.take();
    Ok(seen)
}
