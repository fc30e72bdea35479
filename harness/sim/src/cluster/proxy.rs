//! kube-proxy: what the nodes of a cluster make of Service addresses.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
};

use k8s_openapi::api::{
    core::v1::{Service, ServicePort},
    discovery::v1::{Endpoint, EndpointSlice},
};

use super::{Tables, View};
use crate::{
    controller::owner,
    net::{Flow, ServiceProxy, Translation},
    random::Seed,
};

/// What all nodes of a cluster do with Service addresses, which is equal.
pub(super) struct KubeProxy {
    view: View,
    seed: Seed,
    nodes: Vec<Ipv4Addr>,
    rules: Mutex<Rules>,
}

/// A Service and the index of one of its ports.
type Port = (Arc<Service>, usize);

/// What follows from the Services as they were at a revision. Written once per change as kube-proxy
/// does, not once per connection.
#[derive(Default)]
struct Rules {
    revision: u64,
    by_address: BTreeMap<SocketAddrV4, Port>,
    by_node_port: BTreeMap<u16, Port>,
}

impl KubeProxy {
    pub(super) fn new(view: View, seed: Seed, nodes: Vec<Ipv4Addr>) -> Self {
        Self {
            view,
            seed,
            nodes,
            rules: Mutex::default(),
        }
    }

    /// The Service port that an address belongs to.
    fn port(&self, tables: &Tables, to: SocketAddrV4) -> Option<Port> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if rules.revision != tables.services.revision {
            *rules = Rules::of(tables);
        }
        let on_node = || {
            let is_node = self.nodes.contains(to.ip());
            rules.by_node_port.get(&to.port()).filter(|_| is_node)
        };
        rules.by_address.get(&to).or_else(on_node).cloned()
    }
}

impl ServiceProxy for KubeProxy {
    fn translate(&self, to: SocketAddrV4, flow: &Flow) -> Translation {
        self.view.read(|tables| {
            let Some((service, port)) = self.port(tables, to) else {
                return Translation::NotAService;
            };
            let endpoints = endpoints(&service, &ports(&service)[port], tables);
            match endpoints.len() {
                // Source: kube-proxy's iptables rules REJECT Service ports without endpoints.
                0 => Translation::Rejected,
                n => {
                    let at = self.seed.below(format_args!("kube-proxy {flow}"), n);
                    Translation::Endpoint(endpoints[at])
                }
            }
        })
    }
}

impl Rules {
    /// The rules for the Services of a cluster; of two that claim an address the first has it.
    fn of(tables: &Tables) -> Self {
        let mut rules = Self {
            revision: tables.services.revision,
            ..Self::default()
        };
        for (_, service) in tables.services.all() {
            for (index, port) in ports(service).iter().enumerate() {
                if port.protocol.as_deref().is_none_or(|p| p == "TCP") {
                    rules.add(service, index, port);
                }
            }
        }
        rules
    }

    fn add(&mut self, service: &Arc<Service>, index: usize, port: &ServicePort) {
        let rule = || (Arc::clone(service), index);
        if let Ok(number) = u16::try_from(port.port) {
            for address in addresses(service) {
                let to = SocketAddrV4::new(address, number);
                self.by_address.entry(to).or_insert_with(rule);
            }
        }
        if let Some(Ok(number)) = port.node_port.map(u16::try_from) {
            self.by_node_port.entry(number).or_insert_with(rule);
        }
    }
}

fn ports(service: &Service) -> &[ServicePort] {
    let spec = service.spec.as_ref();
    spec.and_then(|spec| spec.ports.as_deref())
        .unwrap_or_default()
}

/// The addresses that are a Service's own: its cluster address, external ones, and a load balancer's.
fn addresses(service: &Service) -> impl Iterator<Item = Ipv4Addr> {
    let spec = service.spec.as_ref();
    let own = spec.and_then(|spec| spec.cluster_ip.as_ref());
    let external = spec.and_then(|spec| spec.external_ips.as_ref());
    let status = service.status.as_ref();
    let balancer = status.and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer.and_then(|balancer| balancer.ingress.as_deref());
    let balancers = ingress.unwrap_or_default().iter();
    let all = own.into_iter().chain(external.into_iter().flatten());
    let all = all.chain(balancers.filter_map(|one| one.ip.as_ref()));
    all.filter_map(|text| text.parse().ok())
}

/// The ready endpoints behind a port or, if there are none, those that still serve while they
/// end. Source: KEP-1669 (ProxyTerminatingEndpoints), Kubernetes 1.28 and later.
fn endpoints(service: &Service, port: &ServicePort, tables: &Tables) -> Vec<SocketAddrV4> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let slices: Vec<_> = slices(service, tables.slices.within(namespace)).collect();
    let ready = collect(&slices, port, |endpoint| {
        let conditions = endpoint.conditions.as_ref();
        conditions.and_then(|conditions| conditions.ready) != Some(false)
    });
    if !ready.is_empty() {
        return ready;
    }
    collect(&slices, port, |endpoint| {
        let conditions = endpoint.conditions.as_ref();
        let is =
            |which: fn(&k8s_openapi::api::discovery::v1::EndpointConditions) -> Option<bool>| {
                conditions.and_then(which) == Some(true)
            };
        is(|conditions| conditions.serving) && is(|conditions| conditions.terminating)
    })
}

/// The slices of a Service, whoever made them.
pub(super) fn slices<'a>(
    service: &'a Service,
    all: impl Iterator<Item = &'a Arc<EndpointSlice>>,
) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
    let name = service.metadata.name.as_ref();
    all.filter(move |slice| {
        owner::labels(&slice.metadata).get("kubernetes.io/service-name") == name
    })
}

/// Every address once, in their order: a slice and its successor may both tell of a pod.
fn collect(
    slices: &[&Arc<EndpointSlice>],
    port: &ServicePort,
    wanted: impl Fn(&Endpoint) -> bool,
) -> Vec<SocketAddrV4> {
    let mut found = BTreeMap::new();
    for slice in slices {
        let Some(number) = number(slice, port) else {
            continue;
        };
        let endpoints = slice
            .endpoints
            .iter()
            .flatten()
            .filter(|endpoint| wanted(endpoint));
        let addresses = endpoints.flat_map(|endpoint| &endpoint.addresses);
        for address in addresses.filter_map(|text| text.parse().ok()) {
            found.insert(SocketAddrV4::new(address, number), ());
        }
    }
    found.into_keys().collect()
}

fn number(slice: &EndpointSlice, port: &ServicePort) -> Option<u16> {
    let name = port.name.as_deref().unwrap_or_default();
    let mut ports = slice.ports.iter().flatten();
    let found = ports.find(|one| one.name.as_deref().unwrap_or_default() == name)?;
    u16::try_from(found.port?).ok()
}
