//! What a run met that is not modelled and could change an answer: whoever judges the run must
//! refuse it by these names.

use std::{
    collections::BTreeSet,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

pub use world::NotModelled as Refusal;

/// Everything that was refused in a run. Clones collect into the same list.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<BTreeSet<Refusal>>>);

impl Refusals {
    /// Notes that something is not modelled; again and again is no more than once.
    pub fn note(&self, by: impl Display, what: impl Display) {
        let refusal = Refusal {
            by: by.to_string(),
            what: what.to_string(),
        };
        self.lock().insert(refusal);
    }

    /// Everything so far, in order.
    pub fn all(&self) -> Vec<Refusal> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
