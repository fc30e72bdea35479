//! Traffic that goes on while other things happen, whatever becomes of the pod that it comes from.
//!
//! One shell in the client's pod starts calls whenever it is told their numbers. The beat and the clock
//! are ours, so a pod needs no clock that we trust. Reading order: this file (what an engine offers),
//! `course` (from pod to pod), `stint` (from one pod), `book` (what is under way and what was seen).

mod book;
mod course;
mod stint;

use std::sync::Arc;

use engine::{Error, RunningTraffic, Traffic};
use futures::future::{BoxFuture, FutureExt as _};
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use world::{Capability, Connection, Observation};

use crate::exec::Workload;
use book::Book;
use course::Course;

/// Traffic under way. Dropping it closes the connection to the pod, which ends the shell there.
pub(crate) struct ExecTraffic {
    book: Arc<Book>,
    stop: watch::Sender<bool>,
    task: JoinHandle<engine::Result<()>>,
}

impl ExecTraffic {
    /// Starts the shell and the beat.
    pub(crate) async fn start(
        from: Workload,
        traffic: Traffic,
        since: Instant,
    ) -> engine::Result<Self> {
        if traffic.call.connection == Connection::Kept {
            // Calls of the beat are made by many processes, which share no connection.
            return Err(Error::NotCapable(Capability::Traffic));
        }
        let book = Arc::new(Book::new(traffic.call.clone(), since));
        let (stop, stopped) = watch::channel(false);
        let course = Course::new(from, traffic, Arc::clone(&book), stopped);
        let first = course.begin().await?;
        let task = tokio::spawn(course.run(first));
        Ok(Self { book, stop, task })
    }
}

impl RunningTraffic for ExecTraffic {
    fn take(&mut self) -> Vec<Observation> {
        self.book.take()
    }

    fn stop(mut self: Box<Self>) -> BoxFuture<'static, engine::Result<Vec<Observation>>> {
        async move {
            self.stop.send_replace(true);
            let ended = (&mut self.task).await;
            ended.unwrap_or_else(|stopped| {
                Err(Error::Machinery {
                    doing: "end traffic".to_owned(),
                    source: stopped.into(),
                })
            })?;
            Ok(self.book.take())
        }
        .boxed()
    }
}

impl Drop for ExecTraffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}
