//! ServiceEntries and WorkloadEntries: services and endpoints that no Service object makes.

use std::{collections::BTreeMap, sync::Arc};

use istio::{
    ClusterId, NetworkId,
    endpoint::{
        Endpoint, Health, Labels, labels,
        select::Scope,
        weight,
        workload_entry::{self, TLS_MODE_ISTIO},
    },
    identity::workload_identity,
    kinds::{
        Object, ServiceEntry, WorkloadEntry,
        service_entry::{Location, Resolution as Written},
    },
    service::{Discoverability, RegistryKind, TrafficDistribution, vip::ServiceAddresses},
    version::Mechanisms,
};

use super::{allocate::Allocated, service::ClusterService};
use crate::snapshot::{Mesh, Port, Resolution, Service};

/// A workload outside Kubernetes, with the cluster whose API server holds it.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) cluster: ClusterId,
    pub(crate) entry: Object<WorkloadEntry>,
    /// The network that the registry of its cluster would give it.
    pub(crate) registry_network: NetworkId,
    /// What its condition Healthy says, if it has one.
    pub(crate) healthy: Option<bool>,
}

/// What of the mesh and its istiod decides what workloads are.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) mesh: &'a Mesh,
    pub(crate) mechanisms: &'a Mechanisms,
}

/// The services of a ServiceEntry, one per host.
pub(crate) fn services(
    entry: &Object<ServiceEntry>,
    config_cluster: &ClusterId,
    allocated: &Allocated,
    mesh: &Mesh,
) -> Vec<Service> {
    let (meta, spec) = (&entry.metadata, &entry.spec);
    let service = |host: &String| Service {
        host: host.as_str().into(),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        kind: RegistryKind::ServiceEntry,
        defined_by: config_cluster.clone(),
        created: meta.creation_timestamp,
        ports: spec.ports.iter().map(port).collect(),
        resolution: resolution(spec.resolution),
        mesh_external: spec.location == Location::MeshExternal,
        addresses: ServiceAddresses {
            default: spec.addresses.first().cloned(),
            auto_v4: allocated.of(entry, host),
            ..ServiceAddresses::default()
        },
        export_to: spec.export_to.clone(),
        service_accounts: spec.subject_alt_names.clone(),
        scope: Scope {
            cluster_local: mesh.cluster_local.decide(host).value,
            ..Scope::default()
        },
        distribution: TrafficDistribution::Any,
        publish_not_ready: false,
        clusters: vec![config_cluster.clone()],
        labels: meta.labels.clone(),
    };
    spec.hosts.iter().map(service).collect()
}

fn port(port: &istio::kinds::port::ServicePort) -> Port {
    Port {
        number: port.number,
        name: port.name.as_str().into(),
        protocol: port.protocol,
    }
}

fn resolution(written: Written) -> Resolution {
    match written {
        Written::None => Resolution::Passthrough,
        Written::Static => Resolution::ClientSide,
        Written::Dns => Resolution::Dns,
        Written::DnsRoundRobin => Resolution::DnsRoundRobin,
    }
}

/// The endpoints of a ServiceEntry: those it lists, or the WorkloadEntries that it selects.
pub(crate) fn endpoints(
    entry: &Object<ServiceEntry>,
    workloads: &[Workload],
    config_cluster: &ClusterId,
    terms: Terms<'_>,
) -> Vec<Endpoint> {
    let (meta, spec) = (&entry.metadata, &entry.spec);
    let here = |workload: &&Workload| workload.entry.metadata.namespace == meta.namespace;
    let selects = |workload: &&Workload| {
        let selector = spec.workload_selector.as_ref();
        selector.is_some_and(|selector| selector.selects(&own_labels(&workload.entry)))
    };
    let listed = spec.endpoints.iter().map(|listed| Workload {
        cluster: config_cluster.clone(),
        entry: Object {
            metadata: meta.clone(),
            spec: listed.clone(),
        },
        registry_network: NetworkId::default(),
        healthy: None,
    });
    let selected = workloads.iter().filter(here).filter(selects).cloned();
    let mut endpoints = Vec::new();
    for workload in listed.chain(selected) {
        for port in &spec.ports {
            let target = port.target_port.unwrap_or(port.number);
            endpoints.extend(endpoint(&workload, &port.name, target, terms));
        }
    }
    endpoints
}

/// The endpoints that WorkloadEntries add to a Kubernetes Service which selects them.
pub(crate) fn of_service(
    service: &ClusterService,
    targets: &BTreeMap<Arc<str>, u16>,
    workloads: &[Workload],
    terms: Terms<'_>,
) -> Vec<Endpoint> {
    if service.selector.is_empty() {
        return Vec::new();
    }
    let selected = workloads.iter().filter(|workload| {
        let own = own_labels(&workload.entry);
        workload.entry.metadata.namespace == service.namespace
            && labels::selects(&service.selector, &own)
    });
    let mut endpoints = Vec::new();
    for workload in selected {
        for port in &service.ports {
            let target = targets.get(&port.name).copied().unwrap_or(port.number);
            endpoints.extend(endpoint(workload, &port.name, target, terms));
        }
    }
    endpoints
}

fn own_labels(entry: &Object<WorkloadEntry>) -> Labels {
    let mut own = entry.metadata.labels.clone();
    own.extend(entry.spec.labels.clone());
    own
}

fn endpoint(workload: &Workload, port_name: &str, port: u16, terms: Terms<'_>) -> Option<Endpoint> {
    let (meta, spec) = (&workload.entry.metadata, &workload.entry.spec);
    if !counts(workload) {
        return None;
    }
    let (cluster, network) = (&workload.cluster, &workload.registry_network);
    let read =
        workload_entry::workload(spec, &meta.labels, cluster, network, terms.mechanisms).value;
    let identity = workload_identity(
        &terms.mesh.domains.own,
        &meta.namespace,
        &spec.service_account,
    );
    Some(Endpoint {
        address: spec.address.as_str().into(),
        port: spec.ports.get(port_name).copied().unwrap_or(port),
        port_name: port_name.into(),
        cluster: cluster.clone(),
        network: read.network,
        locality: read.locality,
        labels: Arc::new(read.labels),
        namespace: meta.namespace.as_str().into(),
        service_account: identity
            .value
            .map(|id| id.to_string())
            .unwrap_or_default()
            .into(),
        mtls_capable: read.tls_mode == TLS_MODE_ISTIO,
        weight: weight::weight(Some(spec.weight)).value,
        health: Health::Ready,
        node: "".into(),
        discoverability: Discoverability::Everywhere,
    })
}

/// The annotation that a health-checked entry carries.
const HEALTH_CHECKED: &str = "proxy.istio.io/health-checks-enabled";

fn counts(workload: &Workload) -> bool {
    let annotations = &workload.entry.metadata.annotations;
    let checked = annotations
        .get(HEALTH_CHECKED)
        .is_some_and(|word| word == "true");
    workload_entry::counts(checked, workload.healthy).value
}
