//! The three ways of waiting: eventually, throughout, and several times in a row.
//!
//! A waiting check looks again and again; each look is one verdict. This decides, from the looks
//! and the time they were taken at, whether to look again. The time is the environment's, in
//! [`Duration`] since the check began, so that hours cost nothing where the clock is virtual.

use std::{num::NonZeroU32, time::Duration};

use crate::Outcome;

/// How a check waits; all three may be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Until when it must have come to hold. Zero means at the first look.
    pub within: Duration,
    /// For how long it must then go on to hold.
    pub holds: Duration,
    /// How many looks in a row must see it.
    pub in_a_row: NonZeroU32,
}

/// How long a check that had begun to hold bears looks that say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest pause between looks, as long as a check has not waited for long.
const SECOND: Duration = Duration::from_secs(1);

/// What to do after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look again after this long.
    LookAgain(Duration),
    /// It holds; it came to hold after this long.
    Held(Duration),
    /// It does not, and there is no time left.
    Failed,
    /// It held, and then no more.
    Lapsed {
        /// When it had come to hold.
        since: Duration,
        /// When it was seen not to.
        at: Duration,
    },
}

/// A waiting check under way.
#[derive(Debug, Clone)]
pub struct Wait {
    mode: Waiting,
    since: Option<Duration>,
    row: u32,
    looks: u32,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            within: Duration::ZERO,
            holds: Duration::ZERO,
            in_a_row: NonZeroU32::MIN,
        }
    }
}

impl Waiting {
    /// Starts to wait.
    pub fn start(self) -> Wait {
        Wait {
            mode: self,
            since: None,
            row: 0,
            looks: 0,
        }
    }
}

impl Wait {
    /// Takes what a look has seen at the time `now` and says what to do.
    ///
    /// An inconclusive look neither breaks a row nor adds to it: the instrument failed, not the
    /// mesh.
    pub fn look(&mut self, outcome: Outcome, now: Duration) -> Step {
        self.looks += 1;
        match outcome {
            Outcome::Pass => self.held(now),
            Outcome::Fail => self.broke(now),
            Outcome::Inconclusive | Outcome::Skip => self.again(now),
        }
    }

    /// Whether a look at the time `now` may fail without deciding anything.
    pub fn bears_a_failure(&self, now: Duration) -> bool {
        self.since.is_none() && now < self.mode.within
    }

    fn held(&mut self, now: Duration) -> Step {
        let since = *self.since.get_or_insert(now);
        self.row += 1;
        if self.row >= self.mode.in_a_row.get() && now.saturating_sub(since) >= self.mode.holds {
            return Step::Held(since);
        }
        Step::LookAgain(self.pause(now))
    }

    fn broke(&mut self, now: Duration) -> Step {
        let established = self.row >= self.mode.in_a_row.get();
        let since = self.since.take();
        self.row = 0;
        match since {
            Some(since) if established && !self.mode.holds.is_zero() => {
                Step::Lapsed { since, at: now }
            }
            _ => self.again(now),
        }
    }

    fn again(&mut self, now: Duration) -> Step {
        // An instrument that stays broken must not keep a check waiting for ever.
        let patience = self.mode.within + self.mode.holds + PATIENCE;
        if now >= patience || (now >= self.mode.within && self.since.is_none()) {
            return Step::Failed;
        }
        Step::LookAgain(self.pause(now))
    }

    /// Short at first, because most meshes converge in a second or two; then one second, which is
    /// far below any time people write, or a twentieth of what it has waited already: every look
    /// calls, and what comes after minutes need not be timed to the second. What holds is
    /// looked at every second, so that no lapse is passed over.
    fn pause(&self, now: Duration) -> Duration {
        let grown = Duration::from_millis(50) * 2_u32.pow(self.looks.min(10));
        let longest = match self.since {
            Some(_) => SECOND,
            None => SECOND.max(now / 20),
        };
        let next = grown.min(longest);
        let left = match self.since {
            Some(since) => (since + self.mode.holds).saturating_sub(now),
            None => self.mode.within.saturating_sub(now),
        };
        if left.is_zero() {
            Duration::from_millis(50)
        } else {
            next.min(left)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn mode(within: u64, holds: u64, in_a_row: u32) -> Waiting {
        Waiting {
            within: S * u32::try_from(within).unwrap(),
            holds: S * u32::try_from(holds).unwrap(),
            in_a_row: NonZeroU32::new(in_a_row).unwrap(),
        }
    }

    /// Looks as told until decided; `good` says what is seen at a time.
    fn run(mode: Waiting, good: impl Fn(Duration) -> bool) -> Step {
        let mut wait = mode.start();
        let mut now = Duration::ZERO;
        for _ in 0..100_000 {
            let outcome = if good(now) {
                Outcome::Pass
            } else {
                Outcome::Fail
            };
            match wait.look(outcome, now) {
                Step::LookAgain(pause) => now += pause,
                decided => return decided,
            }
        }
        panic!("never decided");
    }

    #[test]
    fn without_waiting_the_first_look_decides() {
        assert_eq!(
            run(Waiting::default(), |_| true),
            Step::Held(Duration::ZERO)
        );
        assert_eq!(run(Waiting::default(), |_| false), Step::Failed);
    }

    #[test]
    fn eventually_is_held_from_when_it_came() {
        let Step::Held(since) = run(mode(30, 0, 1), |now| now >= S * 5) else {
            panic!("it came after five seconds");
        };
        assert!(since >= S * 5 && since <= S * 6);
        assert_eq!(run(mode(30, 0, 1), |now| now > S * 31), Step::Failed);
    }

    #[test]
    fn looks_grow_rare_with_the_time_waited_and_not_while_it_holds() {
        let mut wait = mode(300, 60, 1).start();
        let pauses =
            |wait: &mut Wait, outcome, at: u32| (0..9).map(|_| wait.look(outcome, S * at)).last();
        let again = |millis| Some(Step::LookAgain(Duration::from_millis(millis)));
        assert_eq!(
            wait.look(Outcome::Fail, Duration::ZERO),
            Step::LookAgain(Duration::from_millis(100))
        );
        assert_eq!(pauses(&mut wait, Outcome::Fail, 10), again(1000));
        assert_eq!(pauses(&mut wait, Outcome::Fail, 200), again(10_000));
        assert_eq!(pauses(&mut wait, Outcome::Pass, 210), again(1000));
    }

    #[test]
    fn a_failure_is_borne_while_there_is_time_and_nothing_holds_yet() {
        let mut wait = mode(5, 5, 1).start();
        assert!(wait.bears_a_failure(S * 4) && !wait.bears_a_failure(S * 5));
        wait.look(Outcome::Pass, S);
        assert!(!wait.bears_a_failure(S * 2), "it would be a lapse");
        assert!(!Waiting::default().start().bears_a_failure(Duration::ZERO));
    }

    #[test]
    fn throughout_is_broken_by_one_lapse() {
        let lapse = |now: Duration| !(S * 9..S * 10).contains(&now);
        assert!(matches!(run(mode(0, 20, 1), lapse), Step::Lapsed { .. }));
        assert!(matches!(run(mode(0, 20, 1), |_| true), Step::Held(_)));
    }

    #[test]
    fn a_row_starts_anew_after_a_break() {
        let mut wait = mode(60, 0, 3).start();
        let seen = [true, true, false, true, true];
        for (i, good) in seen.into_iter().enumerate() {
            let outcome = if good { Outcome::Pass } else { Outcome::Fail };
            let now = S * u32::try_from(i).unwrap();
            assert!(matches!(wait.look(outcome, now), Step::LookAgain(_)));
        }
        assert_eq!(wait.look(Outcome::Pass, S * 5), Step::Held(S * 3));
    }

    #[test]
    fn an_instrument_that_stays_broken_ends_the_wait() {
        let mut wait = mode(5, 5, 1).start();
        assert!(matches!(wait.look(Outcome::Pass, S), Step::LookAgain(_)));
        assert!(matches!(
            wait.look(Outcome::Inconclusive, S * 20),
            Step::LookAgain(_)
        ));
        assert_eq!(wait.look(Outcome::Inconclusive, S * 60), Step::Failed);
    }

    proptest! {
        /// Whatever is seen, a wait ends, and never later than its own times allow.
        #[test]
        fn every_wait_ends(within in 0_u64..60, holds in 0_u64..60, row in 1_u32..10, seed: u64) {
            let good = |now: Duration| (seed.rotate_left((now.as_millis() % 61) as u32) & 1) == 1;
            let mut wait = mode(within, holds, row).start();
            let mut now = Duration::ZERO;
            let mut ended = false;
            for _ in 0..20_000 {
                let outcome = if good(now) { Outcome::Pass } else { Outcome::Fail };
                match wait.look(outcome, now) {
                    Step::LookAgain(pause) => { prop_assert!(!pause.is_zero()); now += pause; }
                    _ => { ended = true; break; }
                }
            }
            prop_assert!(ended);
        }
    }
}
