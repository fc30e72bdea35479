//! What a DestinationRule says for one subset and port: from which level each block is taken.
//!
//! A policy consists of blocks that are never merged inside. The choice of a block needs only to
//! know where it is set, so it is made on [`Level`]s; [`effective_policy`] applies it to policies.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Decision, RuleId,
    kinds::{TrafficPolicy, mesh_config::DefaultTrafficPolicy, traffic_policy::PortTrafficPolicy},
    routing::rules,
};

/// A block of a traffic policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// How hosts are picked.
    LoadBalancer,
    /// Connections and requests at once.
    ConnectionPool,
    /// When a host is ejected.
    OutlierDetection,
    /// TLS.
    Tls,
    /// A tunnel through another host.
    Tunnel,
    /// The PROXY protocol towards the host.
    ProxyProtocol,
    /// How many retries may be in flight.
    RetryBudget,
}

/// The blocks that settings for a port replace: all that such settings can hold.
const OF_PORTS: [Block; 4] = [
    Block::LoadBalancer,
    Block::ConnectionPool,
    Block::OutlierDetection,
    Block::Tls,
];

/// Where a block of the effective policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the rule's policy.
    Rule,
    /// In the rule's settings for the port.
    RulePort,
    /// In the subset's policy.
    Subset,
    /// In the subset's settings for the port.
    SubsetPort,
}

/// Which blocks a policy sets, and which its settings for the port in question do, if it has any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Set in the policy itself.
    pub general: BTreeSet<Block>,
    /// Set in its settings for the port.
    pub port: Option<BTreeSet<Block>>,
}

/// Where each block that is in effect stands; `None` if there is no policy at all.
pub fn origins(
    rule: Option<&Level>,
    subset: Option<&Level>,
) -> Decision<Option<BTreeMap<Block, Origin>>> {
    let general = rule.map(|level| level.origins(Origin::Rule, Origin::RulePort));
    let Some(subset) = subset else {
        return Decision::new(general, rules::POLICY_RULE);
    };
    let narrow = subset.origins(Origin::Subset, Origin::SubsetPort);
    let mut merged = general.unwrap_or_default();
    if subset.port.is_some() {
        merged.retain(|block, _| !OF_PORTS.contains(block));
    }
    merged.extend(narrow);
    Decision::new(Some(merged), rules::POLICY_SUBSET)
}

impl Level {
    fn origins(&self, general: Origin, port: Origin) -> BTreeMap<Block, Origin> {
        let (set, origin) = match &self.port {
            Some(set) => (set, port),
            None => (&self.general, general),
        };
        set.iter().map(|block| (*block, origin)).collect()
    }

    fn of(policy: &TrafficPolicy, port: Option<u16>) -> Self {
        let TrafficPolicy {
            load_balancer,
            connection_pool,
            outlier_detection,
            tls,
            ..
        } = policy;
        let blocks = [
            (Block::LoadBalancer, load_balancer.is_some()),
            (Block::ConnectionPool, connection_pool.is_some()),
            (Block::OutlierDetection, outlier_detection.is_some()),
            (Block::Tls, tls.is_some()),
        ];
        Self {
            general: set_of(&blocks),
            port: for_port(policy, port).map(|settings| {
                set_of(&[
                    (Block::LoadBalancer, settings.load_balancer.is_some()),
                    (Block::ConnectionPool, settings.connection_pool.is_some()),
                    (
                        Block::OutlierDetection,
                        settings.outlier_detection.is_some(),
                    ),
                    (Block::Tls, settings.tls.is_some()),
                ])
            }),
        }
    }
}

fn set_of(blocks: &[(Block, bool)]) -> BTreeSet<Block> {
    blocks
        .iter()
        .filter(|(_, set)| *set)
        .map(|(block, _)| *block)
        .collect()
}

fn for_port(policy: &TrafficPolicy, port: Option<u16>) -> Option<&PortTrafficPolicy> {
    let port = port?;
    let settings = policy.port_level_settings.iter();
    settings
        .into_iter()
        .find(|s| s.port.is_some_and(|selector| selector.number == port))
}

/// The policy in effect for a subset and a service port, without settings for ports.
pub fn effective_policy(
    rule: Option<&TrafficPolicy>,
    subset: Option<&TrafficPolicy>,
    port: Option<u16>,
) -> Decision<Option<TrafficPolicy>> {
    let level = |policy: &TrafficPolicy| Level::of(policy, port);
    let (rule_level, subset_level) = (rule.map(level), subset.map(level));
    let origins = origins(rule_level.as_ref(), subset_level.as_ref());
    origins.map(|origins| origins.map(|origins| assemble(&origins, rule, subset, port)))
}

fn assemble(
    origins: &BTreeMap<Block, Origin>,
    rule: Option<&TrafficPolicy>,
    subset: Option<&TrafficPolicy>,
    port: Option<u16>,
) -> TrafficPolicy {
    let mut whole = TrafficPolicy::default();
    for (block, origin) in origins {
        match origin {
            Origin::Rule => copy(*block, rule, &mut whole),
            Origin::Subset => copy(*block, subset, &mut whole),
            Origin::RulePort => copy_port(*block, rule.and_then(|p| for_port(p, port)), &mut whole),
            Origin::SubsetPort => {
                copy_port(*block, subset.and_then(|p| for_port(p, port)), &mut whole);
            }
        }
    }
    whole
}

fn copy(block: Block, from: Option<&TrafficPolicy>, into: &mut TrafficPolicy) {
    let Some(from) = from else { return };
    match block {
        Block::LoadBalancer => into.load_balancer.clone_from(&from.load_balancer),
        Block::ConnectionPool => into.connection_pool.clone_from(&from.connection_pool),
        Block::OutlierDetection => into.outlier_detection.clone_from(&from.outlier_detection),
        Block::Tls => into.tls.clone_from(&from.tls),
        // Not part of the kind: an object that sets one of these was refused by the field's name.
        Block::Tunnel | Block::ProxyProtocol | Block::RetryBudget => {}
    }
}

fn copy_port(block: Block, from: Option<&PortTrafficPolicy>, into: &mut TrafficPolicy) {
    let Some(from) = from else { return };
    match block {
        Block::LoadBalancer => into.load_balancer.clone_from(&from.load_balancer),
        Block::ConnectionPool => into.connection_pool.clone_from(&from.connection_pool),
        Block::OutlierDetection => into.outlier_detection.clone_from(&from.outlier_detection),
        Block::Tls => into.tls.clone_from(&from.tls),
        Block::Tunnel | Block::ProxyProtocol | Block::RetryBudget => {}
    }
}

/// A policy with the mesh's `defaultTrafficPolicy` in place of the blocks it leaves unset. Istio
/// applies it to the rule's policy for the port, before a subset's policy comes on top.
pub fn with_mesh_default(
    mesh: Option<&DefaultTrafficPolicy>,
    policy: Option<&TrafficPolicy>,
) -> Decision<Option<TrafficPolicy>> {
    let pool = mesh.and_then(|mesh| mesh.connection_pool.as_ref());
    let outlier = mesh.and_then(|mesh| mesh.outlier_detection.as_ref());
    let fills = |set: bool, default: bool| default && !set;
    let (has_pool, has_outlier) = policy.map_or((false, false), |policy| {
        (
            policy.connection_pool.is_some(),
            policy.outlier_detection.is_some(),
        )
    });
    if !fills(has_pool, pool.is_some()) && !fills(has_outlier, outlier.is_some()) {
        return Decision::new(policy.cloned(), because_of(policy));
    }
    let mut filled = policy.cloned().unwrap_or_default();
    filled.connection_pool = filled.connection_pool.or_else(|| pool.cloned());
    filled.outlier_detection = filled.outlier_detection.or_else(|| outlier.cloned());
    Decision::new(Some(filled), rules::POLICY_MESH_DEFAULT)
}

fn because_of(policy: Option<&TrafficPolicy>) -> RuleId {
    match policy {
        Some(_) => rules::POLICY_RULE,
        None => rules::DR_NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> TrafficPolicy {
        serde_json::from_str(json).unwrap()
    }

    fn merged(rule: &str, subset: &str, port: u16) -> TrafficPolicy {
        let (rule, subset) = (policy(rule), policy(subset));
        effective_policy(Some(&rule), Some(&subset), Some(port))
            .value
            .unwrap()
    }

    const SIMPLE: &str = r#"{"tls":{"mode":"SIMPLE"}}"#;
    const MUTUAL: &str = r#"{"tls":{"mode":"ISTIO_MUTUAL"},"outlierDetection":{}}"#;
    const ON_80: &str = r#"{"tls":{"mode":"SIMPLE"},"outlierDetection":{},
        "portLevelSettings":[{"port":{"number":80},"connectionPool":{}}]}"#;

    #[test]
    fn a_subset_overrides_block_by_block() {
        let merged = merged(MUTUAL, SIMPLE, 80);
        assert_eq!(merged.tls, policy(SIMPLE).tls);
        assert_eq!(merged.outlier_detection, policy(MUTUAL).outlier_detection);
    }

    #[test]
    fn settings_of_the_rule_for_the_port_replace_the_rules_general_ones() {
        let rule = policy(ON_80);
        let on = |port| effective_policy(Some(&rule), None, port).value.unwrap();
        assert!(on(Some(80)).connection_pool.is_some() && on(Some(80)).tls.is_none());
        assert!(on(Some(81)).connection_pool.is_none() && on(Some(81)).tls.is_some());
        assert!(on(None).tls.is_some());
        assert!(on(Some(80)).port_level_settings.is_empty());
    }

    #[test]
    fn settings_of_the_subset_for_the_port_replace_everything() {
        let merged = merged(MUTUAL, ON_80, 80);
        assert!(merged.connection_pool.is_some());
        assert!(merged.tls.is_none() && merged.outlier_detection.is_none());
        let other_port = self::merged(MUTUAL, ON_80, 81);
        assert_eq!(other_port.tls, policy(SIMPLE).tls);
    }

    #[test]
    fn blocks_that_no_port_can_set_survive_settings_for_a_port() {
        let set = |blocks: &[Block]| blocks.iter().copied().collect::<BTreeSet<_>>();
        let rule = Level {
            general: set(&[Block::Tunnel, Block::RetryBudget, Block::Tls]),
            port: None,
        };
        let subset = Level {
            general: set(&[Block::Tls]),
            port: Some(set(&[Block::LoadBalancer])),
        };
        let kept = origins(Some(&rule), Some(&subset)).value.unwrap();
        let expected = [
            (Block::Tunnel, Origin::Rule),
            (Block::RetryBudget, Origin::Rule),
            (Block::LoadBalancer, Origin::SubsetPort),
        ];
        assert_eq!(kept, BTreeMap::from(expected));
    }

    #[test]
    fn every_block_is_taken_from_wherever_it_is_set() {
        for block in [
            r#""loadBalancer":{"simple":"RANDOM"}"#,
            r#""connectionPool":{"tcp":{"maxConnections":7}}"#,
            r#""outlierDetection":{"consecutive5xxErrors":7}"#,
            r#""tls":{"mode":"SIMPLE"}"#,
        ] {
            let general = policy(&format!("{{{block}}}"));
            let port = policy(&format!(
                r#"{{"portLevelSettings":[{{"port":{{"number":80}},{block}}}]}}"#
            ));
            let empty = TrafficPolicy::default();
            for (rule, subset) in [(&general, &empty), (&empty, &general), (&empty, &port)] {
                let effective = effective_policy(Some(rule), Some(subset), Some(80));
                assert_eq!(effective.value.as_ref(), Some(&general), "{block}");
            }
            let of_port = effective_policy(Some(&port), None, Some(80));
            assert_eq!(of_port.value.as_ref(), Some(&general), "{block}");
        }
    }

    #[test]
    fn without_any_policy_there_is_none_and_a_subset_alone_counts() {
        assert_eq!(
            effective_policy(None, None, Some(80)),
            Decision::new(None, rules::POLICY_RULE)
        );
        let subset = policy(SIMPLE);
        let alone = effective_policy(None, Some(&subset), Some(80));
        assert_eq!(
            alone,
            Decision::new(Some(policy(SIMPLE)), rules::POLICY_SUBSET)
        );
    }

    #[test]
    fn the_meshs_default_fills_gaps_block_by_block() {
        let mesh: DefaultTrafficPolicy = serde_json::from_str(
            r#"{"connectionPool":{"tcp":{"maxConnections":7}},"outlierDetection":{}}"#,
        )
        .unwrap();
        let own = policy(r#"{"connectionPool":{}}"#);
        let filled = with_mesh_default(Some(&mesh), Some(&own));
        let value = filled.value.unwrap();
        assert_eq!(value.connection_pool, own.connection_pool);
        assert_eq!(value.outlier_detection, mesh.outlier_detection);
        assert_eq!(filled.because, rules::POLICY_MESH_DEFAULT);
        let bare = with_mesh_default(Some(&mesh), None).value.unwrap();
        assert_eq!(bare.connection_pool, mesh.connection_pool);
    }

    #[test]
    fn without_a_gap_or_a_default_a_policy_stays_as_it_is() {
        let own = policy(SIMPLE);
        assert_eq!(
            with_mesh_default(None, None),
            Decision::new(None, rules::DR_NONE)
        );
        let kept = with_mesh_default(None, Some(&own));
        assert_eq!(kept, Decision::new(Some(own.clone()), rules::POLICY_RULE));
        let empty = DefaultTrafficPolicy::default();
        assert_eq!(with_mesh_default(Some(&empty), None).value, None);
    }
}
