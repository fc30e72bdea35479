//! The threads that trials run in. One takes many trials: what a trial frees the next one of the same
//! thread takes, without asking the machine for memory that was never touched.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, Sender},
    },
    thread,
};

/// What a trial may put on its stack; unoptimised state machines of the whole installation are
/// larger than the two mebibytes that threads have otherwise.
const STACK: usize = 16 << 20;

/// Why a thread can be had.
pub(super) const SPARE: &str = "the machine can start a thread for each trial under way";

/// A thread with room for a trial.
pub(super) fn roomy() -> thread::Builder {
    thread::Builder::new().stack_size(STACK)
}

type Work = Box<dyn FnOnce() + Send>;

/// Roomy threads for callers in any thread: as many as were ever busy at once. They end with this.
#[derive(Debug, Default)]
pub(crate) struct Hands(Mutex<Vec<Sender<Work>>>);

impl Hands {
    /// Lets an idle thread do some work, or a new one, and waits for what comes of it.
    ///
    /// # Panics
    /// If the work does.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let hand = self.idle().pop().unwrap_or_else(hire);
        let (tell, told) = mpsc::channel();
        let work = move || drop(tell.send(work()));
        hand.send(Box::new(work))
            .expect("a thread waits for work as long as somebody can give it any");
        let done = told.recv().expect("the work did not panic");
        self.idle().push(hand);
        done
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Sender<Work>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hire() -> Sender<Work> {
    let (hand, works) = mpsc::channel::<Work>();
    let busy = move || works.into_iter().for_each(|work| work());
    roomy().spawn(busy).expect(SPARE);
    hand
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread::{ThreadId, current},
    };

    use super::*;

    fn who(hands: &Hands) -> ThreadId {
        hands.run(|| current().id())
    }

    #[test]
    fn one_thread_takes_what_comes_one_after_another() {
        let hands = Hands::default();
        assert_eq!(who(&hands), who(&hands));
        assert_ne!(who(&hands), current().id());
    }

    #[test]
    fn who_is_busy_does_not_keep_others_waiting() {
        let hands = Hands::default();
        let both = Arc::new(Barrier::new(2));
        thread::scope(|scope| {
            for both in [Arc::clone(&both), both] {
                scope.spawn(|| hands.run(move || both.wait()));
            }
        });
        assert_eq!(hands.idle().len(), 2);
    }

    #[test]
    fn a_panic_of_the_work_reaches_whoever_gave_it() {
        let hands = Hands::default();
        let asked = std::panic::AssertUnwindSafe(|| hands.run(|| panic!("as it should")));
        assert!(std::panic::catch_unwind(asked).is_err());
        who(&hands);
    }
}
