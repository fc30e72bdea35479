//! The changes of one table within a window, from which watches are served.

use std::{collections::VecDeque, sync::Arc};

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

#[derive(Debug)]
pub(super) struct History {
    window: usize,
    changes: VecDeque<Arc<Change>>,
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
        self.changes.push_back(Arc::new(change));
        while self.changes.len() > self.window {
            if let Some(old) = self.changes.pop_front() {
                self.compacted = old.revision;
            }
        }
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
            .partition_point(|change| change.revision <= revision);
        Ok(self.changes.range(start..))
    }

    pub(super) fn forget_until(&mut self, revision: u64) {
        let keep = self
            .changes
            .partition_point(|change| change.revision <= revision);
        self.changes.drain(..keep);
        self.compacted = self.compacted.max(revision);
    }
}
