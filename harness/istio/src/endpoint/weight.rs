//! The weight of an endpoint.

use crate::{Decision, endpoint::rules};

/// The weight in use for one that a WorkloadEntry or ServiceEntry states; pods state none.
pub fn weight(stated: Option<u32>) -> Decision<u32> {
    Decision::new(stated.unwrap_or_default().max(1), rules::WEIGHT)
}

/// The weight of a group: the sum of its members', and the maximum if that is exceeded.
pub fn of_group(members: impl IntoIterator<Item = u32>) -> u32 {
    members.into_iter().fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counts_as_one_and_a_sum_stops_at_the_maximum() {
        assert_eq!(
            [None, Some(0), Some(7)].map(|stated| weight(stated).value),
            [1, 1, 7]
        );
        assert_eq!(of_group([2, 3]), 5);
        assert_eq!(of_group([u32::MAX, 3]), u32::MAX);
    }
}
