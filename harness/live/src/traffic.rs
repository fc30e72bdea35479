//! Traffic that goes on while other things happen: one shell in the client's pod starts curl whenever
//! it is told a number. The beat and the clock are ours, so a pod needs no clock that we trust.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{Error, RunningTraffic, Traffic};
use futures::{
    future::{BoxFuture, FutureExt as _},
    try_join,
};
use kube::api::AttachedProcess;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use world::{Capability, Connection, Observation};

use crate::{curl, exec::Place};

/// Traffic under way. Dropping it closes the connection to the pod, which ends the shell there.
pub(crate) struct ExecTraffic {
    seen: Arc<Mutex<Seen>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<engine::Result<()>>,
}

#[derive(Default)]
struct Seen {
    /// When calls that are under way were started.
    started: BTreeMap<u64, Duration>,
    /// Calls that have ended, by number, so that they are taken in the order of their starts.
    done: BTreeMap<u64, Observation>,
}

impl ExecTraffic {
    /// Starts the shell and the beat.
    pub(crate) async fn start(
        place: Place,
        traffic: Traffic,
        since: Instant,
    ) -> engine::Result<Self> {
        if traffic.call.connection == Connection::Kept {
            // Every curl of the beat is a process, and processes share no connection.
            return Err(Error::NotCapable(Capability::Traffic));
        }
        let script = curl::on_demand(&traffic.call);
        let attached = place.attach(&["sh", "-c", &script]).await;
        let attached = attached.map_err(|error| place.failed("start traffic from", error))?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (stop, stopped) = watch::channel(false);
        let course = Course {
            traffic,
            since,
            seen: Arc::clone(&seen),
        };
        let task = tokio::spawn(async move {
            let run = course.run(attached, stopped).await;
            run.map_err(|source| place.failed("keep traffic up from", source))
        });
        Ok(Self { seen, stop, task })
    }
}

/// What the task of running traffic knows.
struct Course {
    traffic: Traffic,
    since: Instant,
    seen: Arc<Mutex<Seen>>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Course {
    async fn run(
        self,
        mut attached: AttachedProcess,
        stopped: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let stdin = attached.stdin().ok_or("the pod took no input")?;
        let stdout = attached.stdout().ok_or("the pod gave no output")?;
        try_join!(self.beat(stdin, stopped), self.collect(stdout))?;
        attached.join().await?;
        Ok(())
    }

    /// Starts a call every so often until it is told to stop.
    async fn beat(
        &self,
        mut shell: impl AsyncWrite + Unpin,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let mut next = Instant::now();
        for number in 0.. {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                () = sleep_until(next) => next += self.traffic.every,
            }
            let at = self.since.elapsed();
            locked(&self.seen).started.insert(number, at);
            shell.write_all(format!("{number}\n").as_bytes()).await?;
            shell.flush().await?;
        }
        shell.write_all(b"stop\n").await?;
        shell.flush().await?;
        Ok(())
    }

    /// Reads reports until the shell has ended.
    async fn collect(&self, mut shell: impl AsyncRead + Unpin) -> Result<(), Failure> {
        let (mut text, mut chunk) = (String::new(), [0; 4096]);
        loop {
            let read = shell.read(&mut chunk).await?;
            if read == 0 {
                return Ok(());
            }
            text.push_str(&String::from_utf8_lossy(&chunk[..read]));
            while let Some((number, report)) = curl::take_report(&mut text)? {
                self.ended(number, &report)?;
            }
        }
    }

    fn ended(&self, number: u64, report: &str) -> Result<(), Failure> {
        let mut seen = locked(&self.seen);
        let at = seen.started.remove(&number);
        let at = at.ok_or("the pod reported a call that was not asked for")?;
        let call = std::slice::from_ref(&self.traffic.call);
        let observed = curl::read(call, &format!("{report}\n"), at)?;
        seen.done.extend(
            observed
                .into_iter()
                .map(|observation| (number, observation)),
        );
        Ok(())
    }
}

fn locked(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What has ended, without what started after a call that is still under way.
fn taken(seen: &Mutex<Seen>) -> Vec<Observation> {
    let mut seen = locked(seen);
    let open = seen.started.first_key_value().map(|(number, _)| *number);
    let later = open.map(|open| seen.done.split_off(&open));
    let done = std::mem::replace(&mut seen.done, later.unwrap_or_default());
    done.into_values().collect()
}

impl RunningTraffic for ExecTraffic {
    fn take(&mut self) -> Vec<Observation> {
        taken(&self.seen)
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
            Ok(taken(&self.seen))
        }
        .boxed()
    }
}

impl Drop for ExecTraffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}
