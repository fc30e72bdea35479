//! From when until when something counts.

use std::{fmt, time::Duration};

use jiff::Timestamp;

/// How far istiod dates a workload certificate back, so that a client whose clock is a little
/// behind accepts it (`ClockSkewGracePeriod` in Istio's `security/pkg/util`).
const SKEW: Duration = Duration::from_secs(120);

const DAY: u64 = 24 * 60 * 60;

/// A span of time, both ends included, in whole seconds: certificates know nothing finer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validity {
    /// The first instant.
    pub not_before: Timestamp,
    /// The last instant.
    pub not_after: Timestamp,
}

impl Validity {
    /// From `now` (less two minutes for clocks that are behind) for `length`.
    ///
    /// A clock near the ends of the calendar is held there.
    pub fn from(now: Timestamp, length: Duration) -> Self {
        let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
        Self {
            not_before: second(now.saturating_sub(SKEW).unwrap_or(Timestamp::MIN)),
            not_after: second(now.saturating_add(length).unwrap_or(Timestamp::MAX)),
        }
    }

    /// Ten years, as Istio's sample makefile gives roots and intermediates (3650 days).
    pub fn of_authority(now: Timestamp) -> Self {
        Self::from(now, Duration::from_secs(3650 * DAY))
    }

    /// One day, istiod's default for workloads (`DEFAULT_WORKLOAD_CERT_TTL`).
    pub fn of_workload(now: Timestamp) -> Self {
        Self::from(now, Duration::from_secs(DAY))
    }

    /// When both of them count: a span without an instant if they do not meet.
    #[must_use]
    pub fn overlap(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// Whether `at` lies within.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.not_before, self.not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_made_now_is_accepted_by_a_clock_one_minute_behind() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let validity = Validity::of_workload(now);
        assert!(validity.contains(now - Duration::from_secs(60)));
        assert!(!validity.contains(now - Duration::from_secs(180)));
        assert!(validity.contains(now + Duration::from_secs(DAY)));
        assert!(!validity.contains(now + Duration::from_secs(DAY + 1)));
    }
}
