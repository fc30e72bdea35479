//! The mesh's own list of networks (`meshNetworks`).

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;

use crate::{
    ClusterId, Decision, NetworkId,
    network::{NetworkGateway, rules},
};

/// The networks of a mesh as its configuration lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeshNetworks(pub BTreeMap<NetworkId, MeshNetwork>);

/// One network of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeshNetwork {
    /// What is in it.
    pub endpoints: Vec<Members>,
    /// What leads into it.
    pub gateways: Vec<ListedGateway>,
}

/// What is in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Every endpoint of a cluster.
    FromRegistry(ClusterId),
    /// Every endpoint with an address in a range.
    FromCidr(IpNet),
}

/// What leads into a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedGateway {
    /// An address, used as it is written.
    Address {
        /// An IP address or a host name.
        address: String,
        /// The port to connect to.
        port: u16,
    },
    /// A Service, looked up in the clusters of the network.
    RegistryService {
        /// Its host.
        host: String,
        /// The port of the Service.
        port: u16,
    },
}

impl MeshNetworks {
    /// The network that names a cluster's registry; the first one, if several do.
    pub fn of_registry(&self, cluster: &str) -> Option<NetworkId> {
        let named = |members: &Members| match members {
            Members::FromRegistry(id) => !cluster.is_empty() && id.as_str() == cluster,
            Members::FromCidr(_) => false,
        };
        self.first(named)
    }

    /// The network with the widest range that holds an address.
    pub fn of_address(&self, address: IpAddr) -> Option<NetworkId> {
        let holds = |members: &Members| match members {
            Members::FromCidr(range) if range.contains(&address) => Some(range.prefix_len()),
            Members::FromCidr(_) | Members::FromRegistry(_) => None,
        };
        let ranges = self.0.iter().filter_map(|(network, listed)| {
            let widest = listed.endpoints.iter().filter_map(holds).min()?;
            Some((widest, network))
        });
        ranges
            .min_by_key(|(prefix, _)| *prefix)
            .map(|(_, network)| network.clone())
    }

    /// The gateways that are listed by address.
    pub fn listed_addresses(&self) -> Decision<Vec<NetworkGateway>> {
        let gateways = self.0.iter().flat_map(|(network, listed)| {
            let by_address = listed.gateways.iter().filter_map(|gateway| match gateway {
                ListedGateway::Address { address, port } => Some((address, *port)),
                ListedGateway::RegistryService { .. } => None,
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

    /// The networks, each with a Service port, that name a Service of this cluster as gateway.
    pub(crate) fn naming_service(&self, host: &str, cluster: &ClusterId) -> Vec<(NetworkId, u16)> {
        let member = Members::FromRegistry(cluster.clone());
        let of_cluster = self
            .0
            .iter()
            .filter(|(_, listed)| listed.endpoints.contains(&member));
        let named = of_cluster.flat_map(|(network, listed)| {
            let ports = listed.gateways.iter().filter_map(|gateway| match gateway {
                ListedGateway::RegistryService { host: named, port } => {
                    (named == host).then_some(*port)
                }
                ListedGateway::Address { .. } => None,
            });
            ports.map(|port| (network.clone(), port))
        });
        named.collect()
    }

    fn first(&self, named: impl Fn(&Members) -> bool) -> Option<NetworkId> {
        let mut networks = self.0.iter();
        let found = networks.find(|(_, listed)| listed.endpoints.iter().any(&named));
        found.map(|(network, _)| network.clone())
    }
}
