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
