//! Runs a controller: a queue of keys in which equal ones are one, a few workers, retries.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use super::{Backoff, Controller, Next, Reconciled, Told};
use crate::{
    cluster::Key,
    log::EventLog,
    net::{Net, Place},
    program::Serve,
};

/// How many keys are worked on at once. Source: kube-controller-manager's `--concurrent-*-syncs`.
const WORKERS: usize = 5;
/// Where and for whom a controller works.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) place: Place,
    pub(crate) net: Net<Arc<dyn Serve>>,
    pub(crate) log: EventLog,
}

/// Works for ever, standing still while its place does.
pub(crate) async fn work(
    controller: Arc<dyn Controller>,
    mut inbox: UnboundedReceiver<Told>,
    desk: Desk,
) {
    let mut queue = Queue::new(controller.backoff());
    let mut running: FuturesUnordered<BoxFuture<'_, (Key, Reconciled)>> = FuturesUnordered::new();
    let mut later = Later::default();
    loop {
        while let Ok(told) = inbox.try_recv() {
            later.take_up(told, &mut queue);
        }
        while running.len() < WORKERS
            && let Some(key) = queue.start()
        {
            running.push(Box::pin(reconcile(&*controller, key, &desk)));
        }
        tokio::select! {
            biased;
            told = inbox.recv() => match told {
                Some(told) => later.take_up(told, &mut queue),
                None => return,
            },
            Some((key, outcome)) = running.next() => {
                let again = queue.finish(&key, &outcome);
                if let Err(status) = &outcome {
                    let who = format!("{}/{}", desk.place, controller.name());
                    desk.log.note(who, format_args!("{key}: {}", status.message));
                }
                if let Some(pause) = again {
                    later.plan(key, pause);
                }
            }
            key = later.next() => queue.add(key),
        }
    }
}

async fn reconcile(controller: &dyn Controller, key: Key, desk: &Desk) -> (Key, Reconciled) {
    desk.net.until_runs(&desk.place).await;
    let outcome = controller.reconcile(&key).await;
    (key, outcome)
}

/// Keys that are looked at again at a time: the soonest time that was asked for.
#[derive(Default)]
struct Later {
    by_time: BTreeSet<(Instant, Key)>,
    by_key: BTreeMap<Key, Instant>,
}

impl Later {
    fn plan(&mut self, key: Key, pause: Duration) {
        let at = Instant::now() + pause;
        match self.by_key.get(&key) {
            Some(before) if *before <= at => return,
            Some(before) => self.by_time.remove(&(*before, key.clone())),
            None => false,
        };
        self.by_key.insert(key.clone(), at);
        self.by_time.insert((at, key));
    }

    /// A key that has changed: it waits as long as it may, or not at all.
    fn take_up(&mut self, told: Told, queue: &mut Queue) {
        match told.patience.is_zero() {
            true => queue.add(told.key),
            false => self.plan(told.key, told.patience),
        }
    }

    /// The next key, at its time.
    async fn next(&mut self) -> Key {
        match self.by_time.first() {
            Some((at, _)) => sleep_until(*at).await,
            None => std::future::pending().await,
        }
        let (_, key) = self
            .by_time
            .pop_first()
            .expect("it was there before the wait");
        self.by_key.remove(&key);
        key
    }
}

struct Queue {
    waiting: VecDeque<Key>,
    queued: BTreeSet<Key>,
    busy: BTreeSet<Key>,
    /// In a row, by key.
    failures: BTreeMap<Key, u32>,
    backoff: Backoff,
}

impl Queue {
    fn new(backoff: Backoff) -> Self {
        Self {
            waiting: VecDeque::new(),
            queued: BTreeSet::new(),
            busy: BTreeSet::new(),
            failures: BTreeMap::new(),
            backoff,
        }
    }

    fn add(&mut self, key: Key) {
        if self.queued.insert(key.clone()) {
            self.waiting.push_back(key);
        }
    }

    /// The next key that nobody works on.
    fn start(&mut self) -> Option<Key> {
        let at = self
            .waiting
            .iter()
            .position(|key| !self.busy.contains(key))?;
        let key = self.waiting.remove(at)?;
        self.queued.remove(&key);
        self.busy.insert(key.clone());
        Some(key)
    }

    /// Ends the work on a key; says after which pause it is to be looked at again, if at all.
    fn finish(&mut self, key: &Key, outcome: &Reconciled) -> Option<Duration> {
        self.busy.remove(key);
        match outcome {
            Ok(next) => {
                self.failures.remove(key);
                match next {
                    Next::Change => None,
                    Next::After(pause) => Some(*pause),
                }
            }
            Err(_) => {
                let failures = self.failures.entry(key.clone()).or_insert(0);
                let pause = self.backoff.after(*failures);
                *failures += 1;
                Some(pause)
            }
        }
    }
}

impl Backoff {
    /// The pause after an error that follows `failures` others.
    fn after(self, failures: u32) -> Duration {
        // Every longest pause is within 20 doublings of its first.
        let pause = self.first.saturating_mul(2_u32.pow(failures.min(20)));
        pause.min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use apiserver::Status;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(5),
        longest: Duration::from_secs(1000),
    };

    #[test]
    fn equal_keys_that_wait_are_one_and_a_busy_key_waits() {
        let mut queue = Queue::new(BACKOFF);
        let a = || Key::new("ns", "a");
        queue.add(a());
        queue.add(a());
        assert_eq!(queue.start(), Some(a()));
        assert_eq!(queue.start(), None);
        queue.add(a());
        assert_eq!(queue.start(), None, "it is being worked on");
        queue.finish(&a(), &Ok(Next::Change));
        assert_eq!(queue.start(), Some(a()));
    }

    #[test]
    fn each_error_in_a_row_doubles_the_pause() {
        let mut queue = Queue::new(BACKOFF);
        let key = Key::new("ns", "a");
        let mut pauses = (0..20).map(|_| {
            let refused = Err(Status::internal("refused"));
            queue.finish(&key, &refused).unwrap().as_millis()
        });
        assert_eq!(pauses.by_ref().take(4).collect::<Vec<_>>(), [5, 10, 20, 40]);
        assert_eq!(pauses.last(), Some(1_000_000));
        assert_eq!(queue.finish(&key, &Ok(Next::Change)), None);
        let refused = Err(Status::internal("refused"));
        let pause = queue.finish(&key, &refused);
        assert_eq!(pause, Some(BACKOFF.first), "a success forgives");
    }
}
