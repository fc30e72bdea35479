//! Watches: a cursor into a table's history that sees it through a selection.

mod event;
mod start;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::Stream;
use tokio::time::{Instant, sleep_until};

pub use event::{EventKind, WatchEvent};
pub(crate) use start::{list_options, open, revision, too_large};

use crate::{
    json::Value, object::text, resource::Resource, select::Selection, server::ApiServer,
    signal::Listener, store::TooOld, typed::Object,
};

/// How often a watch that allows bookmarks gets one.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// How long before its end a watch gets a last bookmark.
const BEFORE_THE_END: Duration = Duration::from_secs(2);

/// A stream of events. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    server: ApiServer,
    resource: Arc<Resource>,
    selection: Selection,
    /// Everything up to here was told or did not match.
    revision: u64,
    pending: VecDeque<WatchEvent>,
    tip: Listener,
    deadline: Option<Instant>,
    bookmark: Option<Instant>,
    ended: bool,
}

impl Watch {
    /// The next event; `None` once the watch has ended.
    ///
    /// Cancel-safe: an event is lost only together with the watch.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                self.ended |= event.kind == EventKind::Error;
                return Some(event);
            }
            if self.ended {
                return None;
            }
            self.tip.mark_seen();
            self.read();
            if self.pending.is_empty() {
                self.wait().await;
            }
        }
    }

    /// The watch as a stream.
    pub fn into_stream(self) -> impl Stream<Item = WatchEvent> + Send {
        futures::stream::unfold(self, |mut watch| async {
            watch.next().await.map(|event| (event, watch))
        })
    }

    /// Takes in what has happened since the last look.
    fn read(&mut self) {
        let revision = self.revision;
        let news = self.server.read(|state| {
            let changes = match state.store.rows(self.resource.table()) {
                Some(rows) => rows
                    .changes_after(revision)
                    .map(|c| c.map(Arc::clone).collect::<Vec<_>>()),
                None => Ok(Vec::new()),
            };
            (
                changes,
                state.store.revision(),
                state.catalogue.serves(&self.resource.gvr),
            )
        });
        match news {
            (Ok(changes), now, served) => {
                self.pending.extend(
                    changes
                        .iter()
                        .filter_map(|c| event::seen(&self.resource, &self.selection, c)),
                );
                self.revision = now;
                // A definition that is gone ends the watches of what it defined.
                self.ended |= !served;
            }
            (Err(TooOld { compacted }), ..) => {
                self.pending.push_back(event::too_old(revision, compacted));
            }
        }
    }

    async fn wait(&mut self) {
        let (deadline, bookmark) = (self.deadline, self.bookmark);
        tokio::select! {
            biased;
            () = self.tip.changed() => {}
            () = until(deadline) => self.ended = true,
            () = until(bookmark) => self.note_progress(),
        }
    }

    /// Tells the revision, so that the client may reconnect from here.
    fn note_progress(&mut self) {
        self.read();
        self.pending
            .push_back(event::bookmark(&self.resource, self.revision, false));
        self.bookmark = Some(next_bookmark(Instant::now(), self.deadline));
    }
}

/// When the next bookmark is due: in a minute, or two seconds before the end if that is sooner.
fn next_bookmark(now: Instant, end: Option<Instant>) -> Instant {
    let regular = now + BOOKMARK_EVERY;
    let last = end
        .and_then(|end| end.checked_sub(BEFORE_THE_END))
        .filter(|last| *last > now);
    last.map_or(regular, |last| last.min(regular))
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// An object as this version of its resource serves it: under its own version, and with the
/// defaults that the definition has got since it was written.
pub(crate) fn as_served(resource: &Resource, object: &Arc<Object>) -> Arc<Object> {
    let schema = resource
        .custom()
        .and_then(|custom| custom.schema.as_ref())
        .filter(|s| s.has_defaults);
    if schema.is_none() && resource.gvr.is_of(text(object, &["apiVersion"])) {
        return Arc::clone(object);
    }
    let mut served = Value::clone(object);
    served["apiVersion"] = resource.gvr.api_version().into();
    schema
        .into_iter()
        .for_each(|schema| schema.default(&mut served));
    if served == ***object {
        Arc::clone(object)
    } else {
        Object::owned(served, object.owners().clone())
    }
}
