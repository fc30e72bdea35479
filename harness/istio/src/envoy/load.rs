//! How Envoy shares load out over priorities.

use crate::{
    Decision,
    envoy::{Draw, rules},
};

/// Hosts of one priority, counted; weights play no part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hosts {
    /// All of them, ejected or marked unhealthy ones included.
    pub total: u32,
    /// Those that are neither.
    pub healthy: u32,
}

/// The load of one priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Its share of requests, in percent; all shares add up to 100 unless there are no hosts.
    pub percent: u32,
    /// Whether it uses all its hosts because too few are healthy.
    pub panic: bool,
}

/// How far healthy hosts are taken to make up for others, in percent.
const OVERPROVISIONING: u32 = 140;

impl Hosts {
    /// Up to 100.
    fn availability(self) -> u32 {
        let percent = (OVERPROVISIONING * self.healthy).checked_div(self.total);
        percent.unwrap_or(0).min(100)
    }

    fn below(self, threshold: u32) -> bool {
        100 * self.healthy < threshold * self.total || self.total == 0 && threshold > 0
    }
}

/// The load of each priority; `threshold` is the panic threshold in percent, 0 for off.
pub fn loads(priorities: &[Hosts], threshold: u32) -> Decision<Vec<Load>> {
    let available: Vec<u32> = priorities
        .iter()
        .map(|hosts| hosts.availability())
        .collect();
    let total = available.iter().sum::<u32>().min(100);
    let panics = |hosts: &Hosts| total < 100 && hosts.below(threshold);
    let panic: Vec<bool> = priorities.iter().map(panics).collect();
    let everywhere = !panic.is_empty() && panic.iter().all(|&panic| panic);
    let percent = match (everywhere, total) {
        (true, _) => by_count(priorities),
        (false, 0) => first_only(priorities.len()),
        (false, _) => in_order(&available, total),
    };
    let because = match (everywhere, total) {
        (true, _) => rules::PANIC,
        (false, 0) => rules::NO_HEALTHY_HOST,
        (false, _) => rules::PRIORITY_LOAD,
    };
    let load = |(percent, panic)| Load { percent, panic };
    Decision::new(percent.into_iter().zip(panic).map(load).collect(), because)
}

/// Every priority takes what it can of what is left; the rest that rounding leaves goes to the
/// first one that can take anything.
fn in_order(available: &[u32], total: u32) -> Vec<u32> {
    let mut left = 100;
    let take = |available: &u32| {
        let share = left.min(available * 100 / total);
        left -= share;
        share
    };
    let mut loads: Vec<u32> = available.iter().map(take).collect();
    give_rest(&mut loads, left);
    loads
}

/// All priorities are in panic, so hosts count whether they are healthy or not.
fn by_count(priorities: &[Hosts]) -> Vec<u32> {
    let total: u32 = priorities.iter().map(|hosts| hosts.total).sum();
    let share = |hosts: &Hosts| (100 * hosts.total).checked_div(total).unwrap_or(0);
    let mut loads: Vec<u32> = priorities.iter().map(share).collect();
    let left = 100 - loads.iter().sum::<u32>();
    give_rest(&mut loads, left);
    loads
}

fn give_rest(loads: &mut [u32], rest: u32) {
    if let Some(first) = loads.iter_mut().find(|load| **load > 0) {
        *first += rest;
    }
}

/// Nothing is healthy anywhere: formally the first priority carries everything.
fn first_only(priorities: usize) -> Vec<u32> {
    (0..priorities)
        .map(|i| if i == 0 { 100 } else { 0 })
        .collect()
}

/// The priority of one request; `None` if no priority carries load.
pub fn pick(loads: &[Load], chance: &mut impl Draw) -> Option<usize> {
    let point = (chance.draw() % 100 + 1) as u32;
    let reached = loads.iter().scan(0, |sum, load| {
        *sum += load.percent;
        Some(*sum)
    });
    reached.into_iter().position(|sum| point <= sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(pairs: &[(u32, u32)]) -> Vec<Hosts> {
        let one = |&(healthy, total)| Hosts { total, healthy };
        pairs.iter().map(one).collect()
    }

    fn percents(pairs: &[(u32, u32)], threshold: u32) -> Vec<u32> {
        let loads = loads(&hosts(pairs), threshold).value;
        loads.into_iter().map(|load| load.percent).collect()
    }

    #[test]
    fn traffic_spills_below_seventy_one_percent_of_healthy_hosts() {
        assert_eq!(percents(&[(8, 10), (5, 5)], 0), [100, 0]);
        assert_eq!(percents(&[(7, 10), (5, 5)], 0), [98, 2]);
        assert_eq!(percents(&[(0, 10), (5, 5)], 0), [0, 100]);
    }

    #[test]
    fn what_all_priorities_together_cannot_take_is_shared_in_proportion() {
        // 70 and 35 add up to more than 100; 14 and 35 do not.
        assert_eq!(percents(&[(5, 10), (1, 4)], 0), [70, 30]);
        assert_eq!(percents(&[(1, 10), (1, 4)], 0), [29, 71]);
    }

    #[test]
    fn rounding_leaves_its_rest_to_the_first_priority_with_load() {
        assert_eq!(percents(&[(0, 3), (1, 9), (1, 9)], 0), [0, 50, 50]);
        assert_eq!(percents(&[(1, 9), (1, 9), (1, 9)], 0), [34, 33, 33]);
    }

    #[test]
    fn in_panic_hosts_count_by_number_and_what_has_none_gets_no_rest() {
        let one = (0, 1);
        assert_eq!(percents(&[one; 7], 50), [16, 14, 14, 14, 14, 14, 14]);
        assert_eq!(percents(&[(0, 0), (0, 1), (0, 2)], 50), [0, 34, 66]);
    }

    #[test]
    fn a_priority_without_hosts_panics_only_if_panic_is_on() {
        let panics = |threshold| loads(&hosts(&[(0, 0)]), threshold).value[0].panic;
        assert!(panics(50) && panics(1) && !panics(0));
    }

    #[test]
    fn without_panic_nothing_healthy_is_the_first_priorities_failure() {
        let decided = loads(&hosts(&[(0, 2), (0, 3)]), 0);
        assert_eq!(decided.because, rules::NO_HEALTHY_HOST);
        assert!(decided.value.iter().all(|load| !load.panic));
        assert_eq!(percents(&[(0, 2), (0, 3)], 0), [100, 0]);
    }

    #[test]
    fn in_panic_everywhere_hosts_are_counted_whatever_their_health() {
        let decided = loads(&hosts(&[(0, 1), (0, 2)]), 50);
        assert_eq!(decided.because, rules::PANIC);
        assert_eq!(
            decided.value,
            [
                Load {
                    percent: 34,
                    panic: true
                },
                Load {
                    percent: 66,
                    panic: true
                },
            ]
        );
    }

    #[test]
    fn a_priority_panics_only_while_the_whole_is_short() {
        let short = loads(&hosts(&[(1, 10), (2, 4)]), 50).value;
        assert_eq!(
            short.iter().map(|l| l.panic).collect::<Vec<_>>(),
            [true, false]
        );
        let enough = loads(&hosts(&[(1, 10), (4, 4)]), 50).value;
        assert!(enough.iter().all(|load| !load.panic));
    }

    #[test]
    fn a_request_falls_into_the_share_its_number_says() {
        let loads = loads(&hosts(&[(7, 10), (5, 5)]), 0).value;
        let at = |point: u64| pick(&loads, &mut || point - 1);
        assert_eq!(
            [at(1), at(98), at(99), at(100)],
            [Some(0), Some(0), Some(1), Some(1)]
        );
        assert_eq!(pick(&[], &mut || 0), None);
    }
}
