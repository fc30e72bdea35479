//! Who can be called: services, merged over the clusters that one control plane knows.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use istio::{
    ClusterId,
    endpoint::select::Scope,
    kinds::port::Protocol,
    service::{RegistryKind, TrafficDistribution, vip::ServiceAddresses},
};
use jiff::Timestamp;

/// One host in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its host, for example `helloworld.sample.svc.cluster.local`.
    pub host: Arc<str>,
    /// The name of the object that represents it.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What kind of object represents it.
    pub kind: RegistryKind,
    /// The cluster whose object that is.
    pub defined_by: ClusterId,
    /// When that object was created.
    pub created: Option<Timestamp>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// How its endpoints are found.
    pub resolution: Resolution,
    /// Whether it is outside the mesh.
    pub mesh_external: bool,
    /// Its addresses; of a headless service none.
    pub addresses: ServiceAddresses,
    /// To whom it is exported, as written; empty is the mesh's default.
    pub export_to: Vec<String>,
    /// The identities that its servers may have, as URIs, under every name of the trust domain.
    pub service_accounts: Vec<String>,
    /// How far it reaches.
    pub scope: Scope,
    /// Which endpoints it prefers.
    pub distribution: TrafficDistribution,
    /// Whether DNS lists endpoints that are not ready.
    pub publish_not_ready: bool,
    /// The clusters that have an object for it, in the order of their registries.
    pub clusters: Vec<ClusterId>,
    /// The labels of that object.
    pub labels: BTreeMap<String, String>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The number that clients use.
    pub number: u16,
    /// Its name, by which endpoints belong to it.
    pub name: Arc<str>,
    /// What is spoken on it.
    pub protocol: Protocol,
}

/// How the endpoints of a service are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The proxy picks one of them.
    ClientSide,
    /// The connection goes where the client meant it to go: headless services, and ServiceEntries
    /// without a resolution.
    Passthrough,
    /// By name, all addresses that the names have.
    Dns,
    /// By name, one address at a time.
    DnsRoundRobin,
    /// It is another name for this host.
    Alias(String),
}

/// All services of a control plane, by host; a host may exist in several namespaces.
///
/// Which of them one proxy sees, and under which of their addresses, is worked out when it asks:
/// a mesh has many proxies, each of which asks for few services.
#[derive(Debug, Clone, Default)]
pub struct Services {
    by_host: BTreeMap<Arc<str>, Vec<Arc<Service>>>,
    /// The hosts of services that have an address in the eyes of any proxy, in order.
    by_address: BTreeMap<Ipv4Addr, Vec<Arc<str>>>,
    /// The hosts of services without an address of their own, in order.
    passthrough: Vec<Arc<str>>,
}

impl Services {
    /// The services in the order given, which is kept among those of one host.
    pub fn new(services: impl IntoIterator<Item = impl Into<Arc<Service>>>) -> Self {
        let mut by_host: BTreeMap<Arc<str>, Vec<Arc<Service>>> = BTreeMap::new();
        for service in services {
            let service = service.into();
            let same = by_host.entry(Arc::clone(&service.host)).or_default();
            same.push(service);
        }
        let passes = |same: &[Arc<Service>]| {
            let mut resolutions = same.iter().map(|service| &service.resolution);
            resolutions.any(|resolution| *resolution == Resolution::Passthrough)
        };
        let headless = by_host.iter().filter(|(_, same)| passes(same));
        Self {
            passthrough: headless.map(|(host, _)| Arc::clone(host)).collect(),
            by_address: by_address(&by_host),
            by_host,
        }
    }

    /// Those of one host, of whatever namespace.
    pub fn of(&self, host: &str) -> &[Arc<Service>] {
        self.by_host.get(host).map_or(&[], Vec::as_slice)
    }

    /// All of them, in the order of their hosts.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.by_host.values().flatten()
    }

    /// Their hosts, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_host.keys()
    }

    /// The hosts, in order, one of whose services has this address in some cluster, by allocation or
    /// by default: for which proxies, its [`ServiceAddresses`] tell.
    pub fn hosts_at(&self, address: Ipv4Addr) -> &[Arc<str>] {
        self.by_address.get(&address).map_or(&[], Vec::as_slice)
    }

    /// The hosts, in order, of services whose connections go where clients meant them to go.
    pub fn passthrough_hosts(&self) -> &[Arc<str>] {
        &self.passthrough
    }
}

fn by_address(
    by_host: &BTreeMap<Arc<str>, Vec<Arc<Service>>>,
) -> BTreeMap<Ipv4Addr, Vec<Arc<str>>> {
    let mut found: BTreeMap<Ipv4Addr, Vec<Arc<str>>> = BTreeMap::new();
    for (host, same) in by_host {
        let written = same.iter().flat_map(|service| service.addresses.all());
        for address in written.filter_map(|text| text.parse().ok()) {
            let hosts = found.entry(address).or_default();
            if hosts.last() != Some(host) {
                hosts.push(Arc::clone(host));
            }
        }
    }
    found
}

impl Service {
    /// The port of that number.
    pub fn port(&self, number: u16) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }
}
