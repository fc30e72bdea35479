//! One push, as one proxy reads it: which services it sees, under which addresses and names. That is
//! worked out for the services that are asked for, never for all of them: a push costs a proxy the
//! same however large the mesh is.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
};

use indexmap::IndexMap;
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

use world::Text;

use super::{core::About, route::named};
use crate::{
    snapshot::{Resolution, Service, Snapshot},
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
    namespace: String,
    addresses: AddressView,
    /// The services that were looked for by address: every call asks for the same few again.
    found: Found<SocketAddrV4>,
    /// The same by a request's authority and port.
    meant: Found<(Text, u16)>,
}

/// The services that were looked for, by what they were looked for by: among as many as a client
/// calls, and every call asks.
type Found<K> = Mutex<IndexMap<K, Option<Arc<Service>>>>;

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
        let modes = &snapshot.config.peer_authentications;
        Self {
            modes: modes.modes_of(&about.namespace, &push.client.labels).value,
            policies: policies(snapshot, &about.namespace, &push.client.labels),
            namespace: about.namespace.clone(),
            addresses: AddressView {
                cluster: push.client.cluster.clone(),
                families: push.client.families,
                captures_dns: about.captures_dns,
                dual_stack: false,
            },
            found: Mutex::default(),
            meant: Mutex::default(),
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
        let snapshot = self.snapshot();
        let owners = snapshot.services.of(host).iter();
        let seen: Vec<_> = owners.filter(|service| self.sees(service)).collect();
        let flags = &snapshot.control_plane.flags;
        let best = flags.is_on(Flag::PickBestServiceNamespace);
        picked(&seen, &self.namespace, best)
    }

    /// The services that the proxy sees, by host.
    pub(super) fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        let hosts = self.snapshot().services.hosts();
        hosts.filter_map(|host| self.service(host))
    }

    /// The services that the proxy sees whose connections go where they were meant to go, by host.
    pub(super) fn passthrough(&self) -> impl Iterator<Item = &Arc<Service>> {
        let hosts = self.snapshot().services.passthrough_hosts().iter();
        let services = hosts.filter_map(|host| self.service(host));
        services.filter(|service| service.resolution == Resolution::Passthrough)
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
    pub(super) fn at(&self, to: SocketAddrV4) -> Option<Arc<Service>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || self.look_for(*to.ip(), to.port()).cloned();
        found.entry(to).or_insert_with(look).clone()
    }

    fn look_for(&self, address: Ipv4Addr, port: u16) -> Option<&Arc<Service>> {
        let hosts = self.snapshot().services.hosts_at(address).iter();
        let mut services = hosts.filter_map(|host| self.service(host));
        services.find(|service| service.port(port).is_some() && self.has(service, address))
    }

    /// Whether the proxy holds a service under an address.
    fn has(&self, service: &Service, address: Ipv4Addr) -> bool {
        let held = addresses(&service.addresses, &self.addresses).value;
        held.iter().any(|text| text.parse() == Ok(address))
    }

    /// The service that a request's authority means on a port: by its host, or by as much of it
    /// as tells it apart for a client of the proxy's namespace, as istiod lists the domains of a
    /// route (pilot/pkg/networking/core/httproute.go: generateVirtualHostDomains).
    pub(super) fn named(&self, authority: &Text, port: u16) -> Option<Arc<Service>> {
        let mut meant = self.meant.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || {
            let mut called = self.called(host_of(authority));
            called.find(|service| service.port(port).is_some()).cloned()
        };
        let key = (authority.clone(), port);
        meant.entry(key).or_insert_with(look).clone()
    }

    /// The service that a name means to a client of the proxy's namespace.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Service>> {
        self.called(name).next()
    }

    fn called<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Arc<Service>> + use<'a, 'n> {
        let namespace = &self.namespace;
        let domain = &self.snapshot().control_plane.domain;
        let candidates = (0..4).map(move |form| match form {
            0 => Cow::Borrowed(name),
            1 => format!("{name}.{namespace}.svc.{domain}").into(),
            2 => format!("{name}.svc.{domain}").into(),
            _ => format!("{name}.{domain}").into(),
        });
        candidates.filter_map(|host| self.service(&host))
    }

    fn sees(&self, service: &Service) -> bool {
        let snapshot = self.snapshot();
        let client = &self.namespace;
        let default = &snapshot.mesh.config.default_service_export_to;
        let shown = is_visible(&service.export_to, default, &service.namespace, client).value;
        let mechanisms = &snapshot.control_plane.mechanisms;
        let imported = |port: u16| {
            let imported = ImportedService {
                namespace: &service.namespace,
                host: &service.host,
                port,
            };
            imports(self.sidecar.as_ref(), client, imported, mechanisms).value
        };
        shown && service.ports.iter().any(|port| imported(port.number))
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

/// Which of the services of one host a client in a namespace means.
fn picked<'a>(owners: &[&'a Arc<Service>], client: &str, best: bool) -> Option<&'a Arc<Service>> {
    let described: Vec<HostOwner<'_>> = owners
        .iter()
        .map(|service| HostOwner {
            namespace: &service.namespace,
            kubernetes: service.kind == RegistryKind::Kubernetes,
        })
        .collect();
    let index = pick_owner(&described, client, best)?.value;
    owners.get(index).copied()
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
