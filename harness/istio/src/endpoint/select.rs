//! The pipeline: from all endpoints of a service to the ordered groups one proxy is sent.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ClusterId, Decision, NetworkId, RuleId,
    endpoint::{Endpoint, Health, Labels, filter, order, replace},
    locality::{LbSetting, LocalityLabel},
    network::{
        NetworkView,
        split_horizon::{Mode, Paths, ProxyKind, Standpoint},
    },
    service::IpFamilies,
    version::{Mechanisms, mechanism::NetworkPriority},
};

/// A proxy that asks for endpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client {
    /// What kind of proxy it is.
    pub kind: ProxyKind,
    /// Its cluster, from its own metadata.
    pub cluster: ClusterId,
    /// Its network, from its own metadata.
    pub network: NetworkId,
    /// Where it is.
    pub locality: LocalityLabel,
    /// Its labels, topology included.
    pub labels: Arc<Labels>,
    /// Its node; empty if it has none.
    pub node: Arc<str>,
    /// Its address families.
    pub families: IpFamilies,
    /// The networks it asked to see.
    pub view: NetworkView,
}

/// What of a service decides who its endpoints are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scope {
    /// Whether it stays inside the client's cluster.
    pub cluster_local: bool,
    /// Whether its `internalTrafficPolicy` is Local.
    pub node_local: bool,
    /// Whether it has persistent sessions.
    pub persistent_sessions: bool,
}

/// What the answer is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The client's own calls.
    #[default]
    Outbound,
    /// TLS that a gateway passes through (`outbound_.PORT_.SUBSET_.HOST`).
    PassThrough,
}

/// How to tell whether the client reaches an endpoint by mutual TLS.
pub type ByMtls<'a> = dyn Fn(&Endpoint) -> Decision<bool> + 'a;

/// One question: which endpoints does this client get for this service port and subset?
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The client.
    pub client: &'a Client,
    /// Its paths to other networks: [`Client::standpoint`] with the gateways its control plane
    /// knows.
    pub paths: &'a Paths<'a>,
    /// The service.
    pub service: Scope,
    /// The name of the service port.
    pub port_name: &'a str,
    /// The labels of the subset; empty for all.
    pub subset: &'a Labels,
    /// The locality setting in effect, if any.
    pub setting: Option<&'a LbSetting>,
    /// Whether the DestinationRule has outlierDetection for this subset and port.
    pub outlier_detection: bool,
    /// Whether endpoints that are not ready are sent.
    pub send_not_ready: bool,
    /// What the answer is for.
    pub purpose: Purpose,
    /// What a `failoverPriority` that begins with the network means.
    pub network_priority: NetworkPriority,
    /// How to tell whether the client reaches an endpoint by mutual TLS.
    pub by_mtls: &'a ByMtls<'a>,
}

impl Client {
    /// What of the client decides its paths under a control plane that does things by
    /// `mechanisms`; `mode` is how it reaches other networks.
    pub fn standpoint(&self, mode: Mode, mechanisms: &Mechanisms) -> Standpoint<'_> {
        Standpoint {
            network: &self.network,
            families: self.families,
            kind: self.kind,
            mode,
            unset: mechanisms.unset_network.value,
        }
    }
}

/// What a proxy is sent for one service port and subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The groups, in the order in which they are sent.
    pub groups: Vec<Group>,
    /// The endpoints that are not part of it.
    pub left_out: Vec<LeftOut>,
    /// The rule that gave the groups their priorities and weights.
    pub ordered_by: RuleId,
}

/// Hosts in one locality and of one priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The locality of the endpoints in it, or behind the gateways in it.
    pub locality: LocalityLabel,
    /// 0 is used first.
    pub priority: u32,
    /// Its weight; `None` if it has no hosts.
    pub weight: Option<u32>,
    /// Its hosts: endpoints, then gateways.
    pub hosts: Vec<Arc<Host>>,
}

/// Something to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its address.
    pub address: Arc<str>,
    /// Its port.
    pub port: u16,
    /// Its weight within its group.
    pub weight: u32,
    /// Whether it is marked unhealthy; a gateway never is.
    pub healthy: bool,
    /// Whether the client uses mutual TLS with it.
    pub mtls: bool,
    /// What it is.
    pub reached: Reached,
    /// The rule by which it stands here.
    pub because: RuleId,
}

/// What a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// An endpoint of the service: its index among all of them.
    Directly(u32),
    /// A gateway.
    Through {
        /// The network it leads into.
        network: NetworkId,
        /// The cluster it stands in.
        cluster: ClusterId,
        /// The indices of the endpoints it stands for.
        stands_for: Vec<u32>,
    },
}

/// An endpoint that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its index among all endpoints of the service.
    pub endpoint: u32,
    /// Why.
    pub because: RuleId,
}

/// Answers a question from all endpoints of a service, in the order of the [`Index`].
///
/// [`Index`]: crate::endpoint::Index
pub fn select(question: &Question<'_>, endpoints: &[Endpoint]) -> Selection {
    let mut left_out = Vec::new();
    let candidates = candidates(question, endpoints, &mut left_out);
    let groups = replace::across_networks(question, endpoints, candidates, &mut left_out);
    let (groups, ordered_by) = order::apply(question, endpoints, groups, &mut left_out);
    // An endpoint behind several gateways that are emptied was noted once for each.
    left_out.sort_by_key(|left| left.endpoint);
    left_out.dedup();
    Selection {
        groups,
        left_out,
        ordered_by,
    }
}

/// Indices of endpoints by their locality as written.
pub(crate) type ByLocality<'a> = BTreeMap<&'a LocalityLabel, Vec<u32>>;

fn candidates<'a>(
    question: &Question<'_>,
    endpoints: &'a [Endpoint],
    left_out: &mut Vec<LeftOut>,
) -> ByLocality<'a> {
    let mut groups = ByLocality::new();
    for (i, endpoint) in (0..).zip(endpoints) {
        match filter::left_out(question, endpoint) {
            Some(because) => left_out.push(LeftOut {
                endpoint: i,
                because,
            }),
            None => groups.entry(&endpoint.locality).or_default().push(i),
        }
    }
    groups
}

impl Host {
    /// An endpoint itself.
    pub(crate) fn direct(
        (index, endpoint): (u32, &Endpoint),
        weight: u32,
        mtls: bool,
        because: RuleId,
    ) -> Self {
        Self {
            address: endpoint.address.clone(),
            port: endpoint.port,
            weight,
            healthy: endpoint.health != Health::NotReady,
            mtls,
            reached: Reached::Directly(index),
            because,
        }
    }
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
