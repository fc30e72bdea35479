//! Gateways that are Kubernetes Gateway resources with a network label.

use crate::{
    ClusterId, Decision, NetworkId,
    network::{NetworkGateway, rules},
};

/// The class of a Gateway that stands for one in a place the control plane cannot read.
pub const REMOTE_CLASS: &str = "istio-remote";

/// A Gateway resource with a network label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayResource {
    /// Its network label.
    pub network: NetworkId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Whether that is the cluster the control plane reads its configuration from.
    pub in_config_cluster: bool,
    /// Its class.
    pub class: String,
    /// The gateway port that its label states, or else [`DEFAULT_PORT`](crate::network::labelled_service::DEFAULT_PORT).
    pub gateway_port: u16,
    /// The addresses of its *spec* that have type IPAddress or Hostname.
    pub addresses: Vec<String>,
    /// Its listeners.
    pub listeners: Vec<Listener>,
}

/// A listener of a Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Its port.
    pub port: u16,
    /// What it takes.
    pub takes: Takes,
}

/// What a listener takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// TLS, with the option `gateway.istio.io/listener-protocol: auto-passthrough`.
    AutoPassthrough,
    /// TLS without that option; on the gateway port it is passed through all the same.
    Tls,
    /// HBONE.
    Hbone,
    /// Anything else.
    Other,
}

/// The gateways that a Gateway resource is; no Service is needed.
pub fn gateways(resource: &GatewayResource) -> Decision<Vec<NetworkGateway>> {
    if resource.class == REMOTE_CLASS && !resource.in_config_cluster {
        return Decision::new(Vec::new(), rules::REMOTE_GATEWAY_CLASS);
    }
    let at = |address: &String, (port, hbone_port)| NetworkGateway {
        address: address.as_str().into(),
        port,
        hbone_port,
        network: resource.network.clone(),
        cluster: resource.cluster.clone(),
    };
    let leading = |listener: &Listener| ports_of(listener, resource.gateway_port);
    let ports: Vec<(u16, u16)> = resource.listeners.iter().filter_map(leading).collect();
    let found = resource.addresses.iter().flat_map(|address| {
        let at_address = |ports: &(u16, u16)| at(address, *ports);
        ports.iter().map(at_address).collect::<Vec<_>>()
    });
    Decision::new(found.collect(), rules::GATEWAY_RESOURCE)
}

/// The TLS port and the HBONE port of a listener; `None` if it leads into no network.
fn ports_of(listener: &Listener, gateway_port: u16) -> Option<(u16, u16)> {
    let port = listener.port;
    match listener.takes {
        Takes::AutoPassthrough => Some((port, 0)),
        Takes::Tls => (port == gateway_port).then_some((port, 0)),
        Takes::Hbone => Some((port, port)),
        Takes::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(class: &str, in_config_cluster: bool) -> GatewayResource {
        let listener = |port, takes| Listener { port, takes };
        GatewayResource {
            network: "n1".into(),
            cluster: "c1".into(),
            in_config_cluster,
            class: class.to_owned(),
            gateway_port: 15443,
            addresses: vec!["1.1.1.1".to_owned(), "2.2.2.2".to_owned()],
            listeners: vec![
                listener(443, Takes::AutoPassthrough),
                listener(15443, Takes::Tls),
                listener(8443, Takes::Tls),
                listener(15008, Takes::Hbone),
                listener(15443, Takes::Other),
            ],
        }
    }

    #[test]
    fn every_address_counts_for_every_listener_that_leads_in() {
        let found = gateways(&resource("istio", false)).value;
        let ports = |address| {
            let at = found
                .iter()
                .filter(move |gateway| &*gateway.address == address);
            at.map(|gateway| (gateway.port, gateway.hbone_port))
                .collect::<Vec<_>>()
        };
        assert_eq!(ports("1.1.1.1"), [(443, 0), (15443, 0), (15008, 15008)]);
        assert_eq!(ports("1.1.1.1"), ports("2.2.2.2"));
    }

    #[test]
    fn the_remote_class_counts_in_the_config_cluster_only() {
        assert_eq!(gateways(&resource(REMOTE_CLASS, true)).value.len(), 6);
        let elsewhere = gateways(&resource(REMOTE_CLASS, false));
        assert_eq!(elsewhere.because, rules::REMOTE_GATEWAY_CLASS);
        assert!(elsewhere.value.is_empty());
    }
}
