//! The ports of gateways by their names in Istio's charts and guides.

use scenario::topology::{Exposure, GatewayKind};

use super::GatewaySite;

/// A port of a gateway's Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) port: u16,
    /// Where Envoy listens; ports below 1024 are moved up, as in Istio's chart.
    pub(super) target: u16,
}

/// The port by which load balancers and probes see that a gateway is ready.
const STATUS: u16 = 15021;

/// The ports of a gateway, the status port first.
pub(super) fn ports(gateway: &GatewaySite<'_>) -> Vec<Port> {
    let mut numbers: Vec<u16> = gateway.gateway.ports.iter().copied().collect();
    // In the order of Istio's guides, where the tunnel between networks comes first.
    numbers.sort_by_key(|number| (*number != 15443, *number));
    let all = std::iter::once(STATUS).chain(numbers);
    all.map(|number| port(gateway, number)).collect()
}

fn port(gateway: &GatewaySite<'_>, number: u16) -> Port {
    let fronts_external = gateway.gateway.kind == GatewayKind::Ingress
        && gateway.gateway.exposes.contains(&Exposure::Istiod);
    let name = match number {
        STATUS => "status-port".to_owned(),
        15443 => "tls".to_owned(),
        15012 if fronts_external => "tls-xds".to_owned(),
        15012 => "tls-istiod".to_owned(),
        15017 => "tls-webhook".to_owned(),
        80 => "http2".to_owned(),
        443 => "https".to_owned(),
        other => format!("tcp-{other}"),
    };
    let target = match number {
        80 => 8080,
        443 => 8443,
        other => other,
    };
    Port {
        name,
        port: number,
        target,
    }
}
