//! The server's only source of time: tokio's clock, mapped onto a fixed epoch.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, fmt::temporal::DateTimePrinter};
use tokio::time::Instant;

/// Maps the runtime's (possibly paused) clock onto calendar time.
///
/// Two runs that start at the same epoch and sleep for the same virtual time read the same
/// timestamps, whatever the machine's clock says. Clones are the same clock: put off, all of them
/// are.
#[derive(Debug, Clone)]
pub struct Clock {
    epoch: Timestamp,
    origin: Instant,
    /// Seconds ahead of the right time; negative is behind.
    off: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that reads `epoch` now and advances with tokio's time from here.
    #[must_use]
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            origin: Instant::now(),
            off: Arc::default(),
        }
    }

    /// Another clock that tells the right time, as this one does when it is not put off.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            off: Arc::default(),
            ..self.clone()
        }
    }

    /// From now on it is ahead of the right time by so many seconds; negative is behind, 0 is
    /// right. Timers go on as they are: only what is read from it jumps.
    pub fn put_off(&self, seconds: i64) {
        self.off.store(seconds, Ordering::Relaxed);
    }

    /// The calendar time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// The calendar time at an instant of the runtime, as this clock would tell it now; the epoch
    /// for earlier instants. Held at the ends of the calendar.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Timestamp {
        let passed = instant.saturating_duration_since(self.origin);
        let off = SignedDuration::from_secs(self.off.load(Ordering::Relaxed));
        let end = if off.is_negative() {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        let right = self.epoch.checked_add(passed).unwrap_or(Timestamp::MAX);
        right.checked_add(off).unwrap_or(end)
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
    const WHOLE: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
    WHOLE.timestamp_to_string(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_put_off_jumps_with_its_clones_and_no_other_does() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(epoch);
        let (same, other) = (clock.clone(), clock.another());
        clock.put_off(-7200);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(same.stamp(), "2025-12-31T22:01:00Z");
        assert_eq!(other.stamp(), "2026-01-01T00:01:00Z");
        clock.put_off(0);
        assert_eq!(same.now(), other.now());
    }
}
