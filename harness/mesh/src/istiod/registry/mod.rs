//! What one cluster's objects say of services, endpoints and workloads: pure functions of its
//! tables.
//!
//! Reading order: [`protocol`], [`service`], [`endpoint`] (with `place`: where a pod is, and [`pod`]),
//! this file, [`entry`] (ServiceEntries and WorkloadEntries), [`merge`] (a host over all clusters).

pub(crate) mod allocate;
pub(crate) mod endpoint;
pub(crate) mod entry;
pub(crate) mod merge;
pub(crate) mod place;
pub(crate) mod pod;
pub(crate) mod protocol;
pub(crate) mod service;

use std::{collections::BTreeMap, sync::Arc};

use istio::{ClusterId, endpoint::Endpoint, kinds::port::Protocol, network::NetworkGateway};

use super::{gateways, source::table::Tables};
use place::View;
use pod::{PodFacts, Pods};
use service::{ClusterService, Facts, ServiceFacts};

/// One cluster as a control plane reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    pub(crate) cluster: ClusterId,
    pub(crate) services: BTreeMap<Arc<str>, Arc<ServiceFacts>>,
    pub(crate) endpoints: BTreeMap<Arc<str>, Arc<[Endpoint]>>,
    pub(crate) gateways: Vec<NetworkGateway>,
    /// What each address serves.
    pub(crate) served: BTreeMap<Arc<str>, Vec<Served>>,
    /// The pods by their addresses, but for those that share one with their node.
    pub(crate) pods: BTreeMap<Arc<str>, Arc<PodFacts>>,
    /// All pods that have an address.
    known: Pods,
    /// The same as the services, by name.
    read: Facts,
}

/// A workload port that a service leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
}

impl Registry {
    /// Reads a cluster's tables; what is kept of the reading before, by the same view, need not be
    /// read again.
    pub(crate) fn read(tables: &Tables, view: &View<'_>, before: Option<&Self>) -> Self {
        let nothing = Self::default();
        let before = before.unwrap_or(&nothing);
        let mut registry = Self {
            cluster: view.cluster.clone(),
            known: pod::all(tables, view, &before.known),
            ..Self::default()
        };
        let own = registry.known.values().filter(|pod| !pod.shares_node);
        let by_address = own.map(|pod| (Arc::clone(&pod.endpoint.address), Arc::clone(pod)));
        registry.pods = by_address.collect();
        let services = service::all(tables, view, &before.read);
        for (key, facts) in &services {
            let (service, host) = (&facts.service, &facts.service.host);
            let endpoints = endpoint::of_service(service, &registry.known, tables, view);
            registry.serve(service, &endpoints);
            let gateways = gateways::of_service(&tables.services[key], host, tables, view);
            registry.gateways.extend(gateways);
            registry
                .endpoints
                .insert(Arc::clone(host), endpoints.into());
            registry
                .services
                .insert(Arc::clone(host), Arc::clone(facts));
        }
        registry.read = services;
        registry
    }

    /// The hosts of which this reading says something else than `before` did.
    pub(crate) fn differing<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = &'a Arc<str>> + 'a {
        let gone = before.services.keys();
        let gone = gone.filter(|host| !self.services.contains_key(*host));
        let all = self.services.keys().chain(gone);
        all.filter(move |host| {
            let (now, then) = (self.services.get(*host), before.services.get(*host));
            !is_same(now, then) && self.service(host) != before.service(host)
                || self.endpoints.get(*host) != before.endpoints.get(*host)
        })
    }

    /// The cluster's object for a host.
    pub(crate) fn service(&self, host: &str) -> Option<&ClusterService> {
        Some(&self.services.get(host)?.service)
    }

    fn serve(&mut self, service: &ClusterService, endpoints: &[Endpoint]) {
        for endpoint in endpoints {
            let port = service.ports.iter().find(|p| p.name == endpoint.port_name);
            let Some(port) = port else { continue };
            let served = Served {
                host: Arc::clone(&service.host),
                port: endpoint.port,
                protocol: port.protocol,
            };
            let all = self
                .served
                .entry(Arc::clone(&endpoint.address))
                .or_default();
            if !all.contains(&served) {
                all.push(served);
            }
        }
    }
}

/// Whether both are one object, or neither is there.
fn is_same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
