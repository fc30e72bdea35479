//! Zone-aware order: by region only, so that Envoy can balance over the zones of priority 0.

use crate::{
    Decision,
    kinds::locality_lb::Failover,
    locality::{Place, compact, rules},
};

/// One step of label priority outweighs all buckets of regions: there are three.
const BUCKETS: u32 = 3;

/// The priority of each group for a client in `client`, 0 first, without gaps.
///
/// `prior` holds the priorities that failoverPriority labels gave, one per group.
pub fn priorities(
    client: Place<'_>,
    groups: &[Place<'_>],
    prior: &[u32],
    rules_of_user: &[Failover],
) -> Decision<Vec<u32>> {
    let target = rules_of_user.iter().find(|rule| rule.from == client.region);
    let bucket = |group: &Place<'_>| match target {
        _ if group.region == client.region => 0,
        Some(rule) if rule.to == group.region => 1,
        _ => 2,
    };
    let key = |(group, prior): (&Place<'_>, &u32)| prior * BUCKETS + bucket(group);
    let keys: Vec<u32> = groups.iter().zip(prior).map(key).collect();
    Decision::new(compact(&keys), rules::ZONE_AWARE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locality::LocalityLabel;

    #[test]
    fn the_priorities_of_labels_outweigh_the_region() {
        let [own, other] = ["r1/z1", "r2/z1"].map(LocalityLabel::from);
        let places = [own.place(), other.place()];
        let by = |prior: &[u32]| priorities(own.place(), &places, prior, &[]).value;
        assert_eq!(by(&[0, 0]), [0, 1]);
        assert_eq!(by(&[1, 0]), [1, 0]);
        assert_eq!(by(&[2, 1]), [1, 0]);
    }

    #[test]
    fn the_region_that_takes_over_comes_before_others() {
        let [own, next, last] = ["r1", "r2", "r3"].map(LocalityLabel::from);
        let takes_over = Failover {
            from: "r1".to_owned(),
            to: "r2".to_owned(),
        };
        let places = [last.place(), next.place(), own.place()];
        let by = priorities(own.place(), &places, &[0; 3], &[takes_over]);
        assert_eq!(by.value, [2, 1, 0]);
    }
}
