//! The ordered log of a run: what happened, when, to whom. Equal runs have equal bytes.

use std::{
    fmt::{self, Display},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, since the run began.
    pub at: Duration,
    /// Who, for example `cluster1/kubelet`.
    pub who: String,
    /// What, in one line.
    pub what: String,
}

/// The log of one run. Clones write to the same log.
#[derive(Debug, Clone)]
pub struct EventLog {
    began: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

impl EventLog {
    /// An empty log whose time begins now.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            events: Arc::default(),
        }
    }

    /// Writes that `what` happened to `who` now.
    pub fn note(&self, who: impl Display, what: impl Display) {
        let event = Event {
            at: self.elapsed(),
            who: who.to_string(),
            what: what.to_string(),
        };
        self.lock().push(event);
    }

    /// The time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Everything so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for EventLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, who, what } = self;
        write!(f, "{:>10.3}s {who}: {what}", at.as_secs_f64())
    }
}

impl Display for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock()
            .iter()
            .try_for_each(|event| writeln!(f, "{event}"))
    }
}
