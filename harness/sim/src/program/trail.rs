//! What the stations of a call say of it: evidence that travels beside the bytes.
//!
//! No station reads it, so that nothing is decided by what only an observer can know.

use std::sync::{Arc, Mutex, PoisonError};

use world::{Hop, TlsSeen};

/// Where the stations of one call leave evidence. Clones collect into the same place, so that what
/// was left stays readable when the call itself is given up.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    seen: Arc<Mutex<Seen>>,
    thorough: bool,
}

/// What was left so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The stations in the order in which they decided.
    pub hops: Vec<Hop>,
    /// Whether the server was picked for an earlier call, whose connection this one goes on; `None`
    /// if no proxy said.
    pub earlier_pick: Option<bool>,
    /// What the server's proxy saw of the transport; `None` if there is none.
    pub tls: Option<TlsSeen>,
}

impl Trail {
    /// The trail of a call that is to be explained: stations also say what they did not do.
    pub fn thorough() -> Self {
        Self {
            thorough: true,
            ..Self::default()
        }
    }

    /// Whether stations are to say also what they did not do.
    pub fn is_thorough(&self) -> bool {
        self.thorough
    }

    /// A station decided something.
    pub fn pass(&self, hop: Hop) {
        self.lock().hops.push(hop);
    }

    /// A proxy sends where it sent an earlier call, or picked the server for this one. The last one
    /// that picks counts.
    pub fn picked_earlier(&self, earlier: bool) {
        self.lock().earlier_pick = Some(earlier);
    }

    /// The server's proxy saw this of the transport.
    pub fn tls(&self, seen: TlsSeen) {
        self.lock().tls = Some(seen);
    }

    /// Takes everything that was left so far.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
