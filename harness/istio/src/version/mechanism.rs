//! How a version does what every version does.

mod facts;

use world::Version;

use super::timeline::{Fact, Release};

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
    /// How the newest release that is modelled does things: what the rules are written for.
    pub fn newest() -> Self {
        Self::at_release(Release::NEWEST)
    }

    /// How `version` does things.
    pub fn at(version: &Version) -> Self {
        Self::at_release(Release::from(version))
    }

    fn at_release(release: Release) -> Self {
        Self {
            kubeconfig_change: facts::KUBECONFIG_CHANGE.at_release(release),
            remote_trust_domain: facts::REMOTE_TRUST_DOMAIN.at_release(release),
            unset_network: facts::UNSET_NETWORK.at_release(release),
            network_priority: facts::NETWORK_PRIORITY.at_release(release),
            subset_tls: facts::SUBSET_TLS.at_release(release),
            headless_names: facts::HEADLESS_NAMES.at_release(release),
            inbound_retries: facts::INBOUND_RETRIES.at_release(release),
            reads_locality_label: facts::READS_LOCALITY_LABEL.at_release(release),
            reader_reads_config_maps: facts::READER_READS_CONFIG_MAPS.at_release(release),
            excludes_in_sidecar: facts::EXCLUDES_IN_SIDECAR.at_release(release),
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
