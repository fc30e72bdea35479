//! Which of some hosts a request goes to.

use crate::{
    Decision, RuleId,
    envoy::{Draw, LbPolicy, rules, schedule::Schedule},
};

/// What a policy needs to know of a host at the moment of a pick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its weight, slow start included.
    pub weight: f64,
    /// The requests it has under way from this Envoy.
    pub active: u32,
}

/// Picks among a set of hosts. A new set of hosts, or new weights, is a new picker, as in Envoy.
#[derive(Debug, Clone)]
pub struct Picker {
    policy: LbPolicy,
    turns: Option<Schedule>,
}

impl Picker {
    /// A picker for hosts with these weights. Turns start at a random place, so that many proxies
    /// do not all start at the same host.
    pub fn new(policy: LbPolicy, weights: &[f64], chance: &mut impl Draw) -> Self {
        let equal = weights.windows(2).all(|pair| pair[0] == pair[1]);
        let takes_turns = match policy {
            LbPolicy::RoundRobin => true,
            LbPolicy::LeastRequest => !equal,
            LbPolicy::Random
            | LbPolicy::RingHash
            | LbPolicy::Maglev
            | LbPolicy::ClusterProvided => false,
        };
        let turns = takes_turns.then(|| started(weights, chance));
        Self { policy, turns }
    }

    /// The index of the host for one request; `None` if there are no hosts. `hosts` are those the
    /// picker was made for, in the same order.
    ///
    /// Under the hash policies the draw is the hash of the request's key.
    pub fn pick(&mut self, hosts: &[Candidate], chance: &mut impl Draw) -> Decision<Option<usize>> {
        if hosts.is_empty() {
            return Decision::new(None, self.rule());
        }
        let picked = match &mut self.turns {
            Some(turns) => turns.next(|host| by_activity(self.policy, &hosts[host])),
            None if self.policy == LbPolicy::LeastRequest => Some(less_busy(hosts, chance)),
            None => Some(index(hosts, chance)),
        };
        Decision::new(picked, self.rule())
    }

    fn rule(&self) -> RuleId {
        match self.policy {
            LbPolicy::LeastRequest => rules::LEAST_REQUEST,
            LbPolicy::RoundRobin => rules::ROUND_ROBIN,
            LbPolicy::Random => rules::RANDOM,
            LbPolicy::RingHash | LbPolicy::Maglev => rules::LB_CONSISTENT_HASH,
            LbPolicy::ClusterProvided => rules::LB_ORIGINAL_DESTINATION,
        }
    }
}

fn started(weights: &[f64], chance: &mut impl Draw) -> Schedule {
    let mut turns = Schedule::new(weights.iter().copied());
    let skipped = chance.draw() % (weights.len() as u64).max(1);
    for _ in 0..skipped {
        turns.next(|host| weights[host]);
    }
    turns
}

/// The weight of a host in turns; LEAST_REQUEST divides it by the requests under way.
fn by_activity(policy: LbPolicy, host: &Candidate) -> f64 {
    match policy {
        LbPolicy::LeastRequest => host.weight / f64::from(host.active + 1),
        _ => host.weight,
    }
}

fn index(hosts: &[Candidate], chance: &mut impl Draw) -> usize {
    (chance.draw() % hosts.len() as u64) as usize
}

/// Of two random hosts, which may be the same, the one with fewer requests; the first on a tie.
fn less_busy(hosts: &[Candidate], chance: &mut impl Draw) -> usize {
    let (first, second) = (index(hosts, chance), index(hosts, chance));
    match hosts[second].active < hosts[first].active {
        true => second,
        false => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(numbers: &'static [u64]) -> impl Draw {
        let mut numbers = numbers.iter().cycle();
        move || *numbers.next().unwrap()
    }

    fn host(weight: f64, active: u32) -> Candidate {
        Candidate { weight, active }
    }

    #[test]
    fn equal_hosts_are_picked_by_the_better_of_two() {
        let hosts = [host(1.0, 4), host(1.0, 0), host(1.0, 4)];
        let mut picker = Picker::new(LbPolicy::LeastRequest, &[1.0; 3], &mut drawing(&[0]));
        let mut pick = |numbers| picker.pick(&hosts, &mut drawing(numbers)).value;
        assert_eq!(pick(&[0, 1]), Some(1));
        assert_eq!(pick(&[1, 0]), Some(1));
        assert_eq!(pick(&[2, 0]), Some(2));
    }

    #[test]
    fn a_random_pick_does_not_look_at_activity() {
        let hosts = [host(1.0, 9), host(1.0, 0)];
        let mut picker = Picker::new(LbPolicy::Random, &[1.0; 2], &mut drawing(&[0]));
        assert_eq!(picker.pick(&hosts, &mut drawing(&[0, 1])).value, Some(0));
    }

    #[test]
    fn unequal_hosts_take_turns_by_weight() {
        let hosts = [host(1.0, 0), host(3.0, 0)];
        let mut picker = Picker::new(LbPolicy::LeastRequest, &[1.0, 3.0], &mut drawing(&[0]));
        let mut picks = [0; 2];
        for _ in 0..40 {
            picks[picker.pick(&hosts, &mut drawing(&[0])).value.unwrap()] += 1;
        }
        assert_eq!(picks, [10, 30]);
    }

    #[test]
    fn least_request_steers_away_from_a_host_that_hangs() {
        let hosts = [host(1.0, 9), host(2.0, 0)];
        let mut picker = Picker::new(LbPolicy::LeastRequest, &[1.0, 2.0], &mut drawing(&[0]));
        let mut hung = 0;
        for _ in 0..42 {
            hung += u32::from(picker.pick(&hosts, &mut drawing(&[0])).value == Some(0));
        }
        assert_eq!(hung, 2);
    }

    #[test]
    fn turns_start_at_a_random_host() {
        let hosts = [host(1.0, 0); 3];
        let mut picker = Picker::new(LbPolicy::RoundRobin, &[1.0; 3], &mut drawing(&[5]));
        assert_eq!(picker.pick(&hosts, &mut drawing(&[0])).value, Some(2));
        assert_eq!(picker.pick(&hosts, &mut drawing(&[0])).value, Some(0));
    }

    #[test]
    fn random_ignores_weights_and_no_hosts_are_no_pick() {
        let hosts = [host(1.0, 0), host(99.0, 0)];
        let mut picker = Picker::new(LbPolicy::Random, &[1.0, 99.0], &mut drawing(&[0]));
        let picked = picker.pick(&hosts, &mut drawing(&[4]));
        assert_eq!((picked.value, picked.because), (Some(0), rules::RANDOM));
        assert_eq!(picker.pick(&[], &mut drawing(&[4])).value, None);
    }
}
