//! Turns by weight: whoever is due earliest is next (earliest deadline first).

use std::{cmp::Reverse, collections::BinaryHeap};

/// Turns of a number of hosts.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    due: BinaryHeap<Reverse<Turn>>,
    now: f64,
    added: u64,
}

/// One host's next turn.
#[derive(Debug, Clone, Copy)]
struct Turn {
    deadline: f64,
    /// Ties go to who was added first.
    added: u64,
    host: usize,
}

impl Turn {
    fn key(&self) -> (u64, u64) {
        // Deadlines are positive, so the order of their bits is their order.
        (self.deadline.to_bits(), self.added)
    }
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Turn {}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Schedule {
    /// Turns of hosts 0, 1, … with these weights.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut schedule = Self::default();
        for (host, weight) in weights.into_iter().enumerate() {
            schedule.add(host, weight);
        }
        schedule
    }

    fn add(&mut self, host: usize, weight: f64) {
        self.added += 1;
        self.due.push(Reverse(Turn {
            deadline: self.now + 1.0 / weight.max(f64::MIN_POSITIVE),
            added: self.added,
            host,
        }));
    }

    /// The host whose turn it is; `None` if there are none. Its next turn comes by the weight it
    /// has now.
    pub fn next(&mut self, weight_now: impl FnOnce(usize) -> f64) -> Option<usize> {
        let Reverse(turn) = self.due.pop()?;
        self.now = turn.deadline;
        self.add(turn.host, weight_now(turn.host));
        Some(turn.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_the_weights_exactly() {
        let weights = [1.0, 2.0, 5.0];
        let mut schedule = Schedule::new(weights);
        let mut turns = [0; 3];
        for _ in 0..80 {
            turns[schedule.next(|host| weights[host]).unwrap()] += 1;
        }
        assert_eq!(turns, [10, 20, 50]);
    }

    #[test]
    fn a_turn_is_due_one_share_of_its_weight_after_the_last() {
        let mut schedule = Schedule::new([1.0, 0.4]);
        let turns: Vec<_> = (0..7)
            .map(|_| schedule.next(|host| [1.0, 0.4][host]))
            .collect();
        let host = |turn: &Option<usize>| turn.unwrap();
        // Due at 1, 2, 2.5, 3, 4, then 5 for both: who was added first goes first.
        assert_eq!(
            turns.iter().map(host).collect::<Vec<_>>(),
            [0, 0, 1, 0, 0, 1, 0]
        );
    }

    #[test]
    fn equal_weights_take_turns_in_order() {
        let mut schedule = Schedule::new([3.0, 3.0, 3.0]);
        let turns: Vec<_> = (0..6).map(|_| schedule.next(|_| 3.0).unwrap()).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1, 2]);
        assert_eq!(Schedule::default().next(|_| 1.0), None);
    }
}
