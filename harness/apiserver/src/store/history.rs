//! The changes of one table within a window, from which watches are served: as many of the last as
//! kube-apiserver's watch cache keeps (`watch_cache.go`, lower bound of its capacity and
//! `DefaultEventFreshDuration`). Every change holds two versions of an object.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::Key;
use crate::typed::Object;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One change. The state before it is kept, because a watch with a selector must tell an object
/// that stops matching from one that never did.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) kind: ChangeKind,
    pub(crate) key: Arc<Key>,
    /// The object after it; of a deletion its last state, under the revision of the deletion.
    pub(crate) object: Arc<Object>,
    /// The object before it.
    pub(crate) previous: Option<Arc<Object>>,
}

/// The history was compacted beyond what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOld {
    /// The last revision that is forgotten.
    pub(crate) compacted: u64,
}

/// How many changes are kept however old they are.
const LEAST: usize = 100;

/// For how long changes are kept however many they are, but for the window.
const FRESH: Duration = Duration::from_secs(75);

#[derive(Debug)]
pub(super) struct History {
    window: usize,
    changes: VecDeque<(Instant, Arc<Change>)>,
    compacted: u64,
}

impl History {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window: window.max(1),
            changes: VecDeque::new(),
            compacted: 0,
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.compacted == 0 && self.changes.is_empty()
    }

    /// Takes in what has happened last.
    pub(super) fn push(&mut self, change: Change) {
        let now = Instant::now();
        self.changes.push_back((now, Arc::new(change)));
        while self.has_too_many(now) {
            if let Some((_, old)) = self.changes.pop_front() {
                self.compacted = old.revision;
            }
        }
    }

    fn has_too_many(&self, now: Instant) -> bool {
        let stale = |(at, _): &(Instant, _)| now.duration_since(*at) > FRESH;
        let kept = self.changes.len();
        kept > self.window || kept > LEAST && self.changes.front().is_some_and(stale)
    }

    pub(super) fn after(
        &self,
        revision: u64,
    ) -> Result<impl Iterator<Item = &Arc<Change>>, TooOld> {
        if revision < self.compacted {
            return Err(TooOld {
                compacted: self.compacted,
            });
        }
        let start = self
            .changes
            .partition_point(|(_, change)| change.revision <= revision);
        Ok(self.changes.range(start..).map(|(_, change)| change))
    }

    pub(super) fn forget_until(&mut self, revision: u64) {
        let keep = self
            .changes
            .partition_point(|(_, change)| change.revision <= revision);
        self.changes.drain(..keep);
        self.compacted = self.compacted.max(revision);
    }
}
