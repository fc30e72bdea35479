//! How a version does what every version does.

use world::Version;

use super::timeline::{Fact, Timeline};

/// What istiod does when the kubeconfig of a cluster it watches changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubeconfigChange {
    /// The old reader stops at once. What it knew stays, and grows stale, until the new reader has
    /// read the cluster's namespaces; then it is forgotten and filled again. A new kubeconfig that
    /// is malformed or leads nowhere leaves it stale for good.
    StopThenReplace,
    /// The old reader stops and what it knew is forgotten at once; the new reader fills it again.
    /// A new kubeconfig that is malformed or leads nowhere leaves nothing of the cluster.
    ForgetThenAdd,
    /// The new reader works beside the old one and takes its place once it has read everything. A
    /// new kubeconfig that is malformed or leads nowhere changes nothing.
    Swap(SwapDefects),
}

/// What goes wrong in a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SwapDefects {
    /// The new reader may wait for itself for ever; the old state stays until istiod restarts.
    pub may_hang: bool,
    /// The old reader may be closed before the new one has taken its place; it takes the
    /// cluster's endpoints with it, and those that do not change are not sent again.
    pub may_lose_endpoints: bool,
    /// The new reader's gateways and services are not listened to: gateways of its network are
    /// missing until istiod restarts.
    pub loses_gateway_events: bool,
}

/// Whose trust domain endpoints of another cluster are expected to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteTrustDomain {
    /// The control plane's own.
    Own,
    /// That of the other cluster's mesh configuration; if it may not be read, none at all, and
    /// the peer's identity does not match.
    RemoteOrNone,
    /// That of the other cluster's mesh configuration; if it may not be read, one's own.
    RemoteOrOwn,
}

/// How a proxy without a network reaches a network that has gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsetNetwork {
    /// As if it were in the same network: directly.
    SameAsAny,
    /// Through the gateways.
    ThroughGateway,
}

/// What a `failoverPriority` that begins with the network means for other networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkPriority {
    /// Endpoints of other networks come last, all alike.
    Required,
    /// Endpoints of other networks come after those of the own, in the order of the other labels.
    Preferred,
}

/// Where the TLS mode of a subset without one comes from when an endpoint is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubsetTls {
    /// From nowhere: it counts as unset.
    Unset,
    /// From the rule's own policy.
    RuleWide,
}

/// Which ports' endpoints the names of a headless service list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadlessNames {
    /// Those of the first port.
    FirstPort,
    /// Those of every port.
    EveryPort,
}

/// What decides the retries of a server's own proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundRetries {
    /// Always two, on a reset before the request was sent.
    Fixed,
    /// What the mesh says, else the same two.
    FromMesh,
}

const SECRET_CONTROLLER: &str = "pkg/kube/multicluster/secretcontroller.go";

const KUBECONFIG_CHANGE: Timeline<KubeconfigChange> = Timeline(&[
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

const REMOTE_TRUST_DOMAIN: Timeline<RemoteTrustDomain> = Timeline(&[
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

const UNSET_NETWORK: Timeline<UnsetNetwork> = Timeline(&[
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

const NETWORK_PRIORITY: Timeline<NetworkPriority> = Timeline(&[
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

const SUBSET_TLS: Timeline<SubsetTls> = Timeline(&[
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

const HEADLESS_NAMES: Timeline<HeadlessNames> = Timeline(&[
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

const INBOUND_RETRIES: Timeline<InboundRetries> = Timeline(&[
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

const READS_LOCALITY_LABEL: Timeline<bool> = Timeline(&[
    Fact::since(28, 0, false, "pkg/model/proxy.go at 1.28.0"),
    Fact::since(
        29,
        0,
        true,
        "pkg/model/proxy.go at 1.29.0: topology.istio.io/locality",
    ),
]);

const READER_READS_CONFIG_MAPS: Timeline<bool> = Timeline(&[
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

const EXCLUDES_IN_SIDECAR: Timeline<bool> = Timeline(&[
    Fact::since(28, 0, false, "pilot/pkg/model/sidecar.go at 1.28.0"),
    Fact::since(
        31,
        0,
        true,
        "pilot/pkg/model/sidecar.go at 1.31.0-rc.0: hosts that begin with ~",
    ),
]);

/// How one version does things. Every field says what holds and by which source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mechanisms {
    /// What istiod does when the kubeconfig of a cluster it watches changes.
    pub kubeconfig_change: Fact<KubeconfigChange>,
    /// Whose trust domain endpoints of another cluster are expected to have.
    pub remote_trust_domain: Fact<RemoteTrustDomain>,
    /// How a proxy without a network reaches a network that has gateways.
    pub unset_network: Fact<UnsetNetwork>,
    /// What a `failoverPriority` that begins with the network means for other networks.
    pub network_priority: Fact<NetworkPriority>,
    /// Where the TLS mode of a subset without one comes from when an endpoint is judged.
    pub subset_tls: Fact<SubsetTls>,
    /// Which ports' endpoints the names of a headless service list.
    pub headless_names: Fact<HeadlessNames>,
    /// What decides the retries of a server's own proxy.
    pub inbound_retries: Fact<InboundRetries>,
    /// Whether label `topology.istio.io/locality` is read, above `istio-locality`.
    pub reads_locality_label: Fact<bool>,
    /// Whether the account that other clusters read with may read ConfigMaps.
    pub reader_reads_config_maps: Fact<bool>,
    /// Whether a Sidecar's egress hosts may exclude by `~namespace/host`.
    pub excludes_in_sidecar: Fact<bool>,
}

impl Mechanisms {
    /// How `version` does things.
    pub fn at(version: &Version) -> Self {
        Self {
            kubeconfig_change: KUBECONFIG_CHANGE.at(version),
            remote_trust_domain: REMOTE_TRUST_DOMAIN.at(version),
            unset_network: UNSET_NETWORK.at(version),
            network_priority: NETWORK_PRIORITY.at(version),
            subset_tls: SUBSET_TLS.at(version),
            headless_names: HEADLESS_NAMES.at(version),
            inbound_retries: INBOUND_RETRIES.at(version),
            reads_locality_label: READS_LOCALITY_LABEL.at(version),
            reader_reads_config_maps: READER_READS_CONFIG_MAPS.at(version),
            excludes_in_sidecar: EXCLUDES_IN_SIDECAR.at(version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(version: &str) -> Mechanisms {
        Mechanisms::at(&version.parse().unwrap())
    }

    #[test]
    fn a_changed_kubeconfig_is_handled_by_the_line_and_the_patch() {
        let change = |version| at(version).kubeconfig_change.value;
        assert_eq!(change("1.28.10"), KubeconfigChange::StopThenReplace);
        assert_eq!(change("1.29.2"), KubeconfigChange::StopThenReplace);
        assert_eq!(change("1.29.6"), KubeconfigChange::ForgetThenAdd);
        let KubeconfigChange::Swap(defects) = change("1.30.2") else {
            panic!("not a swap")
        };
        assert!(defects.may_hang && defects.may_lose_endpoints && defects.loses_gateway_events);
        let KubeconfigChange::Swap(defects) = change("1.30.3") else {
            panic!("not a swap")
        };
        assert!(!defects.may_hang && defects.may_lose_endpoints);
        assert_eq!(
            change("1.31.0"),
            KubeconfigChange::Swap(SwapDefects::default())
        );
    }

    #[test]
    fn a_newer_control_plane_asks_for_more_rights_than_an_older_chart_gives() {
        let (older, newer) = (at("1.28.10"), at("1.29.1"));
        assert!(!older.reader_reads_config_maps.value);
        assert_eq!(
            newer.remote_trust_domain.value,
            RemoteTrustDomain::RemoteOrNone
        );
        assert_eq!(
            at("1.29.2").remote_trust_domain.value,
            RemoteTrustDomain::RemoteOrOwn
        );
    }

    #[test]
    fn every_fact_names_its_source() {
        for version in ["1.28.0", "1.29.0", "1.30.0", "1.31.0", "1.32.0"] {
            let all = format!("{:?}", at(version));
            assert!(!all.contains("source: \"\""), "{all}");
        }
    }
}
