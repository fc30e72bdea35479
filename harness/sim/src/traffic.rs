//! Traffic that goes on while other things happen.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{Error, Result, RunningTraffic, Traffic};
use futures::{FutureExt, future::BoxFuture};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};
use world::{Observation, Outcome};

use crate::prober::{Kept, SimProber};

/// Traffic under way. Dropping it ends it, calls under way included.
pub(crate) struct SimTraffic {
    seen: Arc<Mutex<Seen>>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    /// The calls from the first one on that was not taken, those under way too: they are taken in
    /// order, so that a slow one holds later ones back.
    calls: VecDeque<Option<Observation>>,
    /// How many were taken.
    taken: usize,
    /// The call that ended last.
    latest: usize,
    failure: Option<Error>,
}

impl SimTraffic {
    pub(crate) fn start(prober: SimProber, traffic: Traffic) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let stop = watch::Sender::new(false);
        let work = go_on(prober, traffic, Arc::clone(&seen), stop.subscribe());
        Self {
            seen,
            stop,
            task: Some(tokio::spawn(work)),
        }
    }
}

/// Starts a call every so often until it is told to stop, and then waits for those under way.
async fn go_on(
    prober: SimProber,
    traffic: Traffic,
    seen: Arc<Mutex<Seen>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut calls = JoinSet::new();
    let mut next = Instant::now();
    for number in 0.. {
        tokio::select! {
            biased;
            stopped = stop.wait_for(|stop| *stop) => {
                drop(stopped);
                break;
            }
            () = sleep_until(next) => next += traffic.every,
        }
        let (prober, seen) = (prober.clone(), Arc::clone(&seen));
        let call = Arc::clone(&traffic.call);
        calls.spawn(async move {
            let kept = Kept::default();
            let observed = prober.one(call, &kept).await;
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match observed {
                Ok(observation) => seen.put(number, observation),
                Err(error) => {
                    seen.failure.get_or_insert(error);
                }
            }
        });
        while calls.try_join_next().is_some() {}
    }
    calls.join_all().await;
}

impl Seen {
    /// Takes in a call that has ended; of the one before it stays what is counted.
    fn put(&mut self, number: usize, observation: Observation) {
        let before = self.latest.checked_sub(self.taken);
        if let Some(Some(before)) = before.and_then(|before| self.calls.get_mut(before)) {
            forget_details(before);
        }
        self.latest = number;
        let place = number - self.taken;
        if place >= self.calls.len() {
            self.calls.resize_with(place + 1, || None);
        }
        self.calls[place] = Some(observation);
    }

    fn take(&mut self) -> Vec<Observation> {
        let done = self.calls.iter().take_while(|call| call.is_some()).count();
        self.taken += done;
        self.calls.drain(..done).flatten().collect()
    }
}

/// Leaves out of an answered call what nobody asks of many: it is nearly all of its memory.
fn forget_details(observation: &mut Observation) {
    if let Outcome::Answered(answer) = &mut observation.outcome {
        answer.received_headers.clear();
        observation.hops = Vec::new();
    }
}

impl RunningTraffic for SimTraffic {
    fn take(&mut self) -> Vec<Observation> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn stop(mut self: Box<Self>) -> BoxFuture<'static, Result<Vec<Observation>>> {
        async move {
            self.stop.send_replace(true);
            if let Some(task) = self.task.take() {
                task.await.map_err(|source| Error::Machinery {
                    doing: "traffic ended before it was stopped".to_owned(),
                    source: Box::new(source),
                })?;
            }
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            match seen.failure.take() {
                Some(error) => Err(error),
                None => Ok(seen.take()),
            }
        }
        .boxed()
    }
}

impl Drop for SimTraffic {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use world::{
        Answer, Call, Client, Connection, Hop, Place, Protocol, Refusal, Sentence, Target,
    };

    use super::*;

    fn observed(outcome: Outcome) -> Observation {
        Observation {
            call: Arc::new(Call {
                from: Client::Outside,
                to: Target {
                    host: "helloworld.sample".into(),
                    port: 5000,
                },
                protocol: Protocol::Tcp,
                connection: Connection::Fresh,
                timeout: Duration::from_secs(1),
            }),
            at: Duration::ZERO,
            took: Duration::ZERO,
            outcome,
            hops: vec![Hop {
                at: Place::Network("outside".into()),
                decided: Sentence::new("it passed".to_owned()),
                because: None,
                in_vain: false,
            }],
        }
    }

    #[test]
    fn the_ways_of_failures_and_of_the_latest_call_are_kept() {
        let mut seen = Seen::default();
        let answered = || observed(Outcome::Answered(Answer::default()));
        seen.put(0, answered());
        seen.put(1, observed(Outcome::Refused(Refusal::Reset)));
        seen.put(2, answered());
        seen.put(3, answered());
        let ways: Vec<usize> = seen.take().iter().map(|one| one.hops.len()).collect();
        assert_eq!(ways, [0, 1, 0, 1]);
    }

    #[test]
    fn a_slow_call_holds_those_back_that_began_after_it() {
        let mut seen = Seen::default();
        let ended = |number| Observation {
            at: Duration::from_secs(number),
            ..observed(Outcome::Answered(Answer::default()))
        };
        let taken = |seen: &mut Seen| -> Vec<u64> {
            seen.take().iter().map(|one| one.at.as_secs()).collect()
        };
        for number in [0, 2, 3] {
            seen.put(number, ended(number as u64));
        }
        assert_eq!(taken(&mut seen), [0]);
        seen.put(1, ended(1));
        assert_eq!(taken(&mut seen), [1, 2, 3]);
        seen.put(4, ended(4));
        assert_eq!(taken(&mut seen), [4]);
    }
}
