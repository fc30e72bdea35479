//! Which istiod writes root certificates into a cluster: one of all that would, as [`istio::election`]
//! decides.
//!
//! The lock is a place of the run and no object of the cluster: an API server that does not answer keeps
//! nobody from it, an istiod that dies gives it up as one that ends does, and one that is paused keeps
//! it for more than the 30 seconds after which Istio's lock lapses.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use istio::election::{Claim, retry_after};
use rand::RngExt as _;
use sim::random::Seed;
use tokio::time::Instant;

/// Who leads where, for all istiods of a run. Clones are of the same run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elections(Arc<Mutex<BTreeMap<Seat, Leader>>>);

/// What is led: the namespace of istiod in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) cluster: String,
    pub(crate) namespace: String,
}

#[derive(Debug)]
struct Leader {
    who: String,
    claim: Claim,
}

/// An istiod that runs for seats; dropping it gives up those that it has.
#[derive(Debug)]
pub(crate) struct Candidate {
    elections: Elections,
    who: String,
    seed: Seed,
    tries: u64,
    /// When it tries again for the seats that it did not get.
    again: BTreeMap<Seat, Instant>,
}

impl Elections {
    /// An istiod begins to run for seats.
    pub(crate) fn candidate(&self, who: &str, seed: Seed) -> Candidate {
        Candidate {
            elections: self.clone(),
            who: who.to_owned(),
            seed,
            tries: 0,
            again: BTreeMap::new(),
        }
    }

    /// Takes a seat for `who`, unless another has it by a claim as good.
    fn take(&self, seat: &Seat, who: &str, claim: &Claim) -> bool {
        let mut seats = self.seats();
        let is_others = seats
            .get(seat)
            .is_some_and(|leader| leader.who != who && !claim.beats(&leader.claim));
        if !is_others {
            let leader = Leader {
                who: who.to_owned(),
                claim: claim.clone(),
            };
            seats.insert(seat.clone(), leader);
        }
        !is_others
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<Seat, Leader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Candidate {
    /// Whether it leads now: if it did, if the seat is free, or if its claim is the better one. A
    /// seat that it did not get stays another's until it tries again.
    pub(crate) fn leads(&mut self, seat: &Seat, claim: &Claim, now: Instant) -> bool {
        if self.again.get(seat).is_some_and(|&at| now < at) {
            return false;
        }
        let leads = self.elections.take(seat, &self.who, claim);
        if leads {
            self.again.remove(seat);
        } else {
            let again = now + self.pause();
            self.again.insert(seat.clone(), again);
        }
        leads
    }

    /// When it tries again for a seat; `None` if it leads wherever it would.
    pub(crate) fn tries_again(&self) -> Option<Instant> {
        self.again.values().min().copied()
    }

    fn pause(&mut self) -> Duration {
        self.tries += 1;
        let draw = format_args!("election/{}/{}", self.who, self.tries);
        let share: f64 = self.seed.stream(draw).random();
        retry_after(share)
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        let mut seats = self.elections.seats();
        seats.retain(|_, leader| leader.who != self.who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat() -> Seat {
        Seat {
            cluster: "cluster1".to_owned(),
            namespace: "istio-system".to_owned(),
        }
    }

    fn claim(revision: &str, is_default: bool, is_remote: bool) -> Claim {
        Claim {
            revision: revision.to_owned(),
            is_default,
            is_remote,
        }
    }

    fn candidates(elections: &Elections) -> [Candidate; 2] {
        ["a", "b"].map(|who| elections.candidate(who, Seed(1)))
    }

    /// The claim of an istiod in its own cluster.
    fn plain() -> Claim {
        claim("default", true, false)
    }

    #[test]
    fn one_of_two_leads_until_it_ends_and_the_other_finds_out_when_it_tries_again() {
        let (elections, start) = (Elections::default(), Instant::now());
        let [mut first, mut second] = candidates(&elections);
        assert!(first.leads(&seat(), &plain(), start));
        assert!(!second.leads(&seat(), &plain(), start));
        assert!(first.leads(&seat(), &plain(), start));
        assert_eq!(first.tries_again(), None);
        drop(first);
        let again = second.tries_again().unwrap();
        assert!(!second.leads(&seat(), &plain(), start));
        assert!(second.leads(&seat(), &plain(), again));
        assert_eq!(second.tries_again(), None);
    }

    #[test]
    fn seats_are_given_one_by_one() {
        let (elections, now) = (Elections::default(), Instant::now());
        let [mut first, mut second] = candidates(&elections);
        let elsewhere = Seat {
            cluster: "cluster2".to_owned(),
            ..seat()
        };
        assert!(first.leads(&seat(), &plain(), now));
        assert!(second.leads(&elsewhere, &plain(), now));
    }

    #[test]
    fn the_default_revision_takes_a_seat_and_others_do_not() {
        let (elections, now) = (Elections::default(), Instant::now());
        let [mut old, mut new] = candidates(&elections);
        assert!(old.leads(&seat(), &claim("1-29", false, false), now));
        assert!(!new.leads(&seat(), &claim("1-30", false, false), now));
        let again = new.tries_again().unwrap();
        assert!(new.leads(&seat(), &claim("1-30", true, false), again));
        assert!(!old.leads(&seat(), &claim("1-29", false, false), again));
    }

    #[test]
    fn an_istiod_of_the_cluster_goes_before_one_from_elsewhere() {
        let (elections, now) = (Elections::default(), Instant::now());
        let [mut far, mut near] = candidates(&elections);
        let from_elsewhere = claim("default", true, true);
        assert!(far.leads(&seat(), &from_elsewhere, now));
        assert!(near.leads(&seat(), &plain(), now));
        assert!(!far.leads(&seat(), &from_elsewhere, now));
    }
}
