//! Checks that call.

use engine::Batch;
use judge::{CallLook, Next, Rates, Verdict, Ways};
use scenario::scenario::CheckKind;
use world::{Call, Observation};

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
                for observation in ask(running, Batch::repeated(&calls[client], n.get())).await? {
                    look.observe(client, &observation);
                }
            }
        }
    }
}

/// Asks, and takes in what traffic saw meanwhile.
pub(super) async fn ask(running: &Running<'_>, batch: Batch) -> Result<Vec<Observation>> {
    let seen = running.site.environment.prober().ask(batch).await;
    let seen = seen.doing("call")?;
    running.traffic.take();
    Ok(seen)
}
