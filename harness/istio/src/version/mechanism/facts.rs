//! The mechanisms as data: since when each, and by which source.

use super::{
    HeadlessNames, InboundRetries, KubeconfigChange, NetworkPriority, RemoteTrustDomain, SubsetTls,
    SwapDefects, UnsetNetwork,
};
use crate::version::timeline::{Fact, Timeline};

const SECRET_CONTROLLER: &str = "pkg/kube/multicluster/secretcontroller.go";

pub(super) const KUBECONFIG_CHANGE: Timeline<KubeconfigChange> = Timeline(&[
    Fact::since(28, 0, KubeconfigChange::StopThenReplace, SECRET_CONTROLLER),
    Fact::since(
        29,
        3,
        KubeconfigChange::ForgetThenAdd,
        "releasenotes/notes/59876.yaml at 1.29.3",
    ),
    Fact::since(
        30,
        0,
        KubeconfigChange::Swap(SwapDefects {
            may_hang: true,
            may_lose_endpoints: true,
            loses_gateway_events: true,
        }),
        SECRET_CONTROLLER,
    ),
    Fact::since(
        30,
        3,
        KubeconfigChange::Swap(SwapDefects {
            may_hang: false,
            may_lose_endpoints: true,
            loses_gateway_events: true,
        }),
        "releasenotes/notes/60612.yaml at 1.30.3",
    ),
    Fact::since(
        30,
        4,
        KubeconfigChange::Swap(SwapDefects {
            may_hang: false,
            may_lose_endpoints: false,
            loses_gateway_events: false,
        }),
        "releasenotes/notes/61043.yaml and 60920.yaml, on release-1.30 after 1.30.3",
    ),
]);

pub(super) const REMOTE_TRUST_DOMAIN: Timeline<RemoteTrustDomain> = Timeline(&[
    Fact::since(
        28,
        0,
        RemoteTrustDomain::Own,
        "releasenotes/notes/watch-remote-mesh-config.yaml",
    ),
    Fact::since(
        29,
        0,
        RemoteTrustDomain::RemoteOrNone,
        "releasenotes/notes/watch-remote-mesh-config.yaml at 1.29.0; istio/istio#59474",
    ),
    Fact::since(
        29,
        2,
        RemoteTrustDomain::RemoteOrOwn,
        "releasenotes/notes/59473.yaml at 1.29.2",
    ),
]);

pub(super) const UNSET_NETWORK: Timeline<UnsetNetwork> = Timeline(&[
    Fact::since(
        28,
        0,
        UnsetNetwork::SameAsAny,
        "pilot/pkg/xds/endpoints/ep_filters.go at 1.28.0",
    ),
    Fact::since(
        30,
        0,
        UnsetNetwork::ThroughGateway,
        "releasenotes/notes/endpoints-by-network-without-local-network.yaml",
    ),
]);

pub(super) const NETWORK_PRIORITY: Timeline<NetworkPriority> = Timeline(&[
    Fact::since(
        28,
        0,
        NetworkPriority::Required,
        "pilot/pkg/networking/core/loadbalancer/loadbalancer.go at 1.28.0",
    ),
    Fact::since(
        31,
        0,
        NetworkPriority::Preferred,
        "releasenotes/notes/network-preferred-not-required.yaml",
    ),
]);

pub(super) const SUBSET_TLS: Timeline<SubsetTls> = Timeline(&[
    Fact::since(
        28,
        0,
        SubsetTls::Unset,
        "pilot/pkg/xds/endpoints/mtls_checker.go at 1.28.0",
    ),
    Fact::since(
        31,
        0,
        SubsetTls::RuleWide,
        "releasenotes/notes/dr-subset-tls-mode-fallback.yaml at 1.31.0-rc.0",
    ),
]);

pub(super) const HEADLESS_NAMES: Timeline<HeadlessNames> = Timeline(&[
    Fact::since(
        28,
        0,
        HeadlessNames::FirstPort,
        "pkg/dns/server/name_table.go at 1.28.0",
    ),
    Fact::since(
        32,
        0,
        HeadlessNames::EveryPort,
        "releasenotes/notes/61038.yaml",
    ),
]);

pub(super) const INBOUND_RETRIES: Timeline<InboundRetries> = Timeline(&[
    Fact::since(
        28,
        0,
        InboundRetries::Fixed,
        "pilot/pkg/networking/core/route/retry at 1.28.0",
    ),
    Fact::since(
        32,
        0,
        InboundRetries::FromMesh,
        "releasenotes/notes/default-inbound-http-retry-policy.yaml",
    ),
]);

pub(super) const READS_LOCALITY_LABEL: Timeline<bool> = Timeline(&[
    Fact::since(28, 0, false, "pkg/model/proxy.go at 1.28.0"),
    Fact::since(
        29,
        0,
        true,
        "pkg/model/proxy.go at 1.29.0: topology.istio.io/locality",
    ),
]);

pub(super) const READER_READS_CONFIG_MAPS: Timeline<bool> = Timeline(&[
    Fact::since(
        28,
        0,
        false,
        "istio-discovery/templates/reader-clusterrole.yaml at 1.28.0",
    ),
    Fact::since(
        29,
        0,
        true,
        "istio-discovery/templates/reader-clusterrole.yaml at 1.29.0",
    ),
]);

pub(super) const EXCLUDES_IN_SIDECAR: Timeline<bool> = Timeline(&[
    Fact::since(28, 0, false, "pilot/pkg/model/sidecar.go at 1.28.0"),
    Fact::since(
        31,
        0,
        true,
        "pilot/pkg/model/sidecar.go at 1.31.0-rc.0: hosts that begin with ~",
    ),
]);
