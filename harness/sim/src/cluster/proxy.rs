//! kube-proxy: what the nodes of a cluster make of Service addresses.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use k8s_openapi::api::{
    core::v1::{Service, ServicePort},
    discovery::v1::{Endpoint, EndpointSlice},
};

use super::{Tables, View};
use crate::{
    controller::owner,
    net::{ServiceProxy, Translation},
    random::Seed,
};

/// The rules of all nodes of a cluster, which are equal.
pub(super) struct KubeProxy {
    pub(super) view: View,
    pub(super) seed: Seed,
    pub(super) nodes: Vec<Ipv4Addr>,
}

impl ServiceProxy for KubeProxy {
    fn translate(&self, to: SocketAddrV4, flow: &str) -> Translation {
        self.view.read(|tables| {
            let mut services = tables.services.all().map(|(_, service)| service);
            let found = services.find_map(|service| Some((service, self.port(service, to)?)));
            let Some((service, port)) = found else {
                return Translation::NotAService;
            };
            let endpoints = endpoints(service, port, tables);
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

impl KubeProxy {
    /// The port of a Service that an address belongs to.
    fn port<'a>(&self, service: &'a Service, to: SocketAddrV4) -> Option<&'a ServicePort> {
        let ports = service.spec.as_ref()?.ports.as_deref()?;
        let number = i32::from(to.port());
        let tcp = |port: &&ServicePort| port.protocol.as_deref().is_none_or(|p| p == "TCP");
        let mut ports = ports.iter().filter(tcp);
        if is_address_of(service, *to.ip()) {
            return ports.find(|port| port.port == number);
        }
        if self.nodes.contains(to.ip()) {
            return ports.find(|port| port.node_port == Some(number));
        }
        None
    }
}

/// Whether an address is a Service's own: its cluster address, an external one, or a load
/// balancer's.
fn is_address_of(service: &Service, address: Ipv4Addr) -> bool {
    let is = |text: &String| text.parse() == Ok(address);
    let spec = service.spec.as_ref();
    let own = spec
        .and_then(|spec| spec.cluster_ip.as_ref())
        .is_some_and(is);
    let external = spec.and_then(|spec| spec.external_ips.as_ref());
    let status = service
        .status
        .as_ref()
        .and_then(|status| status.load_balancer.as_ref());
    let mut balancers = status
        .and_then(|status| status.ingress.as_deref())
        .unwrap_or_default()
        .iter();
    own || external.is_some_and(|all| all.iter().any(is))
        || balancers.any(|one| one.ip.as_ref().is_some_and(is))
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
