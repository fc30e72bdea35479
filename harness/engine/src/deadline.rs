//! One deadline that flows down: whoever waits is told until when, and adds no time-out of its own.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::{Error, Result};

/// A point in time after which waiting is given up. It follows tokio's clock, so that it costs
/// nothing on virtual time.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    from: Instant,
    at: Instant,
}

impl Deadline {
    /// `patience` from now.
    pub fn after(patience: Duration) -> Self {
        let from = Instant::now();
        Self {
            from,
            at: from + patience,
        }
    }

    /// A deadline inside this one: `patience` from now, but never later than this.
    pub fn within(self, patience: Duration) -> Self {
        let inner = Self::after(patience);
        Self {
            at: inner.at.min(self.at),
            ..inner
        }
    }

    /// The point in time.
    pub fn instant(self) -> Instant {
        self.at
    }

    /// How long was granted in all.
    pub fn patience(self) -> Duration {
        self.at - self.from
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Runs `work` until it ends or the deadline passes; `doing` names it in the error.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`] if it passes first, otherwise what `work` returns.
    pub async fn bound<T>(self, doing: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        timeout_at(self.at, work).await.unwrap_or_else(|_| {
            Err(Error::DeadlinePassed {
                doing: doing.to_owned(),
                waited: self.patience(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_inner_deadline_is_never_later_than_its_outer() {
        let outer = Deadline::after(Duration::from_secs(5));
        assert_eq!(
            outer.within(Duration::from_secs(60)).instant(),
            outer.instant()
        );
        assert_eq!(
            outer.within(Duration::from_secs(1)).patience(),
            Duration::from_secs(1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_outlives_the_deadline_is_named() {
        let deadline = Deadline::after(Duration::from_secs(5));
        let error = deadline
            .bound("pulling images", std::future::pending::<Result<()>>())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "pulling images did not end within 5s");
    }
}
