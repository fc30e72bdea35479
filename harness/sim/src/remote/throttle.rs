//! How often a client asks: client-go's token bucket.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// How often somebody may ask: so often for ever, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: u32,
    /// Requests that need not wait after a quiet time.
    pub burst: u32,
}

/// Gives turns at a rate, in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct Throttle {
    interval: Duration,
    burst: Duration,
    /// When the bucket is full again, with every turn that was given.
    full: Mutex<Option<Instant>>,
}

impl Throttle {
    pub(super) fn new(rate: Rate) -> Self {
        let interval = Duration::from_secs(1) / rate.per_second.max(1);
        Self {
            interval,
            burst: interval * rate.burst.max(1),
            full: Mutex::default(),
        }
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let at = self.take(now);
        if at > now {
            sleep_until(at).await;
        }
    }

    /// Takes a turn; says from when on it counts.
    fn take(&self, now: Instant) -> Instant {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full.map_or(now, |full| full.max(now)) + self.interval;
        *full = Some(next);
        next.checked_sub(self.burst).map_or(now, |at| at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_what_follows_at_the_rate() {
        let throttle = Throttle::new(Rate {
            per_second: 10,
            burst: 3,
        });
        let began = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..5 {
            throttle.turn().await;
            waited.push(began.elapsed().as_millis());
        }
        assert_eq!(waited, [0, 0, 0, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_time_fills_the_bucket_and_no_more() {
        let throttle = Throttle::new(Rate {
            per_second: 10,
            burst: 2,
        });
        let hour = Duration::from_secs(3600);
        tokio::time::sleep(hour).await;
        for _ in 0..3 {
            throttle.turn().await;
        }
        let began = Instant::now();
        throttle.turn().await;
        assert_eq!(began.elapsed(), Duration::from_millis(100));
    }
}
