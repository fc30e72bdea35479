//! Every rule, one per file.
//!
//! Rules about how traffic fails over and spreads: [`failover`], [`single_replica`], [`tls_mode`],
//! [`subsets`], [`plaintext`]. About networks and gateways: [`network_label`], [`exposure`]. About
//! clusters that read each other: [`one_way`], [`loopback`], [`secret_key`], [`reader`],
//! [`cluster_id`]. About trust: [`roots`], [`trust`]. About equal things that differ:
//! [`port_names`], [`services`], [`one_primary`]. About names: [`names`]. About versions: [`bugs`],
//! [`skew`]. About scenarios: [`canary`].

mod bugs;
mod canary;
mod cluster_id;
mod exposure;
mod failover;
mod loopback;
mod names;
mod network_label;
mod one_primary;
mod one_way;
mod plaintext;
mod port_names;
mod reader;
mod remote_secret;
mod roots;
mod secret_key;
mod services;
mod single_replica;
mod skew;
mod subsets;
mod tls_mode;
mod trust;

use crate::Rule;

/// Every rule, in the order of ids.
pub const RULES: &[Rule] = &[
    cluster_id::RULE,
    one_primary::RULE,
    roots::RULE,
    names::RULE,
    exposure::RULE,
    failover::RULE,
    services::RULE,
    skew::RULE,
    bugs::RULE,
    loopback::RULE,
    network_label::RULE,
    trust::RULE,
    one_way::RULE,
    plaintext::RULE,
    port_names::RULE,
    reader::RULE,
    secret_key::RULE,
    canary::RULE,
    single_replica::RULE,
    subsets::RULE,
    tls_mode::RULE,
];

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn ids_are_in_order_and_each_once() {
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
