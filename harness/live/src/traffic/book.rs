//! The calls of traffic: which are under way, and what came of those that have ended.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use world::{Call, Observation};

use crate::{
    curl::{CurlError, report, report::Said},
    exec::Failure,
};

/// The calls of one stream of traffic.
pub(super) struct Book {
    call: Arc<Call>,
    since: Instant,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    next: u64,
    /// When calls that are under way were started.
    started: BTreeMap<u64, Duration>,
    /// Calls that have ended, by number, so that they are taken in the order of their starts.
    done: BTreeMap<u64, Observation>,
}

impl Book {
    /// No call yet; observations count from `since`.
    pub(super) fn new(call: Arc<Call>, since: Instant) -> Self {
        Self {
            call,
            since,
            pages: Mutex::default(),
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts calls down that are started now, and returns their numbers.
    pub(super) fn start(&self, calls: u64) -> Vec<u64> {
        let at = self.since.elapsed();
        let mut pages = self.pages();
        let numbers: Vec<u64> = (pages.next..pages.next + calls).collect();
        pages.next += calls;
        pages
            .started
            .extend(numbers.iter().map(|number| (*number, at)));
        numbers
    }

    /// Takes in what a script said.
    ///
    /// # Errors
    /// If it speaks of calls that nobody asked for, or calls ended of which it never spoke.
    pub(super) fn heard(&self, said: &Said) -> Result<(), Failure> {
        match said {
            Said::Call(number, report) => self.ended(*number, report),
            Said::End(numbers) => self.all_told(numbers),
        }
    }

    fn ended(&self, number: u64, report: &str) -> Result<(), Failure> {
        let mut pages = self.pages();
        let at = pages.started.remove(&number);
        let at = at.ok_or("the pod reported a call that was not asked for")?;
        let observed = report::read(std::slice::from_ref(&self.call), report, at)?;
        let observed = observed.into_iter().map(|one| (number, one));
        pages.done.extend(observed);
        Ok(())
    }

    fn all_told(&self, numbers: &[u64]) -> Result<(), Failure> {
        let pages = self.pages();
        let is_open = |number: &&u64| pages.started.contains_key(*number);
        let open = numbers.iter().filter(is_open).count();
        match open {
            0 => Ok(()),
            _ => Err(Box::new(CurlError::Count {
                calls: numbers.len(),
                reports: numbers.len() - open,
            })),
        }
    }

    /// Strikes calls out whose client has gone, and says how many: nobody knows what came of them.
    pub(super) fn forget(&self, numbers: &[u64]) -> usize {
        let mut pages = self.pages();
        let open = numbers.iter();
        open.filter(|number| pages.started.remove(number).is_some())
            .count()
    }

    /// What has ended, without what started after a call that is still under way.
    pub(super) fn take(&self) -> Vec<Observation> {
        let mut pages = self.pages();
        let open = pages.started.first_key_value().map(|(number, _)| *number);
        let later = open.map(|open| pages.done.split_off(&open));
        let done = std::mem::replace(&mut pages.done, later.unwrap_or_default());
        done.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use world::Connection;

    use super::*;
    use crate::kit::call;

    fn book() -> Book {
        Book::new(call(Connection::Fresh), Instant::now())
    }

    fn answered(number: u64) -> Said {
        Said::Call(number, "\n@isthmus 0 200 0.1 0.0\n".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_taken_in_the_order_of_their_starts() {
        let book = book();
        assert_eq!(book.start(3), [0, 1, 2]);
        book.heard(&answered(1)).unwrap();
        assert_eq!(book.take().len(), 0);
        book.heard(&answered(0)).unwrap();
        assert_eq!(book.take().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_client_has_gone_holds_nobody_back() {
        let book = book();
        book.start(2);
        book.heard(&answered(1)).unwrap();
        assert_eq!(book.forget(&[0, 1]), 1);
        assert_eq!(book.take().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_end_without_a_word_are_an_error_of_the_instrument() {
        let book = book();
        book.start(2);
        book.heard(&answered(1)).unwrap();
        assert!(book.heard(&Said::End(vec![0, 1])).is_err());
        book.heard(&answered(0)).unwrap();
        assert!(book.heard(&Said::End(vec![0, 1])).is_ok());
        assert!(book.heard(&answered(7)).is_err());
    }
}
