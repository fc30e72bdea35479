//! A Kubernetes Service as the registry of its cluster reads it.

use std::{collections::BTreeMap, sync::Arc};

use istio::service::{TrafficDistribution, traffic_distribution};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Namespace, Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};
use sim::cluster::Key;

use super::{
    super::source::table::Tables,
    is_same,
    place::{self, View},
    protocol,
};
use crate::snapshot::{Port, Resolution};

/// The annotation by which a Service states to whom it is exported.
const EXPORT_TO: &str = "networking.istio.io/exportTo";

/// The Services of a cluster, each kept for as long as nothing is new about it.
pub(crate) type Facts = BTreeMap<Key, Arc<ServiceFacts>>;

/// What a Service says.
#[derive(Debug, Clone)]
pub(crate) struct ServiceFacts {
    pub(crate) service: ClusterService,
    /// The target ports by port name, where they are numbers.
    pub(crate) targets: BTreeMap<Arc<str>, u16>,
    read_from: (Arc<Service>, Option<Arc<Namespace>>),
}

/// One cluster's object for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClusterService {
    pub(crate) host: Arc<str>,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) ports: Vec<Port>,
    pub(crate) resolution: Resolution,
    pub(crate) addresses: Vec<String>,
    pub(crate) export_to: Vec<String>,
    pub(crate) distribution: TrafficDistribution,
    pub(crate) publish_not_ready: bool,
    pub(crate) node_local: bool,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) selector: BTreeMap<String, String>,
}

/// Reads the Services that are looked at; of those before, which were seen from the same place, what
/// still holds is kept.
pub(super) fn all(tables: &Tables, view: &View<'_>, before: &Facts) -> Facts {
    let discovered = tables.services.iter();
    let discovered =
        discovered.filter(|(key, _)| place::is_discovered(&key.namespace, tables, view));
    let facts = discovered.map(|(key, service)| {
        let namespace = tables.namespaces.get(&Key::new("", key.namespace.clone()));
        let known = before.get(key).filter(|known| {
            let (read, within) = &known.read_from;
            Arc::ptr_eq(read, service) && is_same(within.as_ref(), namespace)
        });
        let facts = known.cloned().unwrap_or_else(|| {
            Arc::new(ServiceFacts {
                service: read(service, tables, view),
                targets: targets(service),
                read_from: (Arc::clone(service), namespace.cloned()),
            })
        });
        (key.clone(), facts)
    });
    facts.collect()
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

fn read(service: &Service, tables: &Tables, view: &View<'_>) -> ClusterService {
    let meta = &service.metadata;
    let spec = service.spec.clone().unwrap_or_default();
    let name = meta.name.clone().unwrap_or_default();
    let namespace = meta.namespace.clone().unwrap_or_default();
    ClusterService {
        host: format!("{name}.{namespace}.svc.{}", view.domain).into(),
        created: meta.creation_timestamp.as_ref().map(|time| time.0),
        ports: ports(&spec),
        resolution: resolution(&spec),
        addresses: addresses(&spec),
        export_to: export_to(service),
        distribution: distribution(service, &spec, tables),
        publish_not_ready: spec.publish_not_ready_addresses == Some(true),
        node_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
        labels: meta.labels.clone().unwrap_or_default(),
        selector: spec.selector.unwrap_or_default(),
        name,
        namespace,
    }
}

fn ports(spec: &ServiceSpec) -> Vec<Port> {
    let read = |port: &ServicePort| {
        Some(Port {
            number: u16::try_from(port.port).ok()?,
            name: port.name.clone().unwrap_or_default().into(),
            protocol: protocol::of_port(port),
        })
    };
    spec.ports.iter().flatten().filter_map(read).collect()
}

fn resolution(spec: &ServiceSpec) -> Resolution {
    match (spec.type_.as_deref(), spec.cluster_ip.as_deref()) {
        (Some("ExternalName"), _) => {
            Resolution::Alias(spec.external_name.clone().unwrap_or_default())
        }
        (_, Some("None")) => Resolution::Passthrough,
        _ => Resolution::ClientSide,
    }
}

/// A headless service has no address.
fn addresses(spec: &ServiceSpec) -> Vec<String> {
    let listed = spec.cluster_ips.clone().unwrap_or_default();
    let one = spec.cluster_ip.clone().into_iter().collect();
    let mut all = if listed.is_empty() { one } else { listed };
    all.retain(|address| address != "None" && !address.is_empty());
    all
}

fn export_to(service: &Service) -> Vec<String> {
    let written = annotation(service, EXPORT_TO).unwrap_or_default();
    let parts = written.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn distribution(service: &Service, spec: &ServiceSpec, tables: &Tables) -> TrafficDistribution {
    let name = traffic_distribution::ANNOTATION;
    let namespace = service.metadata.namespace.clone().unwrap_or_default();
    let namespace = tables.namespaces.get(&Key::new("", namespace));
    let of_namespace = namespace.and_then(|n| n.metadata.annotations.as_ref()?.get(name));
    let stated = traffic_distribution::effective(
        spec.traffic_distribution.as_deref(),
        annotation(service, name),
        of_namespace.map(String::as_str),
    );
    stated.value
}

fn annotation<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    let annotations = service.metadata.annotations.as_ref()?;
    annotations.get(name).map(String::as_str)
}
