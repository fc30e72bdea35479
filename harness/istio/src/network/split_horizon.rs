//! Split horizon: which endpoints a client reaches directly, and which through gateways.

use std::collections::BTreeMap;

use crate::{
    ClusterId, Decision, NetworkId,
    network::{Gateways, NetworkGateway, rules, same_network},
    service::IpFamilies,
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

/// How a client reaches endpoints of `network` in `cluster`.
pub fn path<'a>(
    client: Standpoint<'_>,
    gateways: &'a Gateways,
    network: &NetworkId,
    cluster: &ClusterId,
) -> Decision<Path<'a>> {
    let ambient = client.mode == Mode::DoubleHbone && client.kind != ProxyKind::Sidecar;
    if gateways.is_empty() && !ambient {
        return Decision::new(Path::Direct, rules::SINGLE_NETWORK);
    }
    let usable: Vec<&NetworkGateway> = gateways
        .standing_for(network, cluster)
        .iter()
        .filter(|gateway| speaks(client, ambient, gateway))
        .collect();
    let same = same_network(client.network, network);
    let forced = client.network.is_unset() && !network.is_unset() && !usable.is_empty();
    if same && !forced {
        return Decision::new(Path::Direct, rules::DIRECT);
    }
    if usable.is_empty() {
        return match client.mode {
            Mode::PassThrough => Decision::new(Path::Direct, rules::NO_GATEWAY),
            Mode::DoubleHbone => Decision::new(Path::None, rules::AMBIENT_NO_GATEWAY),
        };
    }
    through(client, usable)
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

/// Whether an endpoint on a gateway path has to be reached by mutual TLS.
pub fn needs_mtls(client: Standpoint<'_>) -> bool {
    client.mode == Mode::PassThrough || client.kind == ProxyKind::Sidecar
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
