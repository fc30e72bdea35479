//! What a run met that is not modelled and could change an answer: whoever judges the run must
//! refuse it by these names.

use std::{
    collections::BTreeSet,
    fmt::{self, Display},
    sync::{Arc, Mutex, PoisonError},
};

/// One thing that is not modelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Where it was met, for example `istiod of cluster1`.
    pub by: String,
    /// What it is, with the path of the field or the name of the variable.
    pub what: String,
}

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

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not modelled: {}", self.by, self.what)
    }
}
