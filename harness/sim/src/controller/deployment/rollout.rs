//! How many replicas each ReplicaSet of a Deployment should have next: pure arithmetic.
//!
//! Source: Kubernetes' deployment controller (`rolling.go`, `recreate.go`): a rolling update never
//! has more than desired + maxSurge replicas, nor fewer than desired − maxUnavailable available.

use k8s_openapi::{api::apps::v1::DeploymentSpec, apimachinery::pkg::util::intstr::IntOrString};

/// One ReplicaSet as the arithmetic sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replicas {
    /// Wanted by its specification.
    pub(crate) wanted: i32,
    /// Existing.
    pub(crate) existing: i32,
    /// Available.
    pub(crate) available: i32,
}

impl Replicas {
    /// Of a set that is not there yet.
    pub(crate) const NONE: Self = Self {
        wanted: 0,
        existing: 0,
        available: 0,
    };
}

/// How a Deployment replaces its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// All old pods go before any new one comes.
    Recreate,
    /// Step by step.
    Rolling {
        /// Replicas beyond the desired number.
        surge: i32,
        /// Desired replicas that may be missing.
        unavailable: i32,
    },
}

/// What a Deployment asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) desired: i32,
    pub(crate) strategy: Strategy,
}

impl Wish {
    /// Reads a specification; percentages of surge are rounded up, of unavailability down.
    pub(crate) fn of(spec: &DeploymentSpec) -> Self {
        let desired = spec.replicas.unwrap_or(1);
        let strategy = spec.strategy.as_ref();
        let kind = strategy.and_then(|s| s.type_.as_deref());
        if kind == Some("Recreate") {
            return Self {
                desired,
                strategy: Strategy::Recreate,
            };
        }
        let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
        let surge = share(rolling.and_then(|r| r.max_surge.as_ref()), desired, true);
        let unavailable = share(
            rolling.and_then(|r| r.max_unavailable.as_ref()),
            desired,
            false,
        );
        // With both zero nothing could ever move.
        let stuck = surge == 0 && unavailable == 0;
        Self {
            desired,
            strategy: Strategy::Rolling {
                surge,
                unavailable: if stuck { 1 } else { unavailable },
            },
        }
    }

    /// How many may be missing without the Deployment being called unavailable.
    pub(crate) fn may_be_missing(self) -> i32 {
        match self.strategy {
            Strategy::Recreate => 0,
            Strategy::Rolling { unavailable, .. } => unavailable.min(self.desired),
        }
    }

    /// How many replicas there may be at once.
    pub(crate) fn at_most(self) -> i32 {
        match self.strategy {
            Strategy::Recreate => self.desired,
            Strategy::Rolling { surge, .. } => self.desired + surge,
        }
    }

    /// The replicas of the new set and of the old ones (in the order given), next.
    pub(crate) fn next(self, new: Replicas, old: &[Replicas]) -> (i32, Vec<i32>) {
        match self.strategy {
            Strategy::Recreate => {
                let gone = old.iter().all(|set| set.existing == 0);
                let wanted = if gone { self.desired } else { new.wanted };
                (wanted, vec![0; old.len()])
            }
            Strategy::Rolling { .. } => {
                let grown = self.grow(new, old);
                // As in Kubernetes, the old ones shrink in a step of their own.
                match grown == new.wanted {
                    true => (grown, self.shrink(new, old)),
                    false => (grown, old.iter().map(|set| set.wanted).collect()),
                }
            }
        }
    }

    fn grow(self, new: Replicas, old: &[Replicas]) -> i32 {
        if new.wanted >= self.desired {
            return self.desired;
        }
        let all = new.wanted + old.iter().map(|set| set.wanted).sum::<i32>();
        let room = (self.at_most() - all).max(0);
        new.wanted + room.min(self.desired - new.wanted)
    }

    fn shrink(self, new: Replicas, old: &[Replicas]) -> Vec<i32> {
        let mut left: Vec<i32> = old.iter().map(|set| set.wanted).collect();
        let needed = self.desired - self.may_be_missing();
        let all = new.wanted + left.iter().sum::<i32>();
        let mut room = all - needed - (new.wanted - new.available);
        if room <= 0 {
            return left;
        }
        for (left, set) in left.iter_mut().zip(old) {
            let unhealthy = (set.wanted - set.available).clamp(0, room);
            *left -= unhealthy;
            room -= unhealthy;
        }
        let available = new.available + old.iter().map(|set| set.available).sum::<i32>();
        let mut spare = (available - needed).max(0);
        for left in &mut left {
            let gone = (*left).min(spare);
            *left -= gone;
            spare -= gone;
        }
        left
    }
}

fn share(value: Option<&IntOrString>, of: i32, up: bool) -> i32 {
    match value {
        Some(IntOrString::Int(n)) => *n,
        Some(IntOrString::String(text)) => percent(text, of, up),
        None => percent("25%", of, up),
    }
}

fn percent(text: &str, of: i32, up: bool) -> i32 {
    let number = text.strip_suffix('%').and_then(|n| n.parse::<i32>().ok());
    let hundredths = number.unwrap_or(0) * of;
    if up {
        (hundredths + 99) / 100
    } else {
        hundredths / 100
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn set(n: i32) -> Replicas {
        Replicas {
            wanted: n,
            existing: n,
            available: n,
        }
    }

    fn rolling(desired: i32, surge: i32, unavailable: i32) -> Wish {
        Wish {
            desired,
            strategy: Strategy::Rolling { surge, unavailable },
        }
    }

    #[test]
    fn a_quarter_of_one_is_one_more_and_none_less() {
        let wish = Wish::of(&DeploymentSpec::default());
        assert_eq!(wish, rolling(1, 1, 0));
    }

    #[test]
    fn a_single_replica_is_replaced_only_once_its_successor_is_available() {
        let wish = rolling(1, 1, 0);
        assert_eq!(wish.next(set(0), &[set(1)]), (1, vec![1]));
        let starting = Replicas {
            available: 0,
            ..set(1)
        };
        assert_eq!(wish.next(starting, &[set(1)]), (1, vec![1]));
        assert_eq!(wish.next(set(1), &[set(1)]), (1, vec![0]));
    }

    #[test]
    fn recreate_waits_until_the_old_pods_are_gone() {
        let wish = Wish {
            desired: 2,
            strategy: Strategy::Recreate,
        };
        assert_eq!(wish.next(set(0), &[set(2)]), (0, vec![0]));
        let ending = Replicas {
            wanted: 0,
            existing: 1,
            available: 0,
        };
        assert_eq!(wish.next(set(0), &[ending]), (0, vec![0]));
        assert_eq!(wish.next(set(0), &[set(0)]), (2, vec![0]));
    }

    #[test]
    fn unhealthy_old_replicas_go_first() {
        let sick = Replicas {
            available: 0,
            ..set(2)
        };
        let (new, old) = rolling(4, 1, 1).next(set(1), &[set(2), sick]);
        assert_eq!(new, 1);
        assert_eq!(old, [2, 0]);
    }

    proptest! {
        #[test]
        fn a_rolling_update_ends_and_keeps_its_bounds(
            desired in 1_i32..20, surge in 0_i32..5, unavailable in 0_i32..5,
        ) {
            let wish = rolling(desired, surge, if surge == 0 { unavailable.max(1) } else { unavailable });
            let (mut new, mut old) = (set(0), set(desired));
            for _ in 0..200 {
                let (n, o) = wish.next(new, &[old]);
                // New pods become available at once, old ones vanish at once.
                (new, old) = (set(n), set(o[0]));
                prop_assert!(n + o[0] <= wish.at_most());
                prop_assert!(n + o[0] >= desired - wish.may_be_missing());
            }
            prop_assert_eq!((new.wanted, old.wanted), (desired, 0));
        }
    }
}
