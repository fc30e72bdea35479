//! Traffic from one pod, for as long as it is there.

use std::{sync::Arc, time::Duration};

use engine::{Error, Traffic};
use kube::api::AttachedProcess;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    join,
    sync::{oneshot, watch},
    time::{Instant, sleep_until, timeout},
};

use super::book::Book;
use crate::{
    curl::report::Reports,
    exec::{Failure, Place},
};

/// The shortest time between two processes of curl's: calls that are due within it are made at once by
/// one, for a process costs as much as thirty calls.
const BEAT: Duration = Duration::from_millis(250);

/// How long the last words may take once every call has had its time.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Why no further call is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody asked for it.
    Stopped,
    /// The pod is about to go, or cannot be reached any more.
    Left,
}

/// A shell in a pod that makes calls by number.
pub(super) struct Stint {
    place: Place,
    shell: AttachedProcess,
    book: Arc<Book>,
}

impl Stint {
    pub(super) fn new(place: Place, shell: AttachedProcess, book: Arc<Book>) -> Self {
        Self { place, shell, book }
    }

    /// Keeps the beat until it is told to stop or the pod leaves, which `on_end` is told at once; then
    /// lets calls under way end.
    ///
    /// # Errors
    /// If the shell cannot make calls at all, or says what cannot be read.
    pub(super) async fn run(
        mut self,
        traffic: &Traffic,
        stopped: watch::Receiver<bool>,
        on_end: impl FnOnce(End),
    ) -> engine::Result<()> {
        let streams = self.shell.stdin().zip(self.shell.stdout());
        let (stdin, stdout) = streams.ok_or_else(|| self.failed("the pod gave no streams"))?;
        let mut numbers = Vec::new();
        // Dropped when the shell has said its last word.
        let (alive, gone) = oneshot::channel::<()>();
        let patience = traffic.call.timeout + LAST_WORDS;
        let (over, is_over) = oneshot::channel::<()>();
        let beat = async {
            let end = self.beat(traffic, stdin, &mut numbers, stopped, gone).await;
            on_end(end);
            drop(over);
            end
        };
        let told = async {
            let told = collect(stdout, &self.book, is_over, patience).await;
            drop(alive);
            told
        };
        let (end, told) = join!(beat, told);
        let heard = told.map_err(|error| self.failed(error))?;
        self.ended(end, &numbers, heard)
    }

    /// What is wrong with a shell that was asked for these calls and spoke so often. Of calls whose client
    /// has gone nobody can know; of those of a pod that is still there everything must be told.
    fn ended(&self, end: End, numbers: &[u64], heard: u64) -> engine::Result<()> {
        let lost = self.book.forget(numbers);
        match end {
            End::Stopped if lost > 0 => {
                Err(self.failed(format!("{lost} calls were never told of")))
            }
            End::Left if heard == 0 && !numbers.is_empty() => {
                Err(self.failed("its shell ended without a word; it needs sh, mktemp and curl"))
            }
            End::Stopped | End::Left => {
                tracing::debug!(lost, "traffic from a pod has ended");
                Ok(())
            }
        }
    }

    fn failed(&self, source: impl Into<Failure>) -> Error {
        self.place.failed("keep traffic up from", source)
    }

    /// Starts calls every so often; says why it starts no further ones.
    async fn beat(
        &self,
        traffic: &Traffic,
        mut shell: impl AsyncWrite + Unpin,
        numbers: &mut Vec<u64>,
        mut stopped: watch::Receiver<bool>,
        gone: oneshot::Receiver<()>,
    ) -> End {
        let group = group(traffic.every);
        let mut next = Instant::now();
        let left = async {
            tokio::select! { () = self.place.left() => {}, _ = gone => {} }
        };
        tokio::pin!(left);
        let end = loop {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break End::Stopped,
                () = &mut left => break End::Left,
                () = sleep_until(next) => next += traffic.every * group,
            }
            let started = self.book.start(group.into());
            numbers.extend(&started);
            if tell(&mut shell, &words(&started)).await.is_err() {
                break End::Left;
            }
        };
        // Where the way is broken, the shell finds the end of its input instead.
        let _ = tell(&mut shell, "stop").await;
        end
    }
}

/// How many calls are started together.
fn group(every: Duration) -> u32 {
    let calls = BEAT.as_nanos() / every.as_nanos().max(1);
    u32::try_from(calls).unwrap_or(u32::MAX).clamp(1, MOST)
}

/// As many as one process of curl's makes at once.
const MOST: u32 = 300;

fn words(numbers: &[u64]) -> String {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    words.join(" ")
}

async fn tell(shell: &mut (impl AsyncWrite + Unpin), line: &str) -> std::io::Result<()> {
    shell.write_all(format!("{line}\n").as_bytes()).await?;
    shell.flush().await
}

/// Reads reports until the shell has ended, or so long after the beat; returns how many there were. A
/// stream that breaks has ended.
async fn collect(
    shell: impl AsyncRead + Unpin,
    book: &Book,
    is_over: oneshot::Receiver<()>,
    patience: Duration,
) -> Result<u64, Failure> {
    let mut heard = 0;
    {
        let reading = read(shell, book, &mut heard);
        tokio::pin!(reading);
        tokio::select! {
            biased;
            read = &mut reading => read?,
            // What was not told by then is found to be missing.
            _ = is_over => timeout(patience, reading).await.unwrap_or(Ok(()))?,
        }
    }
    Ok(heard)
}

async fn read(
    mut shell: impl AsyncRead + Unpin,
    book: &Book,
    heard: &mut u64,
) -> Result<(), Failure> {
    let (mut reports, mut piece) = (Reports::default(), [0; 4096]);
    while let Ok(read @ 1..) = shell.read(&mut piece).await {
        reports.add(&piece[..read]);
        while let Some(said) = reports.next()? {
            book.heard(&said)?;
            *heard += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_are_due_within_a_beat_are_started_together() {
        let at = |per_second: u32| group(Duration::from_secs(1) / per_second);
        assert_eq!((at(1), at(4), at(5), at(20), at(5000)), (1, 1, 1, 5, MOST));
        assert_eq!(group(Duration::ZERO), MOST);
    }
}
