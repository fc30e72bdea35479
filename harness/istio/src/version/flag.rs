//! Feature flags: what istiod's environment turns on and off, and what each version assumes.

use std::{fmt, time::Duration};

use world::Version;

use super::{
    profile::{self, CompatibilityVersion},
    timeline::{Fact, Timeline},
};

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

const FEATURES: &str = "pilot/pkg/features/pilot.go";
const EXPERIMENTAL: &str = "pilot/pkg/features/experimental.go";
const SECURITY: &str = "pilot/pkg/features/security.go";
const TUNING: &str = "pilot/pkg/features/tuning.go";
const ISTIO_CA: &str = "pilot/pkg/bootstrap/istio_ca.go";
const HOUR: u64 = 3600;

const fn always(value: FlagValue, source: &'static str) -> [Fact<FlagValue>; 1] {
    [Fact::since(28, 0, value, source)]
}

const fn switch(on: bool, source: &'static str) -> [Fact<FlagValue>; 1] {
    always(FlagValue::Switch(on), source)
}

const fn seconds(seconds: u64, source: &'static str) -> [Fact<FlagValue>; 1] {
    always(FlagValue::Time(Duration::from_secs(seconds)), source)
}

const fn millis(millis: u64, source: &'static str) -> [Fact<FlagValue>; 1] {
    always(FlagValue::Time(Duration::from_millis(millis)), source)
}

/// A flag that an older version does not have acts as if it were off.
const fn appears(minor: u64, source: &'static str) -> [Fact<FlagValue>; 2] {
    [
        Fact::since(28, 0, FlagValue::Switch(false), source),
        Fact::since(minor, 0, FlagValue::Switch(true), source),
    ]
}

/// One row: the flag, its name in istiod's environment, and what it is by version.
type Row = (Flag, &'static str, &'static [Fact<FlagValue>]);

const FLAGS: &[Row] = &[
    (
        Flag::AutoSendUnhealthyEndpoints,
        "PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS",
        &appears(31, EXPERIMENTAL),
    ),
    (
        Flag::SendUnhealthyEndpoints,
        "PILOT_SEND_UNHEALTHY_ENDPOINTS",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::MulticlusterHeadless,
        "ENABLE_MULTICLUSTER_HEADLESS",
        &switch(true, FEATURES),
    ),
    (
        Flag::EdsForHeadlessServices,
        "PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES",
        &switch(false, "pilot/pkg/features/xds.go"),
    ),
    (
        Flag::McsServiceDiscovery,
        "ENABLE_MCS_SERVICE_DISCOVERY",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::McsHost,
        "ENABLE_MCS_HOST",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::McsClusterLocal,
        "ENABLE_MCS_CLUSTER_LOCAL",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::McsAutoExport,
        "ENABLE_MCS_AUTO_EXPORT",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::LocalityWeightedLb,
        "ENABLE_LOCALITY_WEIGHTED_LB_CONFIG",
        &switch(false, EXPERIMENTAL),
    ),
    (
        Flag::PickBestServiceNamespace,
        "PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE",
        &appears(30, FEATURES),
    ),
    (
        Flag::EnhancedDestinationRuleMerge,
        "ENABLE_ENHANCED_DESTINATIONRULE_MERGE",
        &switch(true, EXPERIMENTAL),
    ),
    (
        Flag::SkipValidateTrustDomain,
        "PILOT_SKIP_VALIDATE_TRUST_DOMAIN",
        &switch(false, SECURITY),
    ),
    (
        Flag::MultirootMesh,
        "ISTIO_MULTIROOT_MESH",
        &switch(false, FEATURES),
    ),
    (
        Flag::RemoteClusterTimeout,
        "PILOT_REMOTE_CLUSTER_TIMEOUT",
        &seconds(30, FEATURES),
    ),
    (
        Flag::ResolveHostnameGateways,
        "RESOLVE_HOSTNAME_GATEWAYS",
        &switch(true, FEATURES),
    ),
    (
        Flag::DiscoverGatewayApi,
        "PILOT_MULTI_NETWORK_DISCOVER_GATEWAY_API",
        &switch(true, FEATURES),
    ),
    (
        Flag::NativeSidecars,
        "ENABLE_NATIVE_SIDECARS",
        &always(FlagValue::Word("auto"), FEATURES),
    ),
    (
        Flag::AlpnFilter,
        "PILOT_ENABLE_ALPN_FILTER",
        &switch(true, FEATURES),
    ),
    (
        Flag::MetadataExchange,
        "PILOT_ENABLE_METADATA_EXCHANGE",
        &switch(true, "pilot/pkg/features/telemetry.go"),
    ),
    (
        Flag::ExternalIstiod,
        "EXTERNAL_ISTIOD",
        &switch(false, FEATURES),
    ),
    (
        Flag::LocalClusterSecretWatcher,
        "LOCAL_CLUSTER_SECRET_WATCHER",
        &switch(false, FEATURES),
    ),
    (
        Flag::ClusterId,
        "CLUSTER_ID",
        &always(FlagValue::Word("Kubernetes"), FEATURES),
    ),
    (
        Flag::WorkloadEntryAutoregistration,
        "PILOT_ENABLE_WORKLOAD_ENTRY_AUTOREGISTRATION",
        &switch(true, FEATURES),
    ),
    (
        Flag::WorkloadEntryHealthchecks,
        "PILOT_ENABLE_WORKLOAD_ENTRY_HEALTHCHECKS",
        &switch(true, FEATURES),
    ),
    (
        Flag::WorkloadEntryGracePeriod,
        "PILOT_WORKLOAD_ENTRY_GRACE_PERIOD",
        &seconds(10, FEATURES),
    ),
    (
        Flag::CrossClusterWorkloadEntry,
        "PILOT_ENABLE_CROSS_CLUSTER_WORKLOAD_ENTRY",
        &switch(true, FEATURES),
    ),
    (
        Flag::DebounceAfter,
        "PILOT_DEBOUNCE_AFTER",
        &millis(100, TUNING),
    ),
    (
        Flag::DebounceMax,
        "PILOT_DEBOUNCE_MAX",
        &seconds(10, TUNING),
    ),
    (
        Flag::DefaultWorkloadCertTtl,
        "DEFAULT_WORKLOAD_CERT_TTL",
        &seconds(24 * HOUR, ISTIO_CA),
    ),
    (
        Flag::MaxWorkloadCertTtl,
        "MAX_WORKLOAD_CERT_TTL",
        &seconds(90 * 24 * HOUR, ISTIO_CA),
    ),
];

/// Names in istiod's environment that change nothing isthmus shows, or only where istiod is.
const INERT: &[&str] = &[
    "CERT_SIGNER_DOMAIN",
    "DISABLE_TRACK_REMAINING_CB_METRICS",
    "ENABLE_DEBUG_ON_HTTP",
    "ENABLE_LAZY_SIDECAR_EVALUATION",
    "ENABLE_LEADER_ELECTION",
    "INJECTION_WEBHOOK_CONFIG_NAME",
    "ISTIOD_CUSTOM_HOST",
    "ISTIO_DELTA_XDS",
    "PILOT_ENABLE_ANALYSIS",
    "PILOT_ENABLE_EDS_DEBOUNCE",
    "PILOT_MAX_REQUESTS_PER_SECOND",
    "PILOT_PUSH_THROTTLE",
    "PILOT_SPAWN_UPSTREAM_SPAN_FOR_GATEWAY",
    "PILOT_TRACE_SAMPLING",
    "SHARED_MESH_CONFIG",
    "VALIDATION_WEBHOOK_CONFIG_NAME",
];

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
