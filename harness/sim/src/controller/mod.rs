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
//! node is silent), [`garbage`] and [`namespace`] (what goes when something else goes), [`service_account`],
//! [`root_ca`] and [`token`] (what every namespace is given, and tokens in Secrets).

pub(crate) mod deployment;
pub(crate) mod endpoint_slice;
pub(crate) mod garbage;
pub(crate) mod job;
pub(crate) mod load_balancer;
pub(crate) mod merge;
pub(crate) mod namespace;
pub(crate) mod node_lifecycle;
pub(crate) mod owner;
pub(crate) mod pod;
pub(crate) mod replica_set;
pub(crate) mod root_ca;
pub(crate) mod scheduler;
pub(crate) mod service_account;
pub(crate) mod stateful_set;
pub(crate) mod token;
mod work;

use std::{sync::Arc, time::Duration};

use apiserver::{Clock, Status};
use futures::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use crate::cluster::{Api, Change, Key, Tables};

pub(crate) use work::{Desk, work};

/// One controller.
pub(crate) trait Controller: Send + Sync {
    /// Its name in the log and in field managers.
    fn name(&self) -> &'static str;

    /// The keys that a change makes it look at.
    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key>;

    /// How long a key waits for further changes after this one before it is looked at. Changes of
    /// one instant of virtual time are then one; a real controller's queue lags more than this.
    fn patience(&self, _: &Change) -> Duration {
        Duration::ZERO
    }

    /// How long a key waits after errors. Source: client-go's default rate limiter for
    /// controllers, of which the limit over all keys (ten a second) is not modelled.
    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_millis(5),
            longest: Duration::from_secs(1000),
        }
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

/// What kube-controller-manager runs, as far as it needs neither nodes nor a cloud.
pub(crate) fn of_the_manager(api: &Api, clock: &Clock) -> Vec<Arc<dyn Controller>> {
    vec![
        Arc::new(deployment::Deployments::new(api, clock.clone())),
        Arc::new(replica_set::ReplicaSets::new(api, clock.clone())),
        Arc::new(stateful_set::StatefulSets::new(api, clock.clone())),
        Arc::new(job::Jobs::new(api, clock.clone())),
        Arc::new(endpoint_slice::EndpointSlices::new(api)),
        Arc::new(service_account::ServiceAccounts::new(api)),
        Arc::new(root_ca::RootCaPublisher::new(api)),
        Arc::new(token::Tokens::new(api)),
        Arc::new(garbage::Garbage::new(api)),
        Arc::new(namespace::Namespaces::new(api, clock.clone())),
    ]
}

impl Next {
    /// Whichever comes first.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Change, next) | (next, Self::Change) => next,
            (Self::After(one), Self::After(other)) => Self::After(one.min(other)),
        }
    }
}

/// The pauses after errors in a row: each is twice as long as the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// A key that has changed, and how long it may wait.
pub(crate) struct Told {
    pub(crate) key: Key,
    pub(crate) patience: Duration,
}

/// Where the informer tells a controller of changes.
pub(crate) struct Subscriber {
    pub(crate) controller: Arc<dyn Controller>,
    pub(crate) queue: UnboundedSender<Told>,
}

impl Subscriber {
    pub(crate) fn tell(&self, change: &Change, tables: &Tables) {
        let patience = self.controller.patience(change);
        for key in self.controller.affected(change, tables) {
            // A controller that has ended is not told any more.
            let _ = self.queue.send(Told { key, patience });
        }
    }
}
