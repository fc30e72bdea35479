//! What the slices of a Service should say: a pure function of its pods.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::{
    api::core::v1::{Container, Pod, Service, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};
use serde_json::{Value, json};

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
    pub(super) ports: Value,
    pub(super) endpoints: Vec<Value>,
}

/// The slices of a Service: pods with equal ports share one, up to its limit; a Service without
/// endpoints has one empty slice.
pub(super) fn drafts(service: &Service, tables: &Tables) -> Vec<Draft> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let behind = |pod: &&Arc<Pod>| is_behind(service, pod) && !is_finished(pod);
    let mut by_ports = BTreeMap::<String, Draft>::new();
    for pod in tables.pods.within(namespace).filter(behind) {
        let Some(endpoint) = endpoint(service, pod, tables) else {
            continue;
        };
        let ports = ports(service, pod);
        let draft = by_ports.entry(ports.to_string()).or_insert_with(|| Draft {
            ports,
            endpoints: Vec::new(),
        });
        draft.endpoints.push(endpoint);
    }
    let mut drafts: Vec<_> = by_ports.into_values().flat_map(in_slices).collect();
    if drafts.is_empty() {
        drafts.push(Draft {
            ports: Value::Null,
            endpoints: Vec::new(),
        });
    }
    drafts
}

fn in_slices(draft: Draft) -> Vec<Draft> {
    let chunks = draft.endpoints.chunks(PER_SLICE);
    let slice = |endpoints: &[Value]| Draft {
        ports: draft.ports.clone(),
        endpoints: endpoints.to_vec(),
    };
    chunks.map(slice).collect()
}

/// A pod as an endpoint, once it has an address.
fn endpoint(service: &Service, pod: &Pod, tables: &Tables) -> Option<Value> {
    let spec = pod.spec.as_ref()?;
    let address = pod.status.as_ref()?.pod_ip.as_deref()?;
    let early = service
        .spec
        .as_ref()
        .and_then(|spec| spec.publish_not_ready_addresses);
    let serving = pod::is_ready(pod);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let mut endpoint = json!({
        "addresses": [address],
        "conditions": {
            "ready": early == Some(true) || (serving && !terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": spec.node_name,
        "targetRef": {
            "kind": "Pod", "namespace": pod.metadata.namespace,
            "name": pod.metadata.name, "uid": pod.metadata.uid,
        },
    });
    if spec.subdomain.is_some() && spec.subdomain == service.metadata.name {
        endpoint["hostname"] = json!(spec.hostname);
    }
    let node = spec
        .node_name
        .as_deref()
        .and_then(|node| tables.nodes.get(&Key::new("", node)));
    let zone = node.and_then(|n| owner::labels(&n.metadata).get("topology.kubernetes.io/zone"));
    if let Some(zone) = zone {
        endpoint["zone"] = zone.as_str().into();
    }
    Some(endpoint)
}

fn ports(service: &Service, pod: &Pod) -> Value {
    let ports = service
        .spec
        .as_ref()
        .and_then(|spec| spec.ports.as_deref())
        .unwrap_or_default();
    let found = ports.iter().filter_map(|port| {
        let mut told = json!({
            "name": port.name.clone().unwrap_or_default(),
            "port": target(port, pod)?,
            "protocol": port.protocol.as_deref().unwrap_or("TCP"),
        });
        if let Some(protocol) = &port.app_protocol {
            told["appProtocol"] = protocol.as_str().into();
        }
        Some(told)
    });
    found.collect()
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
