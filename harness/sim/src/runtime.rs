//! One paused single-threaded runtime per run.
//!
//! The clock moves only when every task waits, and then straight to the next timer, so that an
//! hour of idling costs nothing. There is no I/O driver: whatever would touch the machine's
//! network fails instead of making a run depend on it.

use std::future::Future;

use tokio::runtime::Builder;

/// Runs `work` on a runtime of its own, on virtual time, and returns what it returns. Tasks that
/// `work` leaves behind are dropped with the runtime.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without an I/O driver asks nothing of the machine");
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    #[test]
    fn an_hour_of_waiting_is_an_hour_of_virtual_time() {
        let waited = run(async {
            let start = Instant::now();
            sleep(Duration::from_secs(3600)).await;
            start.elapsed()
        });
        assert_eq!(waited, Duration::from_secs(3600));
    }
}
