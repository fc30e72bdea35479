//! What the mesh's own list of networks (`meshNetworks`) says.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    ClusterId, Decision, NetworkId,
    kinds::{
        MeshNetworks,
        mesh_networks::{GatewayAddress, NetworkEndpoints},
    },
    network::{NetworkGateway, rules},
};

/// The network that names a cluster's registry; the first one, if several do.
pub fn of_registry(networks: &MeshNetworks, cluster: &str) -> Option<NetworkId> {
    let named = |members: &NetworkEndpoints| match members {
        NetworkEndpoints::FromRegistry(id) => !cluster.is_empty() && id.as_str() == cluster,
        NetworkEndpoints::FromCidr(_) => false,
    };
    let mut networks = networks.networks.iter();
    let found = networks.find(|(_, listed)| listed.endpoints.iter().any(named));
    found.map(|(network, _)| network.clone())
}

/// The network with the widest range that holds an address. A range that cannot be read is passed
/// over, as istiod does.
pub fn of_address(networks: &MeshNetworks, address: IpAddr) -> Option<NetworkId> {
    let holds = |members: &NetworkEndpoints| match members {
        NetworkEndpoints::FromCidr(range) => {
            let range = range.parse::<IpNet>().ok()?;
            range.contains(&address).then(|| range.prefix_len())
        }
        NetworkEndpoints::FromRegistry(_) => None,
    };
    let ranges = networks.networks.iter().filter_map(|(network, listed)| {
        let widest = listed.endpoints.iter().filter_map(holds).min()?;
        Some((widest, network))
    });
    let widest = ranges.min_by_key(|(prefix, _)| *prefix);
    widest.map(|(_, network)| network.clone())
}

/// The gateways that are listed by address.
pub fn listed_addresses(networks: &MeshNetworks) -> Decision<Vec<NetworkGateway>> {
    let gateways = networks.networks.iter().flat_map(|(network, listed)| {
        let by_address = listed
            .gateways
            .iter()
            .filter_map(|gateway| match &gateway.at {
                GatewayAddress::Address(address) => Some((address, gateway.port)),
                GatewayAddress::Service(_) => None,
            });
        by_address.map(|(address, port)| NetworkGateway {
            address: address.as_str().into(),
            port,
            hbone_port: 0,
            network: network.clone(),
            cluster: ClusterId::default(),
        })
    });
    Decision::new(gateways.collect(), rules::MESH_NETWORKS_ADDRESS)
}

/// The networks, each with a Service port, that name a Service of a cluster as their gateway.
pub(crate) fn naming_service(
    networks: &MeshNetworks,
    host: &str,
    cluster: &ClusterId,
) -> Vec<(NetworkId, u16)> {
    let member = NetworkEndpoints::FromRegistry(cluster.clone());
    let networks = networks.networks.iter();
    let of_cluster = networks.filter(|(_, listed)| listed.endpoints.contains(&member));
    let named = of_cluster.flat_map(|(network, listed)| {
        let ports = listed
            .gateways
            .iter()
            .filter_map(|gateway| match &gateway.at {
                GatewayAddress::Service(named) => (named == host).then_some(gateway.port),
                GatewayAddress::Address(_) => None,
            });
        ports.map(|port| (network.clone(), port))
    });
    named.collect()
}
