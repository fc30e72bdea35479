//! How Envoy balances a cluster, as istiod configures it.

use crate::{Decision, RuleId, envoy::rules, locality::LbSetting};

/// How a cluster learns its endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// From istiod.
    Eds,
    /// From its own configuration.
    Static,
    /// From DNS.
    StrictDns,
    /// It forwards to where the client connected to.
    OriginalDestination,
}

/// The `simple` policy of a DestinationRule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simple {
    /// `LEAST_REQUEST`, and the older `LEAST_CONN`.
    LeastRequest,
    /// `ROUND_ROBIN`.
    RoundRobin,
    /// `RANDOM`.
    Random,
    /// `PASSTHROUGH`.
    Passthrough,
}

/// The `consistentHash` policy of a DestinationRule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsistentHash {
    /// `ringHash`, or none named.
    RingHash,
    /// `maglev`.
    Maglev,
}

/// Envoy's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LbPolicy {
    /// The less busy of two, or weighted turns.
    LeastRequest,
    /// Weighted turns.
    RoundRobin,
    /// Uniform chance.
    Random,
    /// A ring of hashes.
    RingHash,
    /// A table of hashes.
    Maglev,
    /// Given by the kind of cluster.
    ClusterProvided,
}

/// What decides over a cluster's balancing.
#[derive(Debug, Clone, Copy)]
pub struct Balancing<'a> {
    /// How it learns its endpoints.
    pub discovery: Discovery,
    /// Whether its port is Redis and the Redis filter is on.
    pub redis: bool,
    /// The simple policy, if one is set.
    pub simple: Option<Simple>,
    /// The hash policy, if one is set.
    pub consistent_hash: Option<ConsistentHash>,
    /// The locality setting in effect.
    pub setting: Option<&'a LbSetting>,
    /// Whether the DestinationRule, or the mesh's default for it, has outlierDetection.
    pub outlier_detection: bool,
    /// `ENABLE_LOCALITY_WEIGHTED_LB_CONFIG`.
    pub always_weighted: bool,
}

/// The policy of a cluster.
pub fn policy(balancing: &Balancing<'_>) -> Decision<LbPolicy> {
    match balancing {
        Balancing {
            discovery: Discovery::OriginalDestination,
            ..
        } => Decision::new(LbPolicy::ClusterProvided, rules::LB_ORIGINAL_DESTINATION),
        Balancing { redis: true, .. } => Decision::new(LbPolicy::Maglev, rules::LB_REDIS),
        Balancing {
            consistent_hash: Some(hash),
            ..
        } => hashed(*hash),
        Balancing { simple, .. } => plain(*simple),
    }
}

fn hashed(hash: ConsistentHash) -> Decision<LbPolicy> {
    let policy = match hash {
        ConsistentHash::RingHash => LbPolicy::RingHash,
        ConsistentHash::Maglev => LbPolicy::Maglev,
    };
    Decision::new(policy, rules::LB_CONSISTENT_HASH)
}

fn plain(simple: Option<Simple>) -> Decision<LbPolicy> {
    let (policy, because): (LbPolicy, RuleId) = match simple {
        Some(Simple::Random) => (LbPolicy::Random, rules::LB_POLICY),
        Some(Simple::RoundRobin) => (LbPolicy::RoundRobin, rules::LB_POLICY),
        Some(Simple::Passthrough) => (LbPolicy::ClusterProvided, rules::LB_PASSTHROUGH),
        Some(Simple::LeastRequest) | None => (LbPolicy::LeastRequest, rules::LB_POLICY),
    };
    Decision::new(policy, because)
}

/// Whether a cluster keeps no endpoints because it forwards to the original destination by the
/// wish of the DestinationRule.
pub fn drops_endpoints(balancing: &Balancing<'_>) -> Decision<bool> {
    let decided = policy(balancing);
    let dropped = decided.because == rules::LB_PASSTHROUGH;
    decided.map(|_| dropped)
}

/// Whether Envoy honours the weights of groups.
pub fn honours_group_weights(balancing: &Balancing<'_>) -> Decision<bool> {
    let preset = balancing.discovery == Discovery::OriginalDestination;
    let explicit = match balancing.setting {
        Some(LbSetting::Locality { setting, forced }) => {
            let ordered = !setting.failover.is_empty() || !setting.failover_priority.is_empty();
            let active = *forced || balancing.outlier_detection;
            !setting.distribute.is_empty() || active && ordered
        }
        Some(LbSetting::ZoneAware(_)) => false,
        None => false,
    };
    let zone_aware = matches!(balancing.setting, Some(LbSetting::ZoneAware(_)));
    match !preset && (explicit || balancing.always_weighted && !zone_aware) {
        true => Decision::new(true, rules::WEIGHTED_LOCALITIES),
        false => Decision::new(false, rules::UNWEIGHTED_LOCALITIES),
    }
}
