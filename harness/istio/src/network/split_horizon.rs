//! Split horizon: which endpoints a client reaches directly, and which through gateways.

use std::collections::BTreeMap;

use crate::{
    ClusterId, Decision, NetworkId,
    network::{Gateways, NetworkGateway, gateway::Known, rules, same_network},
    service::IpFamilies,
    version::mechanism::UnsetNetwork,
};

/// How workloads of other networks are reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// By mutual TLS passed through the gateway.
    #[default]
    PassThrough,
    /// By HBONE inside HBONE: waypoints and gateways of ambient multi-network.
    DoubleHbone,
}

/// What kind of proxy a client is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProxyKind {
    /// A sidecar.
    #[default]
    Sidecar,
    /// A gateway.
    Router,
    /// A waypoint.
    Waypoint,
}

/// What of a client decides its paths.
#[derive(Debug, Clone, Copy)]
pub struct Standpoint<'a> {
    /// Its network, from its own metadata.
    pub network: &'a NetworkId,
    /// Its address families.
    pub families: IpFamilies,
    /// What kind of proxy it is.
    pub kind: ProxyKind,
    /// How it reaches other networks.
    pub mode: Mode,
    /// What it means that it has no network, if it has none.
    pub unset: UnsetNetwork,
}

/// How endpoints of one network and cluster are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path<'a> {
    /// By their own address.
    Direct,
    /// By one of these gateways; never empty.
    Gateways(Vec<&'a NetworkGateway>),
    /// Not at all.
    None,
}

/// Every path of one client. It is worked out once and serves all services, until the client or
/// the gateways change.
#[derive(Debug, Clone)]
pub struct Paths<'a> {
    client: Standpoint<'a>,
    gateways: &'a Gateways,
    /// To networks that have gateways.
    known: BTreeMap<&'a NetworkId, Towards<'a>>,
    /// To the client's own network, if it has no gateway, and to endpoints of no network.
    own: Decision<Path<'a>>,
    /// To any other network; it has no gateway.
    foreign: Decision<Path<'a>>,
}

/// Paths into one network.
#[derive(Debug, Clone)]
struct Towards<'a> {
    by_cluster: BTreeMap<&'a ClusterId, Decision<Path<'a>>>,
    otherwise: Decision<Path<'a>>,
}

impl<'a> Paths<'a> {
    /// Works out the paths of a client.
    pub fn new(client: Standpoint<'a>, gateways: &'a Gateways) -> Self {
        let towards = |(network, known): (&'a NetworkId, &'a Known)| {
            let to = |candidates| path(client, gateways, network, candidates);
            let clusters = known.by_cluster.iter();
            let towards = Towards {
                by_cluster: clusters
                    .map(|(id, of_cluster)| (id, to(of_cluster)))
                    .collect(),
                otherwise: to(&known.all),
            };
            (network, towards)
        };
        // No network has this name, because it cannot be a label's value.
        let foreign = NetworkId::from("/");
        Self {
            client,
            gateways,
            known: gateways.networks().map(towards).collect(),
            own: path(client, gateways, &NetworkId::default(), &[]),
            foreign: path(client, gateways, &foreign, &[]),
        }
    }

    /// How the client reaches endpoints of `network` in `cluster`.
    pub fn to(&self, network: &NetworkId, cluster: &ClusterId) -> &Decision<Path<'a>> {
        match self.known.get(network) {
            Some(towards) => towards
                .by_cluster
                .get(cluster)
                .unwrap_or(&towards.otherwise),
            None if same_network(self.client.network, network) => &self.own,
            None => &self.foreign,
        }
    }

    /// The gateways that are known.
    pub fn gateways(&self) -> &'a Gateways {
        self.gateways
    }

    /// Whether an endpoint behind a gateway has to be reached by mutual TLS.
    pub fn need_mtls(&self) -> bool {
        self.client.mode == Mode::PassThrough || self.client.kind == ProxyKind::Sidecar
    }
}

/// How a client reaches endpoints of `network` for which `candidates` stand.
fn path<'a>(
    client: Standpoint<'_>,
    gateways: &Gateways,
    network: &NetworkId,
    candidates: &'a [NetworkGateway],
) -> Decision<Path<'a>> {
    let ambient = client.mode == Mode::DoubleHbone && client.kind != ProxyKind::Sidecar;
    if gateways.is_empty() && !ambient {
        return Decision::new(Path::Direct, rules::SINGLE_NETWORK);
    }
    let usable = candidates
        .iter()
        .filter(|gateway| speaks(client, ambient, gateway));
    let usable: Vec<&NetworkGateway> = usable.collect();
    let same = same_network(client.network, network);
    let lost = client.network.is_unset() && client.unset == UnsetNetwork::ThroughGateway;
    let forced = lost && !network.is_unset() && !usable.is_empty();
    if same && !forced {
        return Decision::new(Path::Direct, rules::DIRECT);
    }
    match (usable.is_empty(), client.mode) {
        (false, _) => through(client, usable),
        (true, Mode::PassThrough) => Decision::new(Path::Direct, rules::NO_GATEWAY),
        (true, Mode::DoubleHbone) => Decision::new(Path::None, rules::AMBIENT_NO_GATEWAY),
    }
}

fn through<'a>(client: Standpoint<'_>, usable: Vec<&'a NetworkGateway>) -> Decision<Path<'a>> {
    let reachable: Vec<_> = usable
        .into_iter()
        .filter(|gateway| gateway.reachable_by(client.families))
        .collect();
    match reachable.is_empty() {
        true => Decision::new(Path::None, rules::FAMILY),
        false => Decision::new(Path::Gateways(reachable), rules::GATEWAY),
    }
}

/// Whether a gateway takes what the client would send it.
fn speaks(client: Standpoint<'_>, ambient: bool, gateway: &NetworkGateway) -> bool {
    match (ambient, client.kind) {
        (true, _) => gateway.hbone_port != 0,
        (false, ProxyKind::Sidecar) => gateway.port != 0,
        (false, ProxyKind::Router | ProxyKind::Waypoint) => true,
    }
}

/// The weight of an endpoint after scaling; nothing counts as 1, and the maximum is kept.
pub fn scaled(weight: u32, gateways: &Gateways) -> u32 {
    let scale = match gateways.is_empty() {
        true => return weight.max(1),
        false => gateways.scale(),
    };
    // Istio takes the maximum already for a weight that would just reach it.
    match weight {
        0 => scale,
        weight if weight < u32::MAX / scale => weight * scale,
        _ => u32::MAX,
    }
}

/// Weights that gateways took over, in the order of address and port.
#[derive(Debug, Clone, Default)]
pub struct Shares<'a> {
    by_gateway: BTreeMap<&'a NetworkGateway, (u32, Vec<u32>)>,
}

impl<'a> Shares<'a> {
    /// Divides the weight of one endpoint evenly over gateways.
    pub fn add(&mut self, gateways: &[&'a NetworkGateway], weight: u32, endpoint: u32) {
        let each = weight / gateways.len() as u32;
        for gateway in gateways {
            let (sum, stands_for) = self.by_gateway.entry(gateway).or_default();
            *sum = sum.wrapping_add(each);
            stands_for.push(endpoint);
        }
    }

    /// Each gateway with its weight, at least 1, and the endpoints it stands for.
    pub fn into_gateways(self) -> impl Iterator<Item = (&'a NetworkGateway, u32, Vec<u32>)> {
        let shares = self.by_gateway.into_iter();
        shares.map(|(gateway, (weight, stands_for))| (gateway, weight.max(1), stands_for))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateways(count: u32) -> Gateways {
        Gateways::new((0..count).map(|n| NetworkGateway {
            address: format!("172.16.0.{n}").into(),
            port: 15443,
            hbone_port: 0,
            network: "far".into(),
            cluster: "there".into(),
        }))
    }

    #[test]
    fn weights_are_scaled_up_to_the_maximum() {
        let none = gateways(0);
        assert_eq!(
            [0, 7, u32::MAX].map(|weight| scaled(weight, &none)),
            [1, 7, u32::MAX]
        );
        let two = gateways(2);
        let half = u32::MAX / 2;
        assert_eq!(
            [0, 7, half - 1].map(|weight| scaled(weight, &two)),
            [2, 14, (half - 1) * 2]
        );
        assert_eq!(
            [half, u32::MAX].map(|weight| scaled(weight, &two)),
            [u32::MAX; 2]
        );
    }

    #[test]
    fn a_gateway_weighs_at_least_one() {
        let two = gateways(2);
        let all: Vec<&NetworkGateway> = two.iter().collect();
        let mut shares = Shares::default();
        shares.add(&all, 1, 0);
        let weights: Vec<u32> = shares
            .into_gateways()
            .map(|(_, weight, _)| weight)
            .collect();
        assert_eq!(weights, [1, 1]);
    }

    fn to_far(network: &str, unset: UnsetNetwork) -> crate::RuleId {
        let (gateways, network) = (gateways(1), NetworkId::from(network));
        let client = Standpoint {
            network: &network,
            families: IpFamilies::V4,
            kind: ProxyKind::Sidecar,
            mode: Mode::PassThrough,
            unset,
        };
        let paths = Paths::new(client, &gateways);
        assert_eq!(
            paths.to(&"other".into(), &"there".into()).because,
            match network.is_unset() {
                true => rules::DIRECT,
                false => rules::NO_GATEWAY,
            }
        );
        paths.to(&"far".into(), &"elsewhere".into()).because.clone()
    }

    #[test]
    fn a_client_without_network_is_forced_through_gateways_it_knows() {
        let to_far = |network| to_far(network, UnsetNetwork::ThroughGateway);
        assert_eq!(to_far(""), rules::GATEWAY);
        assert_eq!(to_far("near"), rules::GATEWAY);
        assert_eq!(to_far("far"), rules::DIRECT);
    }

    #[test]
    fn before_1_30_a_client_without_network_was_in_every_network() {
        let to_far = |network| to_far(network, UnsetNetwork::SameAsAny);
        assert_eq!(to_far(""), rules::DIRECT);
        assert_eq!(to_far("near"), rules::GATEWAY);
    }
}
