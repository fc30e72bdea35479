//! How a new number of replicas is shared by sets of which none can take all of it: in proportion
//! to their sizes. Pure arithmetic.
//!
//! Source: the deployment controller's `scale` and `GetReplicaSetProportion`.

use std::{cmp::Reverse, sync::Arc};

use apiserver::{Deployment, ReplicaSet};

use super::{
    annotation,
    rollout::{Strategy, Wish},
    sets::{self, Sets},
};
use crate::controller::replica_set;

/// The sets that are scaled, each to what.
pub(super) fn shares(
    sets: &Sets,
    wish: &Wish,
    deployment: &Deployment,
) -> Vec<(Arc<ReplicaSet>, i32)> {
    if let Some(only) = only_one(sets) {
        let same = replica_set::wanted(only) == wish.desired;
        return if same {
            Vec::new()
        } else {
            vec![(Arc::clone(only), wish.desired)]
        };
    }
    if sets.new.as_ref().is_some_and(|new| is_saturated(new, wish)) {
        let old = sets.old.iter().filter(|set| replica_set::wanted(set) > 0);
        return old.map(|set| (Arc::clone(set), 0)).collect();
    }
    match wish.strategy {
        Strategy::Recreate => Vec::new(),
        Strategy::Rolling { .. } => in_proportion(sets, wish, deployment),
    }
}

/// The only set of which replicas are wanted; if there is none, the newest.
fn only_one(sets: &Sets) -> Option<&Arc<ReplicaSet>> {
    let mut active = sets.active();
    match (active.next(), active.next()) {
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) => None,
        (None, _) => sets.new.as_ref().or(sets.old.last()),
    }
}

/// Whether the new set has all replicas already, and they are available.
fn is_saturated(new: &ReplicaSet, wish: &Wish) -> bool {
    let noted = annotation::number(new, annotation::DESIRED);
    replica_set::wanted(new) == wish.desired
        && noted == Some(wish.desired.into())
        && sets::replicas(new).available == wish.desired
}

fn in_proportion(sets: &Sets, wish: &Wish, deployment: &Deployment) -> Vec<(Arc<ReplicaSet>, i32)> {
    let mut active: Vec<_> = sets.active().cloned().collect();
    let all: i32 = active.iter().map(|set| replica_set::wanted(set)).sum();
    let allowed = if wish.desired > 0 { wish.at_most() } else { 0 };
    let to_add = allowed - all;
    // The largest first; of equal ones the newer grow first and the older shrink first.
    active.sort_by_key(|set| {
        let made = set
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0.as_second());
        let made = made.unwrap_or(0) * i64::from(to_add.signum());
        let name = set.metadata.name.clone();
        (Reverse(replica_set::wanted(set)), Reverse(made), name)
    });
    let status = deployment.status.as_ref();
    let existing = status.and_then(|status| status.replicas).unwrap_or(0);
    let sizes: Vec<_> = active
        .iter()
        .map(|set| Size {
            wanted: replica_set::wanted(set),
            of: annotation::number(set, annotation::MAX)
                .filter(|max| *max != 0)
                .unwrap_or(existing.into()),
        })
        .collect();
    active
        .into_iter()
        .zip(resized(&sizes, to_add, wish))
        .collect()
}

/// The size of a set, and of the whole Deployment when it got that size.
#[derive(Debug, Clone, Copy)]
struct Size {
    wanted: i32,
    of: i64,
}

/// The new sizes: each set's share of what is added or taken, and the rest to the first.
fn resized(sizes: &[Size], to_add: i32, wish: &Wish) -> Vec<i32> {
    let mut left = to_add;
    let mut new = Vec::new();
    for size in sizes {
        let share = share(*size, wish);
        // Never more than is left, in either direction.
        let share = if left >= 0 {
            share.min(left)
        } else {
            share.max(left)
        };
        let share = if left == 0 { 0 } else { share };
        left -= share;
        new.push(size.wanted + share);
    }
    if let Some(first) = new.first_mut() {
        *first = (*first + left).max(0);
    }
    new
}

fn share(size: Size, wish: &Wish) -> i32 {
    if wish.desired == 0 {
        return -size.wanted;
    }
    if size.of == 0 {
        return 0;
    }
    let exact = f64::from(size.wanted) * f64::from(wish.at_most());
    // Sizes of Deployments are far below what a float holds exactly.
    let of = f64::from(i32::try_from(size.of).unwrap_or(i32::MAX));
    let rounded = (exact / of).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded, and far within an i32"
    )]
    let rounded = rounded as i32;
    rounded - size.wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(sizes: &[i32], before: i64, wish: Wish) -> Vec<i32> {
        let all: i32 = sizes.iter().sum();
        let allowed = if wish.desired > 0 { wish.at_most() } else { 0 };
        let size = |wanted: &i32| Size {
            wanted: *wanted,
            of: before,
        };
        let sizes: Vec<_> = sizes.iter().map(size).collect();
        resized(&sizes, allowed - all, &wish)
    }

    fn wish(desired: i32, surge: i32) -> Wish {
        Wish {
            desired,
            strategy: Strategy::Rolling {
                surge,
                unavailable: 2,
            },
        }
    }

    /// The example of Kubernetes' documentation: 10 replicas and 3 more, scaled to 15.
    #[test]
    fn a_rollout_of_ten_that_becomes_fifteen_keeps_its_shares() {
        assert_eq!(resize(&[8, 5], 13, wish(15, 3)), [11, 7]);
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        assert_eq!(resize(&[8, 5], 13, wish(0, 3)), [0, 0]);
    }

    #[test]
    fn shares_add_up_to_what_is_allowed() {
        for desired in 1..40 {
            let sum: i32 = resize(&[8, 5, 2], 15, wish(desired, 3)).iter().sum();
            assert_eq!(sum, desired + 3, "{desired}");
        }
    }
}
