//! The network gateways that a control plane knows.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use crate::{ClusterId, NetworkId, service::IpFamilies};

/// One address of a gateway into a network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkGateway {
    /// The address, or a host name that is not resolved yet.
    pub address: Arc<str>,
    /// The port for mutual TLS passed through; 0 if it has none.
    pub port: u16,
    /// The port for HBONE; 0 if it has none.
    pub hbone_port: u16,
    /// The network it leads into.
    pub network: NetworkId,
    /// The cluster it stands in; unset if it is known by address alone.
    pub cluster: ClusterId,
}

impl NetworkGateway {
    /// Whether a proxy of these families can connect to it.
    pub fn reachable_by(&self, families: IpFamilies) -> bool {
        if families == IpFamilies::UNKNOWN || families.is_dual() {
            return true;
        }
        match self.address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(ip) => ip.is_ipv4() == families.v4,
            Err(_) => false,
        }
    }
}

/// All gateways of a control plane, by network and by network and cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gateways {
    by_network: BTreeMap<NetworkId, Known>,
    scale: u32,
}

/// The gateways of one network, by address and port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// All of them; they stand for endpoints of clusters that have none of their own.
    pub(crate) all: Vec<NetworkGateway>,
    /// Those in each cluster; they stand for the endpoints of that cluster.
    pub(crate) by_cluster: BTreeMap<ClusterId, Vec<NetworkGateway>>,
}

impl Gateways {
    /// Collects gateways from all sources; one that several sources name counts once.
    pub fn new(gateways: impl IntoIterator<Item = NetworkGateway>) -> Self {
        let mut all: Vec<NetworkGateway> = gateways.into_iter().collect();
        all.sort();
        all.dedup();
        let mut by_network: BTreeMap<NetworkId, Known> = BTreeMap::new();
        for gateway in all {
            let known = by_network.entry(gateway.network.clone()).or_default();
            let of_cluster = known.by_cluster.entry(gateway.cluster.clone()).or_default();
            of_cluster.push(gateway.clone());
            known.all.push(gateway);
        }
        let scale = scale_of(by_network.values());
        Self { by_network, scale }
    }

    /// Whether no gateway is known: then networks play no part.
    pub fn is_empty(&self) -> bool {
        self.by_network.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_network.values().map(|known| known.all.len()).sum()
    }

    /// All gateways, by network, then in the order of address and port.
    pub fn iter(&self) -> impl Iterator<Item = &NetworkGateway> {
        self.by_network.values().flat_map(|known| &known.all)
    }

    /// The networks that have gateways, with them.
    pub(crate) fn networks(&self) -> impl Iterator<Item = (&NetworkId, &Known)> {
        self.by_network.iter()
    }

    /// The factor that every endpoint weight is multiplied with, so that a weight can be divided
    /// evenly over the gateways of any network or cluster.
    pub fn scale(&self) -> u32 {
        self.scale.max(1)
    }
}

/// The least common multiple of the numbers of gateways per network and per network and cluster.
fn scale_of<'a>(networks: impl Iterator<Item = &'a Known>) -> u32 {
    let counts = networks.flat_map(|known| {
        let per_cluster = known.by_cluster.values().map(Vec::len);
        per_cluster.chain([known.all.len()])
    });
    counts.fold(1, |lcm, count| lcm / gcd(lcm, count as u32) * count as u32)
}

fn gcd(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(network: &str, cluster: &str, address: &str) -> NetworkGateway {
        NetworkGateway {
            address: address.into(),
            port: 15443,
            hbone_port: 0,
            network: network.into(),
            cluster: cluster.into(),
        }
    }

    #[test]
    fn the_scale_divides_by_every_count_of_gateways() {
        let three = ["1.0.0.1", "1.0.0.2", "1.0.0.3"].map(|ip| gateway("a", "c1", ip));
        let two = ["2.0.0.1", "2.0.0.2"].map(|ip| gateway("b", "c2", ip));
        assert_eq!(Gateways::new(three.into_iter().chain(two)).scale(), 6);
        assert_eq!(Gateways::default().scale(), 1);
    }

    #[test]
    fn a_gateway_named_by_two_sources_counts_once() {
        let twice = [gateway("a", "", "1.0.0.1"), gateway("a", "", "1.0.0.1")];
        assert_eq!(Gateways::new(twice).len(), 1);
    }

    #[test]
    fn a_mapped_address_is_of_its_inner_family() {
        let mapped = gateway("a", "", "::ffff:1.2.3.4");
        assert!(mapped.reachable_by(IpFamilies::V4));
        assert!(!mapped.reachable_by(IpFamilies::V6));
        let name = gateway("a", "", "gateway.example.com");
        assert!(!name.reachable_by(IpFamilies::V4));
        assert!(name.reachable_by(IpFamilies::UNKNOWN));
    }
}
