//! One push, as one proxy reads it: which services it sees, under which addresses and names.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use istio::{
    authz::{self, AuthzError, Enforcer, Layer, Workload},
    endpoint::labels::Labels,
    kinds::{Object, Sidecar, VirtualService},
    network::split_horizon::ProxyKind as ClientKind,
    service::{
        RegistryKind,
        vip::{AddressView, addresses},
    },
    tls::ServerModes,
    version::Flag,
    visibility::{
        HostOwner, ImportedService, ProxyKind, ProxyScope, VisibleVirtualServices, imports,
        is_visible, pick_owner, select_sidecar,
    },
};

use super::{core::About, route::named};
use crate::{
    snapshot::{Service, Snapshot},
    xds::Push,
};

/// What a proxy makes of a push.
pub(super) struct View {
    /// What it was told.
    pub(super) push: Arc<Push>,
    /// The Sidecar resource that applies to it.
    pub(super) sidecar: Option<Sidecar>,
    /// What it asks of its own clients.
    pub(super) modes: ServerModes,
    /// Whom it lets in; an error if a policy is not modelled.
    pub(super) policies: Result<Policies, AuthzError>,
    by_host: BTreeMap<Arc<str>, Arc<Service>>,
    by_address: BTreeMap<(Ipv4Addr, u16), Arc<Service>>,
}

/// The policies of a server.
pub(super) struct Policies {
    /// Those that deny and those that allow, each as `namespace/name`.
    pub(super) names: Vec<String>,
    pub(super) http: Enforcer,
    pub(super) tcp: Enforcer,
}

impl View {
    pub(super) fn new(push: Arc<Push>, about: &About) -> Self {
        let snapshot = &push.snapshot;
        let sidecar = sidecar_of(&push, about);
        let services: Vec<_> = seen(snapshot, about, sidecar.as_ref()).collect();
        let modes = &snapshot.config.peer_authentications;
        Self {
            modes: modes.modes_of(&about.namespace, &push.client.labels).value,
            policies: policies(snapshot, &about.namespace, &push.client.labels),
            by_address: by_address(&push, about.captures_dns, &services),
            by_host: services
                .into_iter()
                .map(|service| (Arc::clone(&service.host), service))
                .collect(),
            sidecar,
            push,
        }
    }

    /// All that istiod said.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.push.snapshot
    }

    /// The labels of the proxy's workload.
    pub(super) fn labels(&self) -> &Labels {
        &self.push.client.labels
    }

    /// The service of this host, if the proxy sees it.
    pub(super) fn service(&self, host: &str) -> Option<&Arc<Service>> {
        self.by_host.get(host)
    }

    /// The services that the proxy sees, by host.
    pub(super) fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.by_host.values()
    }

    /// The virtual services for a gateway, or for all sidecars, that a proxy of the namespace may
    /// see, in their order.
    pub(super) fn virtual_services(
        &self,
        namespace: &str,
        gateway: &str,
    ) -> Vec<&Object<VirtualService>> {
        let snapshot = self.snapshot();
        let default = &snapshot.mesh.config.default_virtual_service_export_to;
        let all = VisibleVirtualServices::new(&snapshot.config.virtual_services, default);
        all.of(namespace, gateway).value
    }

    /// The service that has this address and port.
    pub(super) fn at(&self, address: Ipv4Addr, port: u16) -> Option<&Arc<Service>> {
        self.by_address.get(&(address, port))
    }

    /// The service that a request's authority means on a port: by its host, or by as much of it
    /// as tells it apart for a client in `namespace`, as istiod lists the domains of a route
    /// (pilot/pkg/networking/core/httproute.go: generateVirtualHostDomains).
    pub(super) fn named(
        &self,
        authority: &str,
        port: u16,
        namespace: &str,
    ) -> Option<&Arc<Service>> {
        let mut found = self.called(host_of(authority), namespace);
        found.find(|service| service.port(port).is_some())
    }

    /// The service that a name means to a client in `namespace`.
    pub(super) fn by_name(&self, name: &str, namespace: &str) -> Option<&Arc<Service>> {
        self.called(name, namespace).next()
    }

    fn called(&self, name: &str, namespace: &str) -> impl Iterator<Item = &Arc<Service>> {
        let domain = &self.snapshot().control_plane.domain;
        let candidates = [
            name.to_owned(),
            format!("{name}.{namespace}.svc.{domain}"),
            format!("{name}.svc.{domain}"),
            format!("{name}.{domain}"),
        ];
        candidates
            .into_iter()
            .filter_map(|host| self.by_host.get(&*host))
    }
}

/// An authority without its port.
pub(super) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn sidecar_of(push: &Push, about: &About) -> Option<Sidecar> {
    let snapshot = &push.snapshot;
    let scope = ProxyScope {
        kind: match push.client.kind {
            ClientKind::Sidecar => ProxyKind::Sidecar,
            ClientKind::Router | ClientKind::Waypoint => ProxyKind::Router,
        },
        namespace: &about.namespace,
        labels: &push.client.labels,
    };
    let root = &snapshot.mesh.root_namespace;
    let found = select_sidecar(&snapshot.config.sidecars, root, scope).value;
    found.map(|sidecar| sidecar.spec.clone())
}

/// The services that a proxy sees, one for each host.
fn seen<'a>(
    snapshot: &'a Snapshot,
    about: &'a About,
    sidecar: Option<&'a Sidecar>,
) -> impl Iterator<Item = Arc<Service>> + 'a {
    let mut of_host: BTreeMap<&str, Vec<&Arc<Service>>> = BTreeMap::new();
    for service in snapshot.services.iter() {
        if is_seen(service, snapshot, &about.namespace, sidecar) {
            of_host.entry(&service.host).or_default().push(service);
        }
    }
    let flags = &snapshot.control_plane.flags;
    let best = flags.is_on(Flag::PickBestServiceNamespace);
    of_host
        .into_values()
        .filter_map(move |owners| picked(&owners, &about.namespace, best))
}

fn is_seen(
    service: &Service,
    snapshot: &Snapshot,
    client: &str,
    sidecar: Option<&Sidecar>,
) -> bool {
    let default = &snapshot.mesh.config.default_service_export_to;
    let shown = is_visible(&service.export_to, default, &service.namespace, client).value;
    let mechanisms = &snapshot.control_plane.mechanisms;
    let imported = |port: u16| {
        let imported = ImportedService {
            namespace: &service.namespace,
            host: &service.host,
            port,
        };
        imports(sidecar, client, imported, mechanisms).value
    };
    shown && service.ports.iter().any(|port| imported(port.number))
}

fn picked(owners: &[&Arc<Service>], client: &str, best: bool) -> Option<Arc<Service>> {
    let described: Vec<HostOwner<'_>> = owners
        .iter()
        .map(|service| HostOwner {
            namespace: &service.namespace,
            kubernetes: service.kind == RegistryKind::Kubernetes,
        })
        .collect();
    let index = pick_owner(&described, client, best)?.value;
    owners.get(index).map(|service| Arc::clone(service))
}

fn by_address(
    push: &Push,
    captures_dns: bool,
    services: &[Arc<Service>],
) -> BTreeMap<(Ipv4Addr, u16), Arc<Service>> {
    let view = AddressView {
        cluster: push.client.cluster.clone(),
        families: push.client.families,
        captures_dns,
        dual_stack: false,
    };
    let mut found = BTreeMap::new();
    for service in services {
        let known = addresses(&service.addresses, &view).value;
        for address in known.iter().filter_map(|text| text.parse().ok()) {
            for port in &service.ports {
                let key = (address, port.number);
                found.entry(key).or_insert_with(|| Arc::clone(service));
            }
        }
    }
    found
}

fn policies(snapshot: &Snapshot, namespace: &str, labels: &Labels) -> Result<Policies, AuthzError> {
    let mesh = &snapshot.mesh;
    let all = &snapshot.config.authorization_policies;
    let workload = Workload { namespace, labels };
    let selected = authz::select(all, &mesh.root_namespace, workload).value;
    let read = selected.deny.iter().chain(&selected.allow);
    Ok(Policies {
        names: read.map(|policy| named(policy)).collect(),
        http: Enforcer::new(&selected, Layer::Http, &mesh.domains)?,
        tcp: Enforcer::new(&selected, Layer::Tcp, &mesh.domains)?,
    })
}
