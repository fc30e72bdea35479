//! Failover by region, zone and subzone.

use crate::{
    Decision,
    kinds::locality_lb::Failover,
    locality::{Place, compact, rules},
};

/// One step of label priority outweighs all steps of locality: there are five, 0 to 4.
const STEPS: u32 = 5;
/// The step of a group in another region that no failover rule prefers.
const NOT_PREFERRED: u32 = 4;

/// The priority of each group for a client in `client`, 0 first, without gaps.
///
/// `prior` holds the priorities that failoverPriority labels gave, one per group; they outweigh
/// the locality.
pub fn priorities(
    client: Place<'_>,
    groups: &[Place<'_>],
    prior: &[u32],
    rules_of_user: &[Failover],
) -> Decision<Vec<u32>> {
    let target = rules_of_user.iter().find(|rule| rule.from == client.region);
    let step = |group: &Place<'_>| match (client.distance(*group), target) {
        (3, Some(rule)) if rule.to != group.region => NOT_PREFERRED,
        (distance, _) => distance,
    };
    let key = |(group, prior): (&Place<'_>, &u32)| prior * STEPS + step(group);
    let keys: Vec<u32> = groups.iter().zip(prior).map(key).collect();
    Decision::new(compact(&keys), rules::REGION_FAILOVER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locality::LocalityLabel;

    #[test]
    fn the_priorities_of_labels_outweigh_the_locality() {
        let [own, zone, region] = ["r1/z1", "r1/z2", "r2/z1"].map(LocalityLabel::from);
        let places = [own.place(), zone.place(), region.place()];
        let by = |prior: &[u32]| priorities(own.place(), &places, prior, &[]).value;
        assert_eq!(by(&[0, 0, 0]), [0, 1, 2]);
        assert_eq!(by(&[1, 1, 0]), [1, 2, 0]);
        assert_eq!(by(&[2, 1, 1]), [2, 0, 1]);
    }
}
