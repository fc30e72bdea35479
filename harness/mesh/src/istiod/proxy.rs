//! What istiod knows of a proxy: its own words, completed by the registries.

use std::{collections::BTreeMap, sync::Arc};

use istio::{
    endpoint::{Client, Labels, labels},
    kinds::port::Protocol,
    locality::{LocalityLabel, label},
    network::NetworkView,
    service::IpFamilies,
    tls::InboundPorts,
    version::Mechanisms,
};

use super::{
    assemble::Published,
    registry::{Registry, pod::PodFacts},
};
use crate::xds::{Inbound, Node, Push};

/// A push to a proxy.
pub(crate) fn push(published: &Published, node: &Node) -> Push {
    let own = published
        .registries
        .iter()
        .find(|one| one.cluster == node.cluster);
    let own = own.map(|registry| &**registry);
    Push {
        snapshot: Arc::clone(&published.snapshot),
        client: client(own, published, node),
        inbound: inbound(own, published, node),
    }
}

fn client(registry: Option<&Registry>, published: &Published, node: &Node) -> Client {
    let pod = registry.and_then(|registry| registry.pods.get(node.address.as_str()));
    let mechanisms = &published.snapshot.control_plane.mechanisms;
    let pod = pod.map(|pod| &**pod);
    let locality = locality(pod, node, mechanisms);
    let labels = match pod {
        Some(pod) => Arc::clone(&pod.endpoint.labels),
        None => Arc::new(labels_of(node, &locality)),
    };
    Client {
        kind: node.kind,
        cluster: node.cluster.clone(),
        network: node.network.clone(),
        locality,
        labels,
        node: node.node.as_str().into(),
        families: IpFamilies::V4,
        view: NetworkView::new(node.network_view.iter().cloned()),
    }
}

/// What the registry knows, else the proxy's own label, else what it says of itself.
fn locality(pod: Option<&PodFacts>, node: &Node, mechanisms: &Mechanisms) -> LocalityLabel {
    let known = pod.map(|pod| pod.endpoint.locality.clone());
    let known = known.filter(|locality| !locality.as_str().is_empty());
    let labelled = || {
        let value = label::label_value(&node.labels, mechanisms)?;
        Some(LocalityLabel::from(label::from_label(value).as_str()))
    };
    let told = || node.locality.as_deref().map(LocalityLabel::from);
    known.or_else(labelled).or_else(told).unwrap_or_default()
}

fn labels_of(node: &Node, locality: &LocalityLabel) -> Labels {
    let topology = labels::Topology {
        place: locality.place(),
        cluster: &node.cluster,
        network: &node.network,
        node: &node.node,
    };
    labels::with_topology(&node.labels, topology).value
}

/// What the proxy's services lead to: of its own cluster, and of ServiceEntries.
fn inbound(registry: Option<&Registry>, published: &Published, node: &Node) -> Inbound {
    let mut ports: BTreeMap<u16, Protocol> = BTreeMap::new();
    let mut hosts: Vec<Arc<str>> = Vec::new();
    let mut serve = |host: &Arc<str>, port: u16, protocol: Protocol| {
        ports.entry(port).or_insert(protocol);
        if !hosts.contains(host) {
            hosts.push(Arc::clone(host));
        }
    };
    let served = registry.and_then(|registry| registry.served.get(node.address.as_str()));
    for served in served.into_iter().flatten() {
        serve(&served.host, served.port, served.protocol);
    }
    if registry.is_none_or(|registry| !registry.pods.contains_key(node.address.as_str())) {
        by_index(published, node, &mut serve);
    }
    hosts.sort();
    Inbound {
        ports: InboundPorts {
            services: ports,
            ingress: None,
        },
        hosts,
    }
}

/// A machine is known by the WorkloadEntries that services select.
fn by_index(published: &Published, node: &Node, serve: &mut impl FnMut(&Arc<str>, u16, Protocol)) {
    let snapshot = &published.snapshot;
    for service in snapshot.services.iter() {
        let Some(known) = snapshot.endpoints.of(&service.host) else {
            continue;
        };
        let own = known.endpoints.iter().filter(|endpoint| {
            *endpoint.address == *node.address && endpoint.network == node.network
        });
        for endpoint in own {
            let port = service
                .ports
                .iter()
                .find(|port| port.name == endpoint.port_name);
            let Some(port) = port else { continue };
            serve(&service.host, endpoint.port, port.protocol);
        }
    }
}
