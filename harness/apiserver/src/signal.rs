//! Tells many waiters that something has changed, in the order in which they began to wait.
//!
//! `tokio::sync::watch` wakes its waiters in an order that is drawn anew in every run (it spreads
//! them over several lists at random), so that nothing on it can be deterministic.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// Something that changes. Clones are the same thing.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    changes: AtomicU64,
    notify: Notify,
}

/// Somebody who wants to know of changes.
#[derive(Debug, Clone)]
pub struct Listener {
    inner: Arc<Inner>,
    seen: u64,
}

impl Signal {
    /// Says that it has changed.
    pub fn raise(&self) {
        self.inner.changes.fetch_add(1, Ordering::Relaxed);
        self.inner.notify.notify_waiters();
    }

    /// Listens to changes from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener {
            inner: Arc::clone(&self.inner),
            seen: self.inner.changes.load(Ordering::Relaxed),
        }
    }
}

impl Listener {
    /// Waits for a change since the last one that was waited for or marked as seen.
    ///
    /// Cancel-safe: a change that is not waited for to the end is not missed.
    pub async fn changed(&mut self) {
        loop {
            let notified = self.inner.notify.notified();
            let now = self.inner.changes.load(Ordering::Relaxed);
            if now != self.seen {
                self.seen = now;
                return;
            }
            notified.await;
        }
    }

    /// Whether there was a change since the last one that was waited for or marked as seen.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.inner.changes.load(Ordering::Relaxed) != self.seen
    }

    /// Counts everything up to now as seen.
    pub fn mark_seen(&mut self) {
        self.seen = self.inner.changes.load(Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn waiters_wake_in_the_order_in_which_they_began_to_wait() {
        let signal = Signal::default();
        let woken = Arc::new(Mutex::new(Vec::new()));
        let wait = |n: u32| {
            let (mut listener, woken) = (signal.listen(), Arc::clone(&woken));
            tokio::spawn(async move {
                listener.changed().await;
                woken.lock().unwrap().push(n);
            })
        };
        let waiters: Vec<_> = (0..50).map(wait).collect();
        tokio::task::yield_now().await;
        signal.raise();
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!(*woken.lock().unwrap(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_change_before_the_wait_is_not_missed() {
        let signal = Signal::default();
        let mut listener = signal.listen();
        signal.raise();
        listener.changed().await;
    }
}
