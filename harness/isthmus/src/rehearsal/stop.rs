//! The wish to stop, which trials under way can await.

use std::sync::Arc;

use tokio::sync::watch;

/// Clones share one wish, over threads and runtimes.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Nobody wishes to stop yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Wishes it.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody wished it.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends once somebody wishes it.
    pub async fn requested(&self) {
        let mut wish = self.0.subscribe();
        let waited = wish.wait_for(|stop| *stop).await;
        waited.map(drop).expect("self holds the sender");
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
