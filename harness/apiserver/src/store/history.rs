//! The changes of one table within a window, from which watches are served.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Key, version::Version};
use crate::typed::Object;

/// How many states that are no object's present one every table may keep whole: watches tell them in
/// the same moment or soon after.
const WHOLE: usize = 8;

/// How many of them all tables of the process keep before they write any down, which takes longer than
/// most short lives of a cluster have use for. At 20 kB each they take as much as one cluster does.
const ROOM: usize = 1024;

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
    after: Arc<Version>,
    before: Option<Arc<Version>>,
}

impl Change {
    /// The object after it; of a deletion its last state, under the revision of the deletion.
    pub(crate) fn object(&self) -> Arc<Object> {
        self.after.object()
    }

    /// The object before it.
    pub(crate) fn previous(&self) -> Option<Arc<Object>> {
        self.before.as_ref().map(|version| version.object())
    }
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
    /// The present states of objects.
    present: BTreeMap<Arc<Key>, Arc<Version>>,
    /// Those that are past and still whole, oldest first.
    past: VecDeque<Past>,
}

/// A state that is no object's present one and still whole.
#[derive(Debug)]
struct Past {
    version: Arc<Version>,
}

/// How many of them this process holds.
static PAST: AtomicUsize = AtomicUsize::new(0);

impl Past {
    fn new(version: Arc<Version>) -> Self {
        PAST.fetch_add(1, Ordering::Relaxed);
        Self { version }
    }

    fn are_too_many() -> bool {
        PAST.load(Ordering::Relaxed) > ROOM
    }
}

impl Drop for Past {
    fn drop(&mut self) {
        PAST.fetch_sub(1, Ordering::Relaxed);
    }
}

impl History {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window: window.max(1),
            changes: VecDeque::new(),
            compacted: 0,
            present: BTreeMap::new(),
            past: VecDeque::new(),
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.compacted == 0 && self.changes.is_empty()
    }

    /// Takes in that an object is now as it is here.
    pub(super) fn put(&mut self, revision: u64, key: Arc<Key>, object: Arc<Object>) {
        let after = Version::new(object);
        let before = self.present.insert(Arc::clone(&key), Arc::clone(&after));
        self.supersede(before.clone());
        self.push(Change {
            revision,
            kind: match before {
                Some(_) => ChangeKind::Modified,
                None => ChangeKind::Added,
            },
            key,
            after,
            before,
        });
    }

    /// Takes in that an object is gone; `last` is its last state.
    pub(super) fn remove(&mut self, revision: u64, key: Arc<Key>, last: Arc<Object>) {
        let after = Version::new(last);
        let before = self.present.remove(&key);
        self.supersede(before.clone());
        self.supersede(Some(Arc::clone(&after)));
        self.push(Change {
            revision,
            kind: ChangeKind::Deleted,
            key,
            after,
            before,
        });
    }

    fn supersede(&mut self, version: Option<Arc<Version>>) {
        self.past.extend(version.map(Past::new));
        while self.past.len() > WHOLE && Past::are_too_many() {
            self.past
                .pop_front()
                .iter()
                .for_each(|old| old.version.write_down());
        }
    }

    fn push(&mut self, change: Change) {
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
