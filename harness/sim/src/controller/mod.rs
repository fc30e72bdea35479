//! The controllers that manifests need, as Kubernetes' own behave.
//!
//! Each is a [`Controller`]: a pure mapping from changes to keys, and a `reconcile` that reads the
//! view, decides purely, and writes through [`Api`]. [`work`] runs one: equal keys that wait are
//! one, a key is never worked on twice at once, errors come back with growing pauses. There is no
//! polling: a controller that has nothing to do costs nothing.
//!
//! Reading order: this file, [`owner`] (who owns what), [`deployment`], [`replica_set`],
//! [`stateful_set`] and [`job`] (who make pods), [`scheduler`] (where they go), [`endpoint_slice`]
//! and [`load_balancer`] (how they are reached), [`node_lifecycle`] (what becomes of pods when a
//! node is silent), [`garbage`] and [`namespace`] (what goes when something else goes), [`token`].

pub(crate) mod deployment;
pub(crate) mod endpoint_slice;
pub(crate) mod garbage;
pub(crate) mod job;
pub(crate) mod load_balancer;
pub(crate) mod namespace;
pub(crate) mod node_lifecycle;
pub(crate) mod owner;
pub(crate) mod pod;
pub(crate) mod replica_set;
pub(crate) mod rollout;
pub(crate) mod scheduler;
pub(crate) mod stateful_set;
pub(crate) mod token;
mod work;

use std::{sync::Arc, time::Duration};

use apiserver::Status;
use futures::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use crate::cluster::{Change, Key, Tables};

pub(crate) use work::{Desk, work};

/// One controller.
pub(crate) trait Controller: Send + Sync {
    /// Its name in the log and in field managers.
    fn name(&self) -> &'static str;

    /// The keys that a change makes it look at.
    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key>;

    /// How long a key waits for further changes before it is looked at. Changes of one instant of
    /// virtual time are then one; a real controller's queue lags more than this.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Brings what belongs to `key` nearer to what is wanted.
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled>;
}

/// What a reconciliation came to; errors are tried again.
pub(crate) type Reconciled = Result<Next, Status>;

/// The smallest patience: the resolution of virtual time.
pub(crate) const INSTANT: Duration = Duration::from_millis(1);

/// When a key is looked at again, without a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Not before something changes.
    Change,
    /// After this long.
    After(Duration),
}

/// Where the informer tells a controller of changes.
pub(crate) struct Subscriber {
    pub(crate) controller: Arc<dyn Controller>,
    pub(crate) queue: UnboundedSender<Key>,
}

impl Subscriber {
    pub(crate) fn tell(&self, change: &Change, tables: &Tables) {
        for key in self.controller.affected(change, tables) {
            // A controller that has ended is not told any more.
            let _ = self.queue.send(key);
        }
    }
}
