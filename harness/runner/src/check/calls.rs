//! Checks that call.

use std::{collections::BTreeSet, sync::Arc};

use engine::Batch;
use futures::{StreamExt, TryStreamExt, stream};
use judge::{CallLook, Depth, Next, Rates, Verdict};
use scenario::scenario::CheckKind;
use world::{Call, Observation, Refusal};

use crate::{Result, error::Doing as _, running::Running};

/// How many clients call at once: on real clusters each is a process that somebody pays for.
const CLIENTS: usize = 32;

/// Looks once: as many calls as the verdict needs.
pub(super) async fn look(
    running: &Running<'_>,
    (kind, depth): (&CheckKind, Depth),
    calls: &[Arc<Call>],
) -> Result<Verdict> {
    // Calls that are made at once save no timeout by being few at first.
    let depth = match is_silent(kind) {
        true => Depth::Whole,
        false => depth,
    };
    let look = CallLook::at(kind, depth, Rates::default(), &running.ways);
    let mut look = look.expect("only checks that call come here");
    loop {
        match look.wants() {
            Next::Decided(verdict) => return Ok(*verdict),
            Next::Ask(asks) => {
                let batches = asks.iter().map(|wanted| async {
                    let batch =
                        Batch::repeated(Arc::clone(&calls[wanted.client]), wanted.calls.get());
                    let seen = ask(running, paced(batch, kind)).await?;
                    Ok::<_, crate::Error>((wanted.client, seen))
                });
                let answers = stream::iter(batches).buffered(CLIENTS);
                for (client, seen) in answers.try_collect::<Vec<_>>().await? {
                    seen.iter().for_each(|one| look.observe(client, one));
                }
            }
        }
    }
}

fn paced(batch: Batch, kind: &CheckKind) -> Batch {
    match is_silent(kind) {
        true => batch.at_once(),
        false => batch,
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
