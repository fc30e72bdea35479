//! Gateways that are Services: labelled with a network, or named by meshNetworks.

use std::collections::BTreeMap;

use crate::{
    ClusterId, Decision, NetworkId,
    kinds::MeshNetworks,
    network::{NetworkGateway, mesh_networks, rules},
};

/// The label that makes a Service the gateway of a network.
pub const NETWORK_LABEL: &str = "topology.istio.io/network";
/// The label that states the gateway port of a Service.
pub const PORT_LABEL: &str = "networking.istio.io/gatewayPort";
/// The gateway port without a label.
pub const DEFAULT_PORT: u16 = 15443;
/// The port on which an ambient gateway takes HBONE.
pub const HBONE_PORT: u16 = 15008;

/// A Service that may be a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayService {
    /// Its host, for example `istio-eastwestgateway.istio-system.svc.cluster.local`.
    pub host: String,
    /// Its cluster.
    pub cluster: ClusterId,
    /// The value of [`NETWORK_LABEL`]; empty if it has none.
    pub network: NetworkId,
    /// The value of [`PORT_LABEL`], as written.
    pub port_label: Option<String>,
    /// Its ports.
    pub ports: Vec<u16>,
    /// How it is reached from outside its cluster.
    pub exposed: Exposure,
}

/// How a Service is reached from outside its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exposure {
    /// Type LoadBalancer.
    LoadBalancer {
        /// Addresses and host names of its status.
        ingress: Vec<String>,
        /// `externalIPs` of its spec.
        external_ips: Vec<String>,
    },
    /// Type ClusterIP.
    ClusterIp {
        /// `externalIPs` of its spec.
        external_ips: Vec<String>,
    },
    /// Type NodePort.
    NodePort {
        /// The external addresses of the nodes that the annotation
        /// `traffic.istio.io/nodeSelector` selects; empty without that annotation.
        node_addresses: Vec<String>,
        /// Port and node port.
        node_ports: BTreeMap<u16, u16>,
    },
}

impl Exposure {
    fn addresses(&self) -> Vec<&String> {
        match self {
            Self::LoadBalancer {
                ingress,
                external_ips,
            } => ingress.iter().chain(external_ips).collect(),
            Self::ClusterIp { external_ips } => external_ips.iter().collect(),
            Self::NodePort { node_addresses, .. } => node_addresses.iter().collect(),
        }
    }

    /// The port that leads to a port of the Service from outside.
    fn outer(&self, port: u16) -> u16 {
        match self {
            Self::NodePort { node_ports, .. } => node_ports.get(&port).copied().unwrap_or(port),
            Self::LoadBalancer { .. } | Self::ClusterIp { .. } => port,
        }
    }
}

/// A way through a Service, before its addresses are known.
struct Door {
    network: NetworkId,
    port: u16,
    hbone_port: u16,
}

/// The gateways that a Service is. A labelled Service counts by its label alone, even if
/// meshNetworks names it too.
pub fn gateways(
    service: &GatewayService,
    networks: &MeshNetworks,
) -> Decision<Vec<NetworkGateway>> {
    if service.network.is_unset() {
        return named(service, networks);
    }
    match labelled(service) {
        Some(door) => Decision::new(at_addresses(service, &[door]), rules::LABELLED_SERVICE),
        None => Decision::new(Vec::new(), rules::LABELLED_WITHOUT_PORT),
    }
}

fn labelled(service: &GatewayService) -> Option<Door> {
    let label = service
        .port_label
        .as_ref()
        .and_then(|text| text.parse().ok());
    let exposed = |port: u16| {
        if service.ports.contains(&port) {
            port
        } else {
            0
        }
    };
    let (port, hbone_port) = (exposed(label.unwrap_or(DEFAULT_PORT)), exposed(HBONE_PORT));
    (port != 0 || hbone_port != 0).then(|| Door {
        network: service.network.clone(),
        port,
        hbone_port,
    })
}

fn named(service: &GatewayService, networks: &MeshNetworks) -> Decision<Vec<NetworkGateway>> {
    let naming = mesh_networks::naming_service(networks, &service.host, &service.cluster);
    let because = match naming.is_empty() {
        true => rules::NOT_A_GATEWAY,
        false => rules::REGISTRY_SERVICE,
    };
    let door = |(network, port)| Door {
        network,
        port,
        hbone_port: 0,
    };
    let doors: Vec<Door> = naming.into_iter().map(door).collect();
    Decision::new(at_addresses(service, &doors), because)
}

fn at_addresses(service: &GatewayService, doors: &[Door]) -> Vec<NetworkGateway> {
    let addresses = service.exposed.addresses().into_iter();
    let at = |address: &String, door: &Door| NetworkGateway {
        address: address.as_str().into(),
        port: service.exposed.outer(door.port),
        hbone_port: door.hbone_port,
        network: door.network.clone(),
        cluster: service.cluster.clone(),
    };
    addresses
        .flat_map(|address| doors.iter().map(move |door| at(address, door)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(port_label: Option<&str>, ports: &[u16]) -> GatewayService {
        GatewayService {
            host: "gateway.istio-system.svc.cluster.local".to_owned(),
            cluster: "c1".into(),
            network: "n1".into(),
            port_label: port_label.map(str::to_owned),
            ports: ports.to_vec(),
            exposed: Exposure::LoadBalancer {
                ingress: vec!["1.1.1.1".to_owned()],
                external_ips: vec!["2.2.2.2".to_owned()],
            },
        }
    }

    fn ports(service: &GatewayService) -> Vec<(u16, u16)> {
        let found = gateways(service, &MeshNetworks::default()).value;
        found
            .iter()
            .map(|gateway| (gateway.port, gateway.hbone_port))
            .collect()
    }

    #[test]
    fn every_address_takes_what_the_service_exposes() {
        assert_eq!(ports(&service(None, &[15443])), [(15443, 0); 2]);
        assert_eq!(ports(&service(None, &[15008])), [(0, 15008); 2]);
        assert_eq!(
            ports(&service(Some("443"), &[443, 15443, 15008])),
            [(443, 15008); 2]
        );
        assert_eq!(
            ports(&service(Some("no number"), &[443, 15443])),
            [(15443, 0); 2]
        );
    }

    #[test]
    fn a_labelled_service_without_the_port_contributes_nothing() {
        let without = service(Some("443"), &[15443]);
        let found = gateways(&without, &MeshNetworks::default());
        assert_eq!(
            (found.value, found.because),
            (vec![], rules::LABELLED_WITHOUT_PORT)
        );
    }

    #[test]
    fn a_service_that_nothing_names_is_no_gateway() {
        let mut plain = service(None, &[15443]);
        plain.network = NetworkId::default();
        let found = gateways(&plain, &MeshNetworks::default());
        assert_eq!((found.value, found.because), (vec![], rules::NOT_A_GATEWAY));
    }
}
