//! What the stations of a call say of it: evidence that travels beside the bytes.
//!
//! No station reads it, so that nothing is decided by what only an observer can know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use world::{Hop, TlsSeen};

/// Where the stations of one call leave evidence. Clones collect into the same place, so that what
/// was left stays readable when the call itself is given up.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Nothing where nobody collects.
    seen: Option<Arc<Mutex<Seen>>>,
    thorough: bool,
}

/// Room for what the stations of a call between networks say.
const STATIONS: usize = 12;

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
    /// A trail that is collected.
    pub fn new() -> Self {
        let seen = Seen {
            hops: Vec::with_capacity(STATIONS),
            ..Seen::default()
        };
        Self {
            seen: Some(Arc::new(Mutex::new(seen))),
            thorough: false,
        }
    }

    /// Where nobody collects: what is left there is lost.
    pub const fn none() -> Self {
        Self {
            seen: None,
            thorough: false,
        }
    }

    /// The trail of a call that is to be explained: stations also say what they did not do.
    pub fn thorough() -> Self {
        Self {
            thorough: true,
            ..Self::new()
        }
    }

    /// Whether stations are to say also what they did not do.
    pub fn is_thorough(&self) -> bool {
        self.thorough
    }

    /// A station decided something.
    pub fn pass(&self, hop: Hop) {
        self.leave(|seen| seen.hops.push(hop));
    }

    /// How many stations have decided so far.
    pub fn stations(&self) -> usize {
        let seen = self.seen.as_ref();
        seen.map_or(0, |seen| locked(seen).hops.len())
    }

    /// What stations decided since there were so many was on the way of a try that came to nothing:
    /// a proxy makes another one.
    pub fn came_to_nothing(&self, since: usize) {
        self.leave(|seen| {
            let tried = seen.hops.iter_mut().skip(since);
            tried.for_each(|hop| hop.in_vain = true);
        });
    }

    /// A proxy sends where it sent an earlier call, or picked the server for this one. The last one
    /// that picks counts.
    pub fn picked_earlier(&self, earlier: bool) {
        self.leave(|seen| seen.earlier_pick = Some(earlier));
    }

    /// The server's proxy saw this of the transport.
    pub fn tls(&self, seen: TlsSeen) {
        self.leave(|left| left.tls = Some(seen));
    }

    /// Takes everything that was left so far.
    pub fn take(&self) -> Seen {
        let seen = self
            .seen
            .as_ref()
            .map(|seen| std::mem::take(&mut *locked(seen)));
        seen.unwrap_or_default()
    }

    fn leave(&self, what: impl FnOnce(&mut Seen)) {
        if let Some(seen) = &self.seen {
            what(&mut locked(seen));
        }
    }
}

impl Default for Trail {
    fn default() -> Self {
        Self::new()
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
