//! Threads that take one case after another.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use report::{Trial, TrialName};

use super::{
    Audience, Rehearsal,
    hands::{SPARE, roomy},
    one,
};
use crate::{stopwatch::Stopwatch, trials::Case};

/// How often the audience hears of a rehearsal in which nothing happens.
const MOMENT: Duration = Duration::from_millis(100);
/// What threads tell.
enum News {
    Begun(usize),
    Ended(usize, Box<Trial>),
}

/// Runs cases until all are done or no more may be started; returns what was run by its number.
pub(super) fn run(
    rehearsal: &Rehearsal<'_>,
    cases: &[Case],
    audience: &mut dyn Audience,
) -> BTreeMap<usize, Trial> {
    let next = AtomicUsize::new(0);
    let (sender, news) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..rehearsal.settings.jobs.get().min(cases.len()) {
            let (sender, next) = (sender.clone(), &next);
            let hand = move || work(rehearsal, cases, next, &sender);
            roomy().spawn_scoped(scope, hand).expect(SPARE);
        }
        drop(sender);
        let mut hall = Hall::new(rehearsal, cases, audience);
        loop {
            let heard = news.recv_timeout(MOMENT);
            let told = rehearsal.engine.told();
            told.iter().for_each(|line| hall.audience.told(line));
            match heard {
                Ok(News::Begun(number)) => hall.begun(number),
                Ok(News::Ended(number, trial)) => hall.ended(number, *trial),
                Err(RecvTimeoutError::Timeout) => hall.waiting(),
                Err(RecvTimeoutError::Disconnected) => return hall.done,
            }
        }
    })
}

fn work(rehearsal: &Rehearsal<'_>, cases: &[Case], next: &AtomicUsize, news: &Sender<News>) {
    while !rehearsal.stop.is_requested() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(case) = cases.get(number) else {
            return;
        };
        let tell = |what| {
            news.send(what)
                .expect("the receiver waits for every sender to be gone")
        };
        tell(News::Begun(number));
        let taken = || next.load(Ordering::Relaxed) >= cases.len();
        let last = || rehearsal.settings.last && taken();
        let trial = one::run(rehearsal, case, number, last);
        if rehearsal.settings.fail_fast && trial.is_bad() {
            next.store(cases.len(), Ordering::Relaxed);
        }
        tell(News::Ended(number, Box::new(trial)));
    }
}

/// What is under way and what is done, as the audience is told.
struct Hall<'a> {
    names: Vec<TrialName>,
    running: BTreeMap<usize, Stopwatch>,
    done: BTreeMap<usize, Trial>,
    audience: &'a mut dyn Audience,
}

impl<'a> Hall<'a> {
    fn new(rehearsal: &Rehearsal<'_>, cases: &[Case], audience: &'a mut dyn Audience) -> Self {
        let names = cases.iter().map(|case| case.name(rehearsal.engine));
        Self {
            names: names.collect(),
            running: BTreeMap::new(),
            done: BTreeMap::new(),
            audience,
        }
    }

    fn begun(&mut self, number: usize) {
        self.running.insert(number, Stopwatch::start());
        self.audience.begun(&self.names[number]);
    }

    fn ended(&mut self, number: usize, trial: Trial) {
        self.running.remove(&number);
        self.audience.ended(&trial);
        self.done.insert(number, trial);
    }

    fn waiting(&mut self) {
        let running = self.running.iter();
        let running: Vec<_> = running
            .map(|(number, watch)| (self.names[*number].clone(), watch.elapsed()))
            .collect();
        self.audience.waiting(&running);
    }
}
