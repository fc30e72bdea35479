//! The endpoints of a Service, from its EndpointSlices and the pods behind them.

use std::sync::Arc;

use apiserver::Pod;
use istio::{
    endpoint::{
        Endpoint, Health, Labels, labels,
        workload_entry::{TLS_MODE_ISTIO, TLS_MODE_LABEL},
    },
    identity::workload_identity,
    locality::LocalityLabel,
    service::mcs,
};
use k8s_openapi::api::discovery::v1::{
    Endpoint as SliceEndpoint, EndpointConditions, EndpointPort, EndpointSlice,
};
use kube::ResourceExt;
use sim::cluster::Key;

use super::{
    super::source::table::Tables,
    place::{self, View},
    pod::Pods,
    service::ClusterService,
};

/// The label by which a slice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// All endpoints of a service in its cluster, ordered by slice.
pub(crate) fn of_service(
    service: &ClusterService,
    pods: &Pods,
    tables: &Tables,
    view: &View<'_>,
) -> Vec<Endpoint> {
    let from = Key::new(service.namespace.as_str(), "");
    let here = tables.slices.range(from..);
    let here = here.take_while(|(key, _)| key.namespace == service.namespace);
    let own = here.filter(|(_, slice)| {
        let labels = slice.metadata.labels.as_ref();
        labels.and_then(|labels| labels.get(SERVICE_NAME)) == Some(&service.name)
    });
    let mut endpoints = Vec::new();
    for (_, slice) in own {
        for endpoint in slice.endpoints.iter().flatten() {
            add(
                &mut endpoints,
                service,
                (slice, endpoint),
                pods,
                tables,
                view,
            );
        }
    }
    endpoints
}

fn add(
    endpoints: &mut Vec<Endpoint>,
    service: &ClusterService,
    (slice, endpoint): (&EndpointSlice, &SliceEndpoint),
    pods: &Pods,
    tables: &Tables,
    view: &View<'_>,
) {
    let refers = endpoint.target_ref.as_ref();
    let refers = refers.filter(|target| target.kind.as_deref() == Some("Pod"));
    let key = refers.map(|target| {
        let name = target.name.as_deref().unwrap_or_default();
        Key::new(service.namespace.as_str(), name)
    });
    let pod = key.as_ref().and_then(|key| tables.pods.get(key));
    // The pod is not known yet: the endpoint waits for it.
    if refers.is_some() && pod.is_none() {
        return;
    }
    let known = key.and_then(|key| pods.get(&key));
    for address in &endpoint.addresses {
        let own = known.filter(|known| *known.endpoint.address == **address);
        let workload = match own {
            Some(own) => own.endpoint.clone(),
            None => workload(pod.map(|pod| &**pod), address, tables, view),
        };
        for port in slice.ports.iter().flatten() {
            let Some(number) = port.port.and_then(|port| u16::try_from(port).ok()) else {
                continue;
            };
            endpoints.push(Endpoint {
                port: number,
                port_name: port_name(port),
                namespace: service.namespace.as_str().into(),
                health: health(endpoint.conditions.as_ref(), view.draining),
                discoverability: mcs::discoverability(view.mcs, &service.host, false).value,
                ..workload.clone()
            });
        }
    }
}

fn port_name(port: &EndpointPort) -> Arc<str> {
    port.name.clone().unwrap_or_default().into()
}

/// What of an endpoint does not depend on its service.
pub(super) fn workload(
    pod: Option<&Pod>,
    address: &str,
    tables: &Tables,
    view: &View<'_>,
) -> Endpoint {
    let network = place::network(pod, address, tables, view).value;
    let locality = pod.map_or_else(LocalityLabel::default, |pod| {
        place::locality(pod, tables, view)
    });
    let node = pod.and_then(place::node_of).unwrap_or_default();
    let topology = labels::Topology {
        place: locality.place(),
        cluster: view.cluster,
        network: &network,
        node,
    };
    let own = pod.map(Pod::labels);
    Endpoint {
        address: address.into(),
        port: 0,
        port_name: "".into(),
        cluster: view.cluster.clone(),
        labels: Arc::new(own.map_or_else(Labels::new, |own| {
            labels::with_topology(own, topology).value
        })),
        namespace: "".into(),
        service_account: pod
            .map(|pod| identity(pod, view))
            .unwrap_or_default()
            .into(),
        mtls_capable: own
            .and_then(|own| own.get(TLS_MODE_LABEL))
            .is_some_and(|mode| mode == TLS_MODE_ISTIO),
        weight: 1,
        health: Health::Ready,
        node: node.into(),
        discoverability: mcs::Discoverability::Everywhere,
        network,
        locality,
    }
}

/// The identity of a pod; empty if it has none.
pub(crate) fn identity(pod: &Pod, view: &View<'_>) -> String {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref();
    let account = spec.and_then(|spec| spec.service_account_name.as_deref());
    let account = account.unwrap_or("default");
    let identity = workload_identity(view.trust_domain, namespace, account);
    identity.value.map(|id| id.to_string()).unwrap_or_default()
}

/// Readiness, as slices tell it. Source:
/// pilot/pkg/serviceregistry/kube/controller/endpointslice.go.
fn health(conditions: Option<&EndpointConditions>, draining: bool) -> Health {
    let Some(conditions) = conditions else {
        return Health::Ready;
    };
    let serving = conditions.serving == Some(true);
    match (conditions.ready, conditions.terminating == Some(true)) {
        (None | Some(true), _) => Health::Ready,
        (Some(false), true) if serving && draining => Health::Draining,
        (Some(false), true) => Health::Terminating,
        (Some(false), false) => Health::NotReady,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_ends_is_not_merely_unready() {
        let of = |ready, serving, terminating| {
            let conditions = EndpointConditions {
                ready: Some(ready),
                serving: Some(serving),
                terminating: Some(terminating),
            };
            health(Some(&conditions), true)
        };
        assert_eq!(health(None, true), Health::Ready);
        assert_eq!(of(true, true, false), Health::Ready);
        assert_eq!(of(false, false, false), Health::NotReady);
        assert_eq!(of(false, true, true), Health::Draining);
        assert_eq!(of(false, false, true), Health::Terminating);
    }
}
