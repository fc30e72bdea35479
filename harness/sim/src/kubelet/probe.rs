//! When a probe notices what: the times of a kubelet's probes as arithmetic, so that no time is
//! spent on probes that would find nothing new.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

/// The times of one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    initial: Duration,
    period: Duration,
    successes: u32,
    failures: u32,
}

impl Times {
    /// Reads a probe; what it leaves open has the API's defaults.
    pub(super) fn of(probe: &Probe) -> Self {
        let seconds = |n: Option<i32>, default: u32| {
            let n = n.and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
            Duration::from_secs(n.into())
        };
        let count = |n: Option<i32>, default: u32| {
            n.and_then(|n| u32::try_from(n).ok())
                .unwrap_or(default)
                .max(1)
        };
        Self {
            initial: seconds(probe.initial_delay_seconds, 0),
            period: seconds(probe.period_seconds.filter(|n| *n > 0), 10),
            successes: count(probe.success_threshold, 1),
            failures: count(probe.failure_threshold, 3),
        }
    }

    /// How long after `since_start` the probe has found its target well, or unwell, often enough in
    /// a row, if it is so from then on.
    pub(super) fn until(self, well: bool, since_start: Duration) -> Duration {
        let times = if well { self.successes } else { self.failures };
        let late = since_start.saturating_sub(self.initial);
        let periods = late.as_millis().div_ceil(self.period.as_millis());
        let periods = u32::try_from(periods).unwrap_or(u32::MAX);
        let first = self.initial + self.period.saturating_mul(periods);
        first + self.period * (times - 1) - since_start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(initial: i32, period: i32, failures: i32) -> Times {
        Times::of(&Probe {
            initial_delay_seconds: Some(initial),
            period_seconds: Some(period),
            failure_threshold: Some(failures),
            ..Probe::default()
        })
    }

    #[test]
    fn a_success_is_noticed_at_the_next_tick() {
        let s = Duration::from_secs;
        let ms = Duration::from_millis;
        assert_eq!(times(1, 3, 3).until(true, s(0)), s(1));
        assert_eq!(times(1, 3, 3).until(true, s(1)), s(0));
        assert_eq!(times(1, 3, 3).until(true, ms(1001)), ms(2999));
        assert_eq!(times(0, 10, 3).until(true, s(0)), s(0));
    }

    #[test]
    fn a_failure_is_noticed_after_its_threshold_of_ticks() {
        let s = Duration::from_secs;
        assert_eq!(times(0, 10, 3).until(false, s(0)), s(20));
        assert_eq!(times(0, 10, 3).until(false, s(5)), s(25));
    }
}
