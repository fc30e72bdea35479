//! Wall time, for people who wait and for CI systems. It decides nothing and is in no record that
//! must not differ between runs.

use std::time::{Duration, Instant};

/// Measures from when it was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long people waited is measured on the wall, not on a trial's clock"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago it was started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
