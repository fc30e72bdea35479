//! EndpointSlices: the addresses behind each Service that has a selector.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use apiserver::Status;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::{
    api::{
        core::v1::{Container, Pod, Service, ServicePort},
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use serde_json::{Value, json};

use super::{Backoff, Controller, INSTANT, Next, Reconciled, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

const SERVICE_LABEL: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
/// Endpoints per slice. Source: kube-controller-manager's `--max-endpoints-per-slice`.
const PER_SLICE: usize = 100;

/// Keeps the slices of Services.
pub(crate) struct EndpointSlices {
    api: Api,
}

/// What one slice should say.
#[derive(Debug, Clone, PartialEq)]
struct Draft {
    ports: Value,
    endpoints: Vec<Value>,
}

impl EndpointSlices {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("endpointslice-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let service = self.api.view().get::<Service>(key);
        let service = service.filter(|s| s.metadata.deletion_timestamp.is_none());
        let drafts = match &service {
            Some(service) if is_left_alone(service) => return Ok(Next::Change),
            Some(service) => self.api.view().read(|tables| drafts(service, tables)),
            None => Vec::new(),
        };
        let mut existing = self.slices(key).into_iter();
        for draft in drafts {
            let service = service.as_deref().expect("only a Service has drafts");
            self.put(service, existing.next(), draft).await?;
        }
        for surplus in existing {
            self.api
                .delete::<EndpointSlice>(&Key::of(&surplus.metadata))
                .await?;
        }
        Ok(Next::Change)
    }

    fn slices(&self, key: &Key) -> Vec<Arc<EndpointSlice>> {
        let ours = |slice: &&Arc<EndpointSlice>| service_of(slice) == Some(&key.name);
        self.api.view().read(|tables| {
            tables
                .slices
                .within(&key.namespace)
                .filter(ours)
                .cloned()
                .collect()
        })
    }

    async fn put(
        &self,
        service: &Service,
        slice: Option<Arc<EndpointSlice>>,
        draft: Draft,
    ) -> Result<(), Status> {
        match slice {
            Some(slice) if same(&slice, &draft) => Ok(()),
            Some(slice) => {
                let patch = json!({"ports": draft.ports, "endpoints": draft.endpoints});
                let key = Key::of(&slice.metadata);
                self.api.patch::<EndpointSlice>(&key, patch).await.map(drop)
            }
            None => self
                .api
                .create::<EndpointSlice>(new_slice(service, draft))
                .await
                .map(drop),
        }
    }
}

impl Controller for EndpointSlices {
    fn name(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Service(delta) => vec![delta.key.clone()],
            Change::Pod(delta) if !same_to_services(&delta.old, &delta.new) => {
                let pods = || [&delta.old, &delta.new].into_iter().flatten();
                let concerned = |service: &&Arc<Service>| pods().any(|pod| is_behind(service, pod));
                let services = tables
                    .services
                    .within(&delta.key.namespace)
                    .filter(concerned);
                services.map(|service| Key::of(&service.metadata)).collect()
            }
            Change::EndpointSlice(delta) => {
                let service = delta.either().and_then(|slice| service_of(slice));
                service
                    .map(|name| Key::new(&delta.key.namespace, name))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn patience(&self, _: &Change) -> Duration {
        INSTANT
    }

    /// Source: the endpoint slice controller's `defaultSyncBackOff` and `maxSyncBackOff`.
    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(1000),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// The Service that a slice of ours is of.
fn service_of(slice: &EndpointSlice) -> Option<&String> {
    let labels = owner::labels(&slice.metadata);
    let ours = labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER);
    labels.get(SERVICE_LABEL).filter(|_| ours)
}

/// Whether nothing changed that a slice tells.
fn same_to_services(old: &Option<Arc<Pod>>, new: &Option<Arc<Pod>>) -> bool {
    let told = |pod: &Arc<Pod>| {
        let status = pod.status.as_ref();
        (
            pod.metadata.labels.clone(),
            pod.metadata.deletion_timestamp.is_some(),
            status.and_then(|status| status.pod_ip.clone()),
            pod::is_ready(pod),
            is_finished(pod),
        )
    };
    match (old, new) {
        (Some(old), Some(new)) => told(old) == told(new),
        _ => false,
    }
}

fn is_finished(pod: &Pod) -> bool {
    matches!(pod::phase(pod), "Succeeded" | "Failed")
}

/// Whether a Service gets no slices from here: it has no selector, or stands for a name elsewhere.
fn is_left_alone(service: &Service) -> bool {
    let spec = service.spec.as_ref();
    let kind = spec.and_then(|spec| spec.type_.as_deref());
    kind == Some("ExternalName") || selector(service).is_none()
}

fn selector(service: &Service) -> Option<&BTreeMap<String, String>> {
    let selector = service.spec.as_ref()?.selector.as_ref();
    selector.filter(|selector| !selector.is_empty())
}

fn is_behind(service: &Service, pod: &Pod) -> bool {
    let labels = owner::labels(&pod.metadata);
    selector(service).is_some_and(|wanted| wanted.iter().all(|(k, v)| labels.get(k) == Some(v)))
}

/// The slices of a Service: pods with equal ports share one, up to its limit; a Service without
/// endpoints has one empty slice.
fn drafts(service: &Service, tables: &Tables) -> Vec<Draft> {
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

fn same(slice: &EndpointSlice, draft: &Draft) -> bool {
    let ports = serde_json::to_value(&slice.ports).unwrap_or_default();
    let empty = |ports: &Value| ports.as_array().is_none_or(Vec::is_empty);
    let endpoints = serde_json::to_value(&slice.endpoints).unwrap_or_default();
    (ports == draft.ports || (empty(&ports) && empty(&draft.ports)))
        && (endpoints == json!(draft.endpoints)
            || (empty(&endpoints) && draft.endpoints.is_empty()))
}

fn new_slice(service: &Service, draft: Draft) -> Value {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    let mut labels = json!(owner::labels(&service.metadata));
    labels[SERVICE_LABEL] = name.into();
    labels[MANAGED_BY] = MANAGER.into();
    let spec = service.spec.as_ref();
    if spec.and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
        labels["service.kubernetes.io/headless"] = "".into();
    }
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": service.metadata.namespace,
            "generateName": format!("{name}-"),
            "labels": labels,
            "ownerReferences": [owner::reference(service)],
        },
        "addressType": "IPv4",
        "ports": draft.ports,
        "endpoints": draft.endpoints,
    })
}
