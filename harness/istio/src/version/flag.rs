//! Feature flags: what istiod's environment turns on and off, and what each version assumes.

mod table;

use std::{fmt, time::Duration};

use world::Version;

use super::{
    profile::{self, CompatibilityVersion},
    timeline::{Fact, Timeline},
};
use table::{FLAGS, INERT, Row};

/// A flag of istiod that rules or the simulator read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Whether not-ready endpoints are sent marked unhealthy, unless a rule forbids it.
    AutoSendUnhealthyEndpoints,
    /// Whether not-ready endpoints are always sent.
    SendUnhealthyEndpoints,
    /// Whether names of headless services list other clusters' endpoints.
    MulticlusterHeadless,
    /// Whether sidecars get endpoints of headless services.
    EdsForHeadlessServices,
    /// Whether a service needs a ServiceExport to be seen from other clusters.
    McsServiceDiscovery,
    /// Whether services have a second host `clusterset.local`.
    McsHost,
    /// Whether the first host of a service stays within its cluster.
    McsClusterLocal,
    /// Whether every service is exported by itself.
    McsAutoExport,
    /// Whether the weights of localities count in every cluster.
    LocalityWeightedLb,
    /// Whether a host that exists in several namespaces is chosen by the service behind it.
    PickBestServiceNamespace,
    /// Whether rules for one host are merged only for equal visibility.
    EnhancedDestinationRuleMerge,
    /// Whether a peer's trust domain is left unchecked.
    SkipValidateTrustDomain,
    /// Whether more roots than one are given to proxies.
    MultirootMesh,
    /// How long istiod waits for other clusters before it is ready.
    RemoteClusterTimeout,
    /// Whether names of gateways are resolved by istiod.
    ResolveHostnameGateways,
    /// Whether Gateways of Kubernetes are entries of networks.
    DiscoverGatewayApi,
    /// Whether a sidecar is an init container that stays.
    NativeSidecars,
    /// Whether proxies pass Istio's protocol names on.
    AlpnFilter,
    /// Whether proxies exchange what they know of workloads.
    MetadataExchange,
    /// Whether istiod serves other clusters.
    ExternalIstiod,
    /// Whether remote secrets are read from the cluster istiod runs in.
    LocalClusterSecretWatcher,
    /// The cluster istiod takes for its own.
    ClusterId,
    /// Whether workloads may register themselves.
    WorkloadEntryAutoregistration,
    /// Whether the health of registered workloads counts.
    WorkloadEntryHealthchecks,
    /// How long an entry outlives its workload's connection.
    WorkloadEntryGracePeriod,
    /// Whether entries of other clusters are selected by services of this one.
    CrossClusterWorkloadEntry,
    /// How long changes are collected before they are sent.
    DebounceAfter,
    /// How long changes are collected at most.
    DebounceMax,
    /// How long a workload's certificate lives unless it asks for less.
    DefaultWorkloadCertTtl,
    /// How long a workload's certificate lives at most.
    MaxWorkloadCertTtl,
}

/// What a flag is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagValue {
    /// On or off.
    Switch(bool),
    /// A length of time.
    Time(Duration),
    /// A word.
    Word(&'static str),
}

impl Flag {
    /// Every flag, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        FLAGS.iter().map(|(flag, _, _)| *flag)
    }

    /// Its name in istiod's environment.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What `version` assumes if the environment says nothing.
    pub fn default_at(self, version: &Version) -> Fact<FlagValue> {
        Timeline(self.row().2).at(version)
    }

    /// What `version` assumes under a compatibility profile, if one is chosen.
    pub fn assumed(
        self,
        version: &Version,
        compatibility: Option<CompatibilityVersion>,
    ) -> Fact<FlagValue> {
        compatibility
            .and_then(|chosen| profile::changed(self, chosen))
            .unwrap_or_else(|| self.default_at(version))
    }

    fn row(self) -> &'static Row {
        let row = FLAGS.iter().find(|(flag, _, _)| *flag == self);
        row.expect("a test holds that every flag is in the table")
    }
}

impl FlagValue {
    /// Whether it is on; anything but a switch that is on is off.
    pub fn is_on(self) -> bool {
        self == Self::Switch(true)
    }
}

impl fmt::Display for FlagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// The flag of that name in istiod's environment, or `None` if it is not modelled.
pub fn find(name: &str) -> Option<Flag> {
    FLAGS
        .iter()
        .find(|(_, known, _)| *known == name)
        .map(|(flag, _, _)| *flag)
}

/// Whether a name in istiod's environment is understood: a flag, or one that changes nothing.
pub fn is_modelled(name: &str) -> bool {
    find(name).is_some() || INERT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(flag: Flag, version: &str) -> bool {
        flag.default_at(&version.parse().unwrap()).value.is_on()
    }

    #[test]
    fn every_flag_is_found_by_its_name() {
        for flag in Flag::all() {
            assert_eq!(find(flag.name()), Some(flag));
            assert!(is_modelled(flag.name()));
        }
        assert!(!is_modelled("PILOT_ENABLE_AMBIENT"));
        assert!(is_modelled("PILOT_PUSH_THROTTLE"));
    }

    #[test]
    fn not_ready_endpoints_are_sent_since_1_31() {
        assert!(!on(Flag::AutoSendUnhealthyEndpoints, "1.30.3"));
        assert!(on(Flag::AutoSendUnhealthyEndpoints, "1.31.0-rc.0"));
    }

    #[test]
    fn a_host_in_several_namespaces_is_chosen_by_its_service_since_1_30() {
        assert!(!on(Flag::PickBestServiceNamespace, "1.29.6"));
        assert!(on(Flag::PickBestServiceNamespace, "1.30.0"));
    }
}
