//! Traffic from pod to pod: where one leaves, or the way to it breaks, another takes over.

use std::{sync::Arc, time::Duration};

use engine::{Deadline, Error, Traffic};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{
    book::Book,
    stint::{End, Stint},
};
use crate::{curl::script, exec::Workload};

/// How long a successor of a pod that left is looked for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks for a pod.
const LOOK: Duration = Duration::from_millis(500);

/// What the task of running traffic knows.
pub(super) struct Course {
    from: Workload,
    traffic: Traffic,
    book: Arc<Book>,
    stopped: watch::Receiver<bool>,
}

impl Course {
    pub(super) fn new(
        from: Workload,
        traffic: Traffic,
        book: Arc<Book>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            from,
            traffic,
            book,
            stopped,
        }
    }

    /// Starts the shell in a pod that is ready.
    ///
    /// # Errors
    /// If there is none, or it takes no command.
    pub(super) async fn begin(&self) -> engine::Result<Stint> {
        let place = self.from.place().await?;
        let shell = script::on_demand(&self.traffic.call);
        let attached = place.attach(&["sh", "-c", &shell]).await;
        let attached = attached.map_err(|error| place.failed("start traffic from", error))?;
        Ok(Stint::new(place, attached, Arc::clone(&self.book)))
    }

    /// Keeps the beat until it is told to stop. A pod that was left goes on to tell of its last calls
    /// while the next one makes others.
    pub(super) async fn run(self, first: Stint) -> engine::Result<()> {
        let (left, mut leaving) = mpsc::unbounded_channel();
        let mut stints = FuturesUnordered::new();
        stints.push(self.stint(Some(first), left.clone()));
        loop {
            tokio::select! {
                biased;
                Some(()) = leaving.recv() => stints.push(self.stint(None, left.clone())),
                Some(ended) = stints.next() => ended?,
                else => return Ok(()),
            }
            if stints.is_empty() && leaving.is_empty() {
                return Ok(());
            }
        }
    }

    /// The traffic of one pod, to the last word of its shell.
    async fn stint(
        &self,
        stint: Option<Stint>,
        left: mpsc::UnboundedSender<()>,
    ) -> engine::Result<()> {
        let stint = match stint {
            Some(stint) => stint,
            None => match self.successor().await? {
                Some(stint) => stint,
                None => return Ok(()),
            },
        };
        let on_end = |end| {
            if end == End::Left {
                // The receiver lives as long as every stint.
                let _ = left.send(());
            }
        };
        Box::pin(stint.run(&self.traffic, self.stopped.clone(), on_end)).await
    }

    /// Traffic from the next pod, as soon as there is one; `None` if traffic was stopped meanwhile.
    async fn successor(&self) -> engine::Result<Option<Stint>> {
        let deadline = Deadline::after(PATIENCE);
        loop {
            if *self.stopped.borrow() {
                return Ok(None);
            }
            match self.begin().await {
                Ok(stint) => return Ok(Some(stint)),
                Err(error @ Error::NotCapable(_)) => return Err(error),
                Err(error) if deadline.remaining().is_zero() => return Err(error),
                Err(_) => sleep(LOOK).await,
            }
        }
    }
}
