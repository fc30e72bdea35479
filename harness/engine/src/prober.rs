//! How an environment is asked: batches of calls, and traffic that goes on while other things
//! happen. A prober reports what it saw and judges nothing.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use world::{Call, Observation};

use crate::Result;

/// Calls that are asked together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The calls, in the order in which they are started.
    pub calls: Vec<Arc<Call>>,
    /// How many are under way at once; 1 is one after another. Pools of proxies fill differently
    /// under parallel calls, and so do shares behind a gateway.
    pub parallel: NonZeroUsize,
}

/// A call that is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The call.
    pub call: Arc<Call>,
    /// From one start to the next, whether or not the one before has ended.
    pub every: Duration,
}

/// Asks an environment.
pub trait Prober: Send + Sync {
    /// Asks every call of the batch and returns one observation for each, in the batch's order.
    ///
    /// # Errors
    /// Only if the instrument failed (no pod to call from, exec broken): a call that is refused is
    /// an observation.
    fn ask(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Observation>>>;

    /// Starts traffic, which goes on until it is stopped or dropped.
    ///
    /// # Errors
    /// If the instrument failed to start.
    fn start(&self, traffic: Traffic) -> BoxFuture<'_, Result<Box<dyn RunningTraffic>>>;
}

/// Traffic under way. Dropping it stops it.
pub trait RunningTraffic: Send {
    /// What has been observed since this was last asked, in order of the calls' starts. Traffic goes
    /// on for hours: of calls that were answered the way they took, and what the server received,
    /// may be left out of all but the latest.
    fn take(&mut self) -> Vec<Observation>;

    /// Starts no further call, lets those under way end, and returns what was not taken yet.
    ///
    /// # Errors
    /// If the instrument broke on the way; what it had seen until then is lost.
    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<Vec<Observation>>>;
}

impl Batch {
    /// Calls one after another.
    pub fn in_order(calls: impl IntoIterator<Item = impl Into<Arc<Call>>>) -> Self {
        Self {
            calls: calls.into_iter().map(Into::into).collect(),
            parallel: NonZeroUsize::MIN,
        }
    }

    /// All of them at once, where none depends on what the one before has left behind.
    #[must_use]
    pub fn at_once(self) -> Self {
        Self {
            parallel: NonZeroUsize::new(self.calls.len()).unwrap_or(NonZeroUsize::MIN),
            ..self
        }
    }

    /// The same call `n` times, one after another.
    pub fn repeated(call: impl Into<Arc<Call>>, n: usize) -> Self {
        Self::in_order(vec![call.into(); n])
    }
}
