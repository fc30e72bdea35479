//! The objects that users wrote, as one control plane reads them.

use std::collections::BTreeMap;

use istio::{
    kinds::{
        AuthorizationPolicy, Gateway, IstioObject, Object, ServiceEntry, Sidecar, VirtualService,
        WorkloadEntry,
    },
    routing::{
        destination_rule::{DestinationRules, RuleScope},
        gateway_server::full_gateway,
        virtual_service::{RouteError, Routes},
    },
    tls::PeerAuthentications,
};

/// The objects of the config cluster, by kind, in the order of their namespaces and names.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Whether servers ask for mutual TLS.
    pub peer_authentications: PeerAuthentications,
    /// What clients do towards hosts.
    pub destination_rules: DestinationRules,
    /// Where requests go.
    pub virtual_services: Vec<Object<VirtualService>>,
    /// What proxies know of the mesh.
    pub sidecars: Vec<Object<Sidecar>>,
    /// Who may call workloads.
    pub authorization_policies: Vec<Object<AuthorizationPolicy>>,
    /// Hosts that Kubernetes does not know.
    pub service_entries: Vec<Object<ServiceEntry>>,
    /// Workloads outside Kubernetes.
    pub workload_entries: Vec<Object<WorkloadEntry>>,
    /// The ports of proxies at the edge.
    pub gateways: Vec<Object<Gateway>>,
    routes: BTreeMap<(String, String), Routes>,
}

/// A VirtualService whose routes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("VirtualService {namespace}/{name}: {source}")]
pub struct UnreadableRoutes {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why.
    #[source]
    pub source: RouteError,
}

impl Config {
    /// Sorts objects by kind. WorkloadGroups tell nothing to proxies and are passed over.
    ///
    /// # Errors
    /// Every VirtualService whose routes cannot be read; the others still count.
    pub fn new<'a>(
        objects: impl IntoIterator<Item = &'a IstioObject>,
        scope: RuleScope<'_>,
    ) -> (Self, Vec<UnreadableRoutes>) {
        let mut config = Self::default();
        let (mut policies, mut rules) = (Vec::new(), Vec::new());
        for object in objects {
            match object {
                IstioObject::AuthorizationPolicy(o) => {
                    config.authorization_policies.push(o.clone());
                }
                IstioObject::DestinationRule(o) => rules.push(&**o),
                IstioObject::Gateway(o) => config.gateways.push(o.clone()),
                IstioObject::PeerAuthentication(o) => policies.push(o),
                IstioObject::ServiceEntry(o) => config.service_entries.push(o.clone()),
                IstioObject::Sidecar(o) => config.sidecars.push(o.clone()),
                IstioObject::VirtualService(o) => {
                    config.virtual_services.push(with_full_gateways(o.clone()));
                }
                IstioObject::WorkloadEntry(o) => config.workload_entries.push(o.clone()),
                IstioObject::WorkloadGroup(_) => {}
            }
        }
        config.peer_authentications = PeerAuthentications::new(policies, scope.root_namespace);
        config.destination_rules = DestinationRules::new(rules, scope);
        let unreadable = config.read_routes(scope.domain);
        (config, unreadable)
    }

    /// The routes of one of the virtual services.
    pub fn routes_of(&self, service: &Object<VirtualService>) -> Option<&Routes> {
        self.routes.get(&key(service))
    }

    fn read_routes(&mut self, domain: &str) -> Vec<UnreadableRoutes> {
        let mut unreadable = Vec::new();
        for service in &self.virtual_services {
            match Routes::new(service, domain) {
                Ok(routes) => drop(self.routes.insert(key(service), routes)),
                Err(source) => unreadable.push(UnreadableRoutes {
                    namespace: service.metadata.namespace.clone(),
                    name: service.metadata.name.clone(),
                    source,
                }),
            }
        }
        unreadable
    }
}

/// Gateways by their full names, wherever a virtual service names one.
fn with_full_gateways(mut service: Object<VirtualService>) -> Object<VirtualService> {
    let namespace = service.metadata.namespace.clone();
    let spec = &mut service.spec;
    let of_http = spec.http.iter_mut().flat_map(|route| &mut route.matches);
    let of_tls = spec.tls.iter_mut().flat_map(|route| &mut route.matches);
    let of_tcp = spec.tcp.iter_mut().flat_map(|route| &mut route.matches);
    let of_http = of_http.map(|demand| &mut demand.gateways);
    let of_tls = of_tls.map(|demand| &mut demand.gateways);
    let of_tcp = of_tcp.map(|demand| &mut demand.gateways);
    let all = of_http.chain(of_tls).chain(of_tcp);
    for name in all.chain([&mut spec.gateways]).flatten() {
        *name = full_gateway(name, &namespace).value;
    }
    service
}

fn key<S>(object: &Object<S>) -> (String, String) {
    let metadata = &object.metadata;
    (metadata.namespace.clone(), metadata.name.clone())
}
