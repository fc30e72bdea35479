//! How Envoy balances a cluster, as istiod configures it.

use crate::{
    Decision,
    envoy::rules,
    kinds::{
        LoadBalancerSettings,
        load_balancer::{ConsistentHashLb, SimpleLb},
    },
    locality::LbSetting,
};

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
    /// What the DestinationRule says, if it says anything.
    pub load_balancer: Option<&'a LoadBalancerSettings>,
    /// The locality setting in effect.
    pub setting: Option<&'a LbSetting>,
    /// Whether the DestinationRule, or the mesh's default for it, has outlierDetection.
    pub outlier_detection: bool,
    /// `ENABLE_LOCALITY_WEIGHTED_LB_CONFIG`.
    pub always_weighted: bool,
}

/// The policy of a cluster.
pub fn policy(balancing: &Balancing<'_>) -> Decision<LbPolicy> {
    if balancing.discovery == Discovery::OriginalDestination {
        return Decision::new(LbPolicy::ClusterProvided, rules::LB_ORIGINAL_DESTINATION);
    }
    if balancing.redis {
        return Decision::new(LbPolicy::Maglev, rules::LB_REDIS);
    }
    let settings = balancing.load_balancer;
    let hash = settings.and_then(|settings| settings.consistent_hash.as_ref());
    match hash {
        Some(hash) => hashed(hash),
        None => plain(settings.and_then(|settings| settings.simple)),
    }
}

fn hashed(hash: &ConsistentHashLb) -> Decision<LbPolicy> {
    let policy = match hash.maglev {
        Some(_) => LbPolicy::Maglev,
        None => LbPolicy::RingHash,
    };
    Decision::new(policy, rules::LB_CONSISTENT_HASH)
}

fn plain(simple: Option<SimpleLb>) -> Decision<LbPolicy> {
    let (policy, because) = match simple.unwrap_or(SimpleLb::Unspecified) {
        SimpleLb::Random => (LbPolicy::Random, rules::LB_POLICY),
        SimpleLb::RoundRobin => (LbPolicy::RoundRobin, rules::LB_POLICY),
        SimpleLb::Passthrough => (LbPolicy::ClusterProvided, rules::LB_PASSTHROUGH),
        SimpleLb::LeastRequest | SimpleLb::Unspecified => {
            (LbPolicy::LeastRequest, rules::LB_POLICY)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{
        LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting, load_balancer::MagLev,
    };

    const PLAIN: Balancing<'_> = Balancing {
        discovery: Discovery::Eds,
        redis: false,
        load_balancer: None,
        setting: None,
        outlier_detection: false,
        always_weighted: false,
    };

    #[test]
    fn a_hash_wins_over_a_simple_policy() {
        let hashed = |maglev: Option<MagLev>| {
            let settings = LoadBalancerSettings {
                simple: Some(SimpleLb::Random),
                consistent_hash: Some(ConsistentHashLb {
                    maglev,
                    ..ConsistentHashLb::default()
                }),
                ..LoadBalancerSettings::default()
            };
            policy(&Balancing {
                load_balancer: Some(&settings),
                ..PLAIN
            })
            .value
        };
        assert_eq!(hashed(None), LbPolicy::RingHash);
        assert_eq!(hashed(Some(MagLev::default())), LbPolicy::Maglev);
    }

    #[test]
    fn endpoints_are_dropped_only_for_the_original_destination() {
        let drops = |simple| {
            let settings = LoadBalancerSettings {
                simple: Some(simple),
                ..LoadBalancerSettings::default()
            };
            let balancing = Balancing {
                load_balancer: Some(&settings),
                ..PLAIN
            };
            drops_endpoints(&balancing).value
        };
        assert!(drops(SimpleLb::Passthrough));
        assert!(!drops(SimpleLb::Random) && !drops(SimpleLb::RoundRobin));
        assert!(!drops_endpoints(&PLAIN).value);
    }

    #[test]
    fn every_simple_policy_has_its_own() {
        let of = |simple| {
            let settings = LoadBalancerSettings {
                simple: Some(simple),
                ..LoadBalancerSettings::default()
            };
            policy(&Balancing {
                load_balancer: Some(&settings),
                ..PLAIN
            })
            .value
        };
        assert_eq!(of(SimpleLb::Random), LbPolicy::Random);
        assert_eq!(of(SimpleLb::RoundRobin), LbPolicy::RoundRobin);
        assert_eq!(of(SimpleLb::Unspecified), LbPolicy::LeastRequest);
        assert_eq!(
            policy(&Balancing {
                redis: true,
                ..PLAIN
            })
            .value,
            LbPolicy::Maglev
        );
    }

    fn weighted(setting: &LbSetting, outlier_detection: bool, always_weighted: bool) -> bool {
        let setting = Some(setting);
        honours_group_weights(&Balancing {
            setting,
            outlier_detection,
            always_weighted,
            ..PLAIN
        })
        .value
    }

    #[test]
    fn group_weights_count_only_with_explicit_and_active_failover() {
        let locality = |list: &[&str], forced| LbSetting::Locality {
            setting: LocalityLoadBalancerSetting {
                failover_priority: list.iter().map(|name| (*name).to_owned()).collect(),
                ..LocalityLoadBalancerSetting::default()
            },
            forced,
        };
        assert!(
            !weighted(&locality(&[], false), true, false),
            "failover by default"
        );
        assert!(
            !weighted(&locality(&["a"], false), false, false),
            "failover that is not active"
        );
        assert!(weighted(&locality(&["a"], false), true, false));
        assert!(weighted(&locality(&["a"], true), false, false));
        assert!(weighted(&locality(&[], false), false, true));
        let zones = LbSetting::ZoneAware(ZoneAwareLoadBalancerSetting::default());
        assert!(!weighted(&zones, true, true));
        assert!(
            honours_group_weights(&Balancing {
                always_weighted: true,
                ..PLAIN
            })
            .value
        );
    }
}
