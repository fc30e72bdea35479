//! Clusters that one process hands on from trial to trial.
//!
//! Only facts are kept here, no connections: every trial has a runtime of its own, and a connection
//! does not outlive the one it was made in. Across processes nothing is handed on; there, labels
//! say whose clusters are whose.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use world::ClusterName;

use crate::inventory::Inventory;

/// The clusters of this process that no trial is using. Clones are the same pool.
#[derive(Debug, Clone, Default)]
pub struct Pool(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    idle: Vec<Idle>,
    /// Runs whose trial has ended without giving them back.
    abandoned: Vec<String>,
}

/// A set of clusters that waits for a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Idle {
    /// The run that it was made for.
    pub(crate) run: String,
    /// What it was made from.
    pub(crate) digest: String,
    /// What its clusters held when they were new.
    pub(crate) pristine: BTreeMap<ClusterName, Inventory>,
}

/// A set of clusters in use. One that is dropped without having been settled is abandoned: its
/// trial was interrupted, came too late, or panicked.
#[derive(Debug)]
pub(crate) struct Borrowed {
    pool: Pool,
    run: Option<String>,
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a set that was made from the same things.
    pub(crate) fn take(&self, digest: &str) -> Option<Idle> {
        let idle = &mut self.books().idle;
        let place = idle.iter().position(|one| one.digest == digest)?;
        Some(idle.swap_remove(place))
    }

    /// Takes a set back that is as good as new.
    pub(crate) fn give_back(&self, idle: Idle) {
        self.books().idle.push(idle);
    }

    /// Puts a run down as in use.
    pub(crate) fn borrow(&self, run: &str) -> Borrowed {
        Borrowed {
            pool: self.clone(),
            run: Some(run.to_owned()),
        }
    }

    /// Takes every run out that waits for a trial, for removal.
    pub(crate) fn drain(&self) -> Vec<String> {
        let mut books = self.books();
        books.idle.drain(..).map(|idle| idle.run).collect()
    }

    /// Takes every run out whose trial has ended without giving it back, for removal.
    pub(crate) fn drain_abandoned(&self) -> Vec<String> {
        std::mem::take(&mut self.books().abandoned)
    }
}

impl Borrowed {
    /// It has been given back or removed.
    pub(crate) fn settle(mut self) {
        self.run = None;
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let abandoned = self.run.take();
        self.pool.books().abandoned.extend(abandoned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(run: &str, digest: &str) -> Idle {
        Idle {
            run: run.to_owned(),
            digest: digest.to_owned(),
            pristine: BTreeMap::new(),
        }
    }

    #[test]
    fn clusters_are_handed_on_to_a_trial_that_needs_equal_ones_and_to_one_only() {
        let pool = Pool::new();
        pool.give_back(idle("r1", "d1"));
        assert_eq!(pool.take("d2"), None);
        assert_eq!(pool.take("d1"), Some(idle("r1", "d1")));
        assert_eq!(pool.take("d1"), None);
    }

    #[test]
    fn what_a_trial_did_not_give_back_is_there_to_be_removed() {
        let pool = Pool::new();
        pool.borrow("settled").settle();
        drop(pool.borrow("interrupted"));
        pool.give_back(idle("idle", "d1"));
        assert_eq!(pool.drain(), ["idle"]);
        assert_eq!(pool.drain_abandoned(), ["interrupted"]);
        assert!(pool.drain().is_empty() && pool.drain_abandoned().is_empty());
    }
}
