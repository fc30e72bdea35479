//! The gateways into networks that a control plane finds.

use istio::{
    NetworkId,
    network::{
        NetworkGateway,
        labelled_service::{Exposure, GatewayService, NETWORK_LABEL, PORT_LABEL, gateways},
    },
};
use k8s_openapi::api::core::v1::{Service, ServiceSpec};

use super::{registry::place::View, source::table::Tables};

/// The annotation that selects nodes whose addresses a NodePort gateway has.
const NODE_SELECTOR: &str = "traffic.istio.io/nodeSelector";

/// The gateways that a Service is.
pub(crate) fn of_service(
    service: &Service,
    host: &str,
    tables: &Tables,
    view: &View<'_>,
) -> Vec<NetworkGateway> {
    let Some(spec) = &service.spec else {
        return Vec::new();
    };
    let labels = service.metadata.labels.clone().unwrap_or_default();
    let ports = spec.ports.iter().flatten();
    let candidate = GatewayService {
        host: host.to_owned(),
        cluster: view.cluster.clone(),
        network: labels
            .get(NETWORK_LABEL)
            .map(|n| NetworkId::from(n.as_str()))
            .unwrap_or_default(),
        port_label: labels.get(PORT_LABEL).cloned(),
        ports: ports
            .filter_map(|port| u16::try_from(port.port).ok())
            .collect(),
        exposed: exposure(service, spec, tables),
    };
    gateways(&candidate, view.networks).value
}

fn exposure(service: &Service, spec: &ServiceSpec, tables: &Tables) -> Exposure {
    let external_ips = spec.external_ips.clone().unwrap_or_default();
    match spec.type_.as_deref() {
        Some("LoadBalancer") => Exposure::LoadBalancer {
            ingress: ingress(service),
            external_ips,
        },
        Some("NodePort") => Exposure::NodePort {
            node_addresses: node_addresses(service, tables),
            node_ports: spec
                .ports
                .iter()
                .flatten()
                .filter_map(|port| {
                    let outer = u16::try_from(port.node_port?).ok()?;
                    Some((u16::try_from(port.port).ok()?, outer))
                })
                .collect(),
        },
        _ => Exposure::ClusterIp { external_ips },
    }
}

fn ingress(service: &Service) -> Vec<String> {
    let status = service.status.as_ref();
    let entries = status.and_then(|status| status.load_balancer.as_ref()?.ingress.as_ref());
    let address = |entry: &k8s_openapi::api::core::v1::LoadBalancerIngress| {
        entry.ip.clone().or_else(|| entry.hostname.clone())
    };
    entries.into_iter().flatten().filter_map(address).collect()
}

/// The external addresses of the nodes that the Service's annotation selects.
fn node_addresses(service: &Service, tables: &Tables) -> Vec<String> {
    let annotations = service.metadata.annotations.as_ref();
    let Some(selector) = annotations.and_then(|all| all.get(NODE_SELECTOR)) else {
        return Vec::new();
    };
    let wanted: std::collections::BTreeMap<String, String> =
        serde_json::from_str(selector).unwrap_or_default();
    let empty = std::collections::BTreeMap::new();
    let selected = tables.nodes.values().filter(|node| {
        let labels = node.metadata.labels.as_ref().unwrap_or(&empty);
        wanted
            .iter()
            .all(|(name, value)| labels.get(name) == Some(value))
    });
    let addresses = selected.filter_map(|node| {
        let all = node.status.as_ref()?.addresses.as_ref()?;
        let external = all.iter().find(|address| address.type_ == "ExternalIP")?;
        Some(external.address.clone())
    });
    addresses.collect()
}
