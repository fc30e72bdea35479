//! The gateways of networks: where they are found, and what stands behind host names.

use std::collections::BTreeMap;

use istio::{
    ClusterId, NetworkId,
    endpoint::Labels,
    kinds::{
        MeshNetworks,
        mesh_networks::{GatewayAddress, Network, NetworkGateway as Listed},
    },
    network::{
        Gateways, NetworkGateway, NetworkView,
        gateway_resource::{self, GatewayResource, Listener, Takes},
        hostname::{self, Lookup},
        labelled_service::{self, DEFAULT_PORT, Exposure, GatewayService},
        mesh_networks,
    },
};
use serde::Deserialize;

use super::horizon::Scene;
use crate::case::Case;

pub(crate) fn network_view(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        requested_network_view: Vec<NetworkId>,
        endpoint_network: NetworkId,
    }
    let input: Input = case.input()?;
    let view = NetworkView::new(input.requested_network_view);
    case.came_out("visible", view.decide(&input.endpoint_network).value);
    Ok(())
}

pub(crate) fn gateway_dns(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        event: String,
        #[serde(default)]
        answers: Vec<String>,
        #[serde(default)]
        previous_gateways: bool,
    }
    let input: Input = case.input()?;
    let before: Vec<String> = match input.previous_gateways {
        true => vec!["192.0.2.1".to_owned()],
        false => Vec::new(),
    };
    let after = match lookup(&input.event, input.answers) {
        Some(lookup) => hostname::addresses(lookup, &before).value,
        None => Vec::new(),
    };
    let gateway = |address: &String| NetworkGateway {
        address: address.as_str().into(),
        port: DEFAULT_PORT,
        hbone_port: 0,
        network: "network".into(),
        cluster: ClusterId::default(),
    };
    let gateways = Gateways::new(after.iter().map(gateway));
    case.came_out("gateway_count", gateways.len());
    case.came_out("gateways_kept", after == before);
    case.came_out("multi_network", !gateways.is_empty());
    case.came_out("push", after != before);
    Ok(())
}

/// The lookup that an event such as `dns_failure_after_success` stands for; `None` if the name
/// is no gateway any more. An answer that is not spelled out has an address of each family.
fn lookup(event: &str, answers: Vec<String>) -> Option<Lookup> {
    let what = event.split_once("_after_").map_or(event, |(what, _)| what);
    let is = |word: &str| what.contains(word);
    match what {
        _ if is("fail") => Some(Lookup::Failure),
        _ if is("empty") || is("no_answer") => Some(Lookup::Answer(Vec::new())),
        _ if is("forget") || is("removed") => None,
        _ if answers.is_empty() => {
            let families = ["198.51.100.1", "2001:db8::1"];
            Some(Lookup::Answer(families.map(str::to_owned).to_vec()))
        }
        _ => Some(Lookup::Answer(answers)),
    }
}

pub(crate) fn additivity(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        sources: Vec<String>,
    }
    let input: Input = case.input()?;
    let mut all = Vec::new();
    for source in &input.sources {
        all.extend(source_of(source).ok_or_else(|| format!("unknown source '{source}'"))?);
    }
    case.came_out("gateway_count", Gateways::new(all).len());
    Ok(())
}

/// The gateways of a source such as `labelled service(2)`, through the rule of that source.
fn source_of(text: &str) -> Option<Vec<NetworkGateway>> {
    let (kind, count) = text.strip_suffix(')')?.split_once('(')?;
    let addresses = |n: u8| {
        (0..count.parse().unwrap_or(0))
            .map(move |i| address(n, i))
            .collect()
    };
    match kind.to_lowercase().as_str() {
        "meshnetworks" => Some(listed(addresses(1))),
        "labelled service" => Some(labelled(addresses(2))),
        "gateway resource" => Some(resource(addresses(3))),
        _ => None,
    }
}

fn address(source: u8, n: u8) -> String {
    format!("192.0.{source}.{n}")
}

fn listed(addresses: Vec<String>) -> Vec<NetworkGateway> {
    let gateway = |address| Listed {
        at: GatewayAddress::Address(address),
        port: DEFAULT_PORT,
        locality: String::new(),
    };
    let network = Network {
        endpoints: Vec::new(),
        gateways: addresses.into_iter().map(gateway).collect(),
    };
    let networks = MeshNetworks {
        networks: BTreeMap::from([("network".into(), network)]),
    };
    mesh_networks::listed_addresses(&networks).value
}

fn labelled(addresses: Vec<String>) -> Vec<NetworkGateway> {
    let service = GatewayService {
        host: "gateway.istio-system.svc.cluster.local".to_owned(),
        cluster: "cluster".into(),
        network: "network".into(),
        port_label: None,
        ports: vec![DEFAULT_PORT],
        exposed: Exposure::LoadBalancer {
            ingress: addresses,
            external_ips: Vec::new(),
        },
    };
    labelled_service::gateways(&service, &MeshNetworks::default()).value
}

fn resource(addresses: Vec<String>) -> Vec<NetworkGateway> {
    let listener = Listener {
        port: DEFAULT_PORT,
        takes: Takes::Tls,
    };
    let resource = GatewayResource {
        network: "network".into(),
        cluster: "cluster".into(),
        in_config_cluster: true,
        class: "istio".to_owned(),
        gateway_port: DEFAULT_PORT,
        addresses,
        listeners: vec![listener],
    };
    gateway_resource::gateways(&resource).value
}

pub(crate) fn discovery(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        client_network: NetworkId,
        services: Vec<Service>,
        mesh_networks: Option<BTreeMap<NetworkId, Network>>,
        target: Target,
        peer_authentication: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Target {
        network: NetworkId,
        address: String,
        #[serde(rename = "assigned_by", default)]
        _assigned_by: String,
    }
    let input: Input = case.input()?;
    let networks = MeshNetworks {
        networks: input.mesh_networks.unwrap_or_default(),
    };
    let of_services = input
        .services
        .into_iter()
        .flat_map(|service| labelled_service::gateways(&service.into(), &networks).value);
    let listed = mesh_networks::listed_addresses(&networks).value;
    let mut scene = Scene::in_locality("");
    scene.gateways = Gateways::new(of_services.chain(listed));
    scene.client.network = input.client_network;
    let (address, port) = match input.target.address.rsplit_once(':') {
        Some((address, port)) => (address, port.parse().map_err(|_| "the port is no number")?),
        None => (input.target.address.as_str(), 0),
    };
    let target = scene.add(address, "", 1, Labels::new());
    target.network = input.target.network;
    target.port = port;
    target.mtls_capable = input.peer_authentication.as_deref() != Some("DISABLE");
    let selection = scene.select(None, false);
    let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
    let text = |host: &istio::endpoint::Host| format!("{}:{}", host.address, host.port);
    case.came_out_as_set("endpoints", hosts.map(|host| text(host)));
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    cluster: ClusterId,
    r#type: Type,
    network_label: Option<NetworkId>,
    gateway_port_label: Option<String>,
    ports: Vec<Port>,
    #[serde(default)]
    lb_ips: Vec<String>,
    #[serde(default)]
    external_ips: Vec<String>,
    #[serde(default)]
    node_external_ips: Vec<String>,
    node_selector_annotation: Option<String>,
}

#[derive(Deserialize)]
enum Type {
    LoadBalancer,
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    NodePort,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    port: u16,
    node_port: Option<u16>,
}

impl From<Service> for GatewayService {
    fn from(service: Service) -> Self {
        let node_port = |port: &Port| Some((port.port, port.node_port?));
        let selected = service.node_selector_annotation.is_some();
        let exposed = match service.r#type {
            Type::LoadBalancer => Exposure::LoadBalancer {
                ingress: service.lb_ips,
                external_ips: service.external_ips,
            },
            Type::ClusterIp => Exposure::ClusterIp {
                external_ips: service.external_ips,
            },
            Type::NodePort => Exposure::NodePort {
                node_addresses: service
                    .node_external_ips
                    .into_iter()
                    .filter(|_| selected)
                    .collect(),
                node_ports: service.ports.iter().filter_map(node_port).collect(),
            },
        };
        Self {
            host: format!("{}.svc.cluster.local", service.name),
            cluster: service.cluster,
            network: service.network_label.unwrap_or_default(),
            port_label: service.gateway_port_label,
            ports: service.ports.iter().map(|port| port.port).collect(),
            exposed,
        }
    }
}
