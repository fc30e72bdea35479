//! The flags as data: names in istiod's environment, and what each version assumes.

use std::time::Duration;

use super::{Flag, FlagValue};
use crate::version::timeline::Fact;

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
pub(super) type Row = (Flag, &'static str, &'static [Fact<FlagValue>]);

pub(super) const FLAGS: &[Row] = &[
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
pub(super) const INERT: &[&str] = &[
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
