//! The server's only source of time: tokio's clock, mapped onto a fixed epoch.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Maps the runtime's (possibly paused) clock onto calendar time.
///
/// Two runs that start at the same epoch and sleep for the same virtual time read the same
/// timestamps, whatever the machine's clock says.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Timestamp,
    origin: Instant,
}

impl Clock {
    /// A clock that reads `epoch` now and advances with tokio's time from here.
    #[must_use]
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            origin: Instant::now(),
        }
    }

    /// The calendar time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// The calendar time at an instant of the runtime; the epoch for earlier instants.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Timestamp {
        let passed = instant.saturating_duration_since(self.origin);
        self.epoch.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Now as `metav1.Time` writes it: UTC with whole seconds.
    #[must_use]
    pub fn stamp(&self) -> String {
        stamp(self.now())
    }

    /// `after` from now as `metav1.Time` writes it.
    #[must_use]
    pub fn stamp_in(&self, after: Duration) -> String {
        stamp(self.now().checked_add(after).unwrap_or(Timestamp::MAX))
    }
}

/// A time as `metav1.Time` writes it: UTC with whole seconds.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
