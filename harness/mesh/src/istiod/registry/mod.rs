//! What one cluster's objects say of services, endpoints and workloads: pure functions of its
//! tables.
//!
//! Reading order: [`protocol`], [`service`], [`endpoint`] (with `place`: where a pod is), this
//! file, [`entry`] (ServiceEntries and WorkloadEntries), [`merge`] (a host over all clusters).

pub(crate) mod allocate;
pub(crate) mod endpoint;
pub(crate) mod entry;
pub(crate) mod merge;
pub(crate) mod place;
pub(crate) mod protocol;
pub(crate) mod service;

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Pod;
use istio::{
    ClusterId,
    endpoint::{Endpoint, Labels, labels},
    kinds::port::Protocol,
    locality::LocalityLabel,
    network::NetworkGateway,
};
use k8s_openapi::{
    api::core::v1::{Service, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};
use kube::ResourceExt;

use super::source::table::Tables;
use place::View;
use service::ClusterService;

/// One cluster as a control plane reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    pub(crate) cluster: ClusterId,
    pub(crate) services: BTreeMap<Arc<str>, ClusterService>,
    pub(crate) endpoints: BTreeMap<Arc<str>, Arc<[Endpoint]>>,
    pub(crate) gateways: Vec<NetworkGateway>,
    /// What each address serves.
    pub(crate) served: BTreeMap<Arc<str>, Vec<Served>>,
    /// The pods by their addresses.
    pub(crate) pods: BTreeMap<String, PodFacts>,
    /// The target ports of each service, where they are numbers, by port name.
    pub(crate) targets: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u16>>,
}

/// What of a pod its own proxy is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PodFacts {
    pub(crate) locality: LocalityLabel,
    pub(crate) labels: Arc<Labels>,
    pub(crate) node: String,
}

/// A workload port that a service leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
}

impl Registry {
    /// Reads a cluster's tables.
    pub(crate) fn read(tables: &Tables, view: &View<'_>) -> Self {
        let mut registry = Self {
            cluster: view.cluster.clone(),
            ..Self::default()
        };
        registry.pods = tables
            .pods
            .values()
            .filter_map(|pod| facts(pod, tables, view))
            .collect();
        for (key, service) in &tables.services {
            if !place::is_discovered(&key.namespace, tables, view) {
                continue;
            }
            let read = service::read(service, tables, view);
            let endpoints = endpoint::of_service(&read, tables, view);
            registry.serve(&read, &endpoints);
            registry.gateways.extend(super::gateways::of_service(
                service, &read.host, tables, view,
            ));
            let endpoints = endpoints.into();
            registry.endpoints.insert(Arc::clone(&read.host), endpoints);
            registry
                .targets
                .insert(Arc::clone(&read.host), targets(service));
            registry.services.insert(Arc::clone(&read.host), read);
        }
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
        all.filter(|host| {
            self.services.get(*host) != before.services.get(*host)
                || self.endpoints.get(*host) != before.endpoints.get(*host)
        })
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

/// A pod that has an address of its own.
fn facts(pod: &Arc<Pod>, tables: &Tables, view: &View<'_>) -> Option<(String, PodFacts)> {
    let address = pod.status.as_ref()?.pod_ip.clone()?;
    let locality = place::locality(pod, tables, view);
    let network = place::network(Some(pod), &address, tables, view).value;
    let node = place::node_of(pod).unwrap_or_default();
    let topology = labels::Topology {
        place: locality.place(),
        cluster: view.cluster,
        network: &network,
        node,
    };
    let facts = PodFacts {
        labels: Arc::new(labels::with_topology(pod.labels(), topology).value),
        node: node.to_owned(),
        locality,
    };
    let shares_node = pod.spec.as_ref()?.host_network == Some(true);
    (!shares_node).then_some((address, facts))
}

fn targets(service: &Service) -> BTreeMap<Arc<str>, u16> {
    let ports = service
        .spec
        .iter()
        .flat_map(|spec| spec.ports.iter().flatten());
    let target = |port: &ServicePort| match port.target_port.as_ref()? {
        IntOrString::Int(number) => {
            let name = port.name.clone().unwrap_or_default();
            Some((name.into(), u16::try_from(*number).ok()?))
        }
        IntOrString::String(_) => None,
    };
    ports.filter_map(target).collect()
}
