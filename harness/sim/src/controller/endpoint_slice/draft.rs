//! What the slices of a Service should say: a pure function of its pods.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Pod;
use k8s_openapi::{
    api::{
        core::v1::{Container, ObjectReference, PodSpec, Service, ServicePort},
        discovery::v1::{Endpoint, EndpointConditions, EndpointPort},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::selection::{is_behind, is_finished};
use crate::{
    cluster::{Key, Tables},
    controller::{owner, pod},
};

/// Endpoints per slice. Source: kube-controller-manager's `--max-endpoints-per-slice`.
const PER_SLICE: usize = 100;

/// What one slice should say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    /// `None` where there are no endpoints.
    pub(super) ports: Option<Vec<EndpointPort>>,
    pub(super) endpoints: Vec<Endpoint>,
}

/// The slices of a Service: pods with equal ports share one, up to its limit; a Service without
/// endpoints has one empty slice.
pub(super) fn drafts(service: &Service, tables: &Tables) -> Vec<Draft> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let behind = |pod: &&Arc<Pod>| is_behind(service, pod) && !is_finished(pod);
    let mut by_ports = BTreeMap::<Vec<Option<i32>>, Vec<Endpoint>>::new();
    for pod in tables.pods.within(namespace).filter(behind) {
        if let Some(endpoint) = endpoint(service, pod, tables) {
            let numbers = ports(service).iter().map(|port| target(port, pod));
            by_ports
                .entry(numbers.collect())
                .or_default()
                .push(endpoint);
        }
    }
    let slices = |(numbers, endpoints): (Vec<_>, _)| in_slices(service, &numbers, endpoints);
    let mut drafts: Vec<_> = by_ports.into_iter().flat_map(slices).collect();
    if drafts.is_empty() {
        drafts.push(Draft {
            ports: None,
            endpoints: Vec::new(),
        });
    }
    drafts
}

fn in_slices(
    service: &Service,
    numbers: &[Option<i32>],
    mut endpoints: Vec<Endpoint>,
) -> Vec<Draft> {
    let mut slices = Vec::new();
    while !endpoints.is_empty() {
        let rest = endpoints.split_off(endpoints.len().min(PER_SLICE));
        slices.push(Draft {
            ports: Some(told(service, numbers)),
            endpoints: std::mem::replace(&mut endpoints, rest),
        });
    }
    slices
}

/// A pod as an endpoint, once it has an address.
fn endpoint(service: &Service, pod: &Pod, tables: &Tables) -> Option<Endpoint> {
    let spec = pod.spec.as_ref()?;
    let address = pod.status.as_ref()?.pod_ip.clone()?;
    let is_named = spec.subdomain.is_some() && spec.subdomain == service.metadata.name;
    Some(Endpoint {
        addresses: vec![address],
        conditions: Some(conditions(service, pod)),
        hostname: spec.hostname.clone().filter(|_| is_named),
        node_name: spec.node_name.clone(),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
        zone: zone(spec, tables),
        ..Endpoint::default()
    })
}

fn conditions(service: &Service, pod: &Pod) -> EndpointConditions {
    let spec = service.spec.as_ref();
    let early = spec.and_then(|spec| spec.publish_not_ready_addresses);
    let serving = pod::is_ready(pod);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    EndpointConditions {
        ready: Some(early == Some(true) || (serving && !terminating)),
        serving: Some(serving),
        terminating: Some(terminating),
    }
}

fn zone(spec: &PodSpec, tables: &Tables) -> Option<String> {
    let node = tables
        .nodes
        .get(&Key::new("", spec.node_name.as_deref()?))?;
    let labels = owner::labels(&node.metadata);
    labels.get("topology.kubernetes.io/zone").cloned()
}

fn ports(service: &Service) -> &[ServicePort] {
    let spec = service.spec.as_ref();
    spec.and_then(|spec| spec.ports.as_deref())
        .unwrap_or_default()
}

/// The Service's ports with the numbers that pods have for them.
fn told(service: &Service, numbers: &[Option<i32>]) -> Vec<EndpointPort> {
    let pairs = ports(service).iter().zip(numbers);
    let found = pairs.filter(|(_, number)| number.is_some());
    found
        .map(|(port, number)| EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            port: *number,
            protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
            app_protocol: port.app_protocol.clone(),
        })
        .collect()
}

/// The port of the pod behind a Service's port; `None` if it is named and the pod has no such.
fn target(port: &ServicePort, pod: &Pod) -> Option<i32> {
    let name = match &port.target_port {
        None | Some(IntOrString::Int(0)) => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name,
    };
    let spec = pod.spec.as_ref()?;
    let restarted = |one: &&Container| one.restart_policy.as_deref() == Some("Always");
    let sidecars = spec.init_containers.iter().flatten().filter(restarted);
    let mut ports = spec
        .containers
        .iter()
        .chain(sidecars)
        .flat_map(|c| c.ports.iter().flatten());
    ports
        .find(|one| one.name.as_ref() == Some(name))
        .map(|one| one.container_port)
}
