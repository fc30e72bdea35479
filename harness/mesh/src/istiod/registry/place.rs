//! Where a workload is: its network, locality and node, as one control plane reads them.

use std::sync::Arc;

use apiserver::Pod;
use istio::{
    ClusterId, Decision, NetworkId,
    endpoint::Labels,
    kinds::{LabelSelector, MeshNetworks},
    locality::{LocalityLabel, label},
    network::membership::{self, PodNetwork},
    service::mcs::Mcs,
    version::Mechanisms,
};
use k8s_openapi::api::core::v1::{Namespace, Node};
use kube::ResourceExt;
use sim::cluster::Key;

use super::super::source::table::Tables;

/// The label by which a namespace or pod states a network.
pub(crate) const NETWORK: &str = "topology.istio.io/network";

/// From where a cluster's objects are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) cluster: &'a ClusterId,
    pub(crate) networks: &'a MeshNetworks,
    pub(crate) system_namespace: &'a str,
    /// The DNS suffix of services.
    pub(crate) domain: &'a str,
    /// The trust domain that identities of the cluster's pods are expected to have; empty if it
    /// could not be found out.
    pub(crate) trust_domain: &'a str,
    pub(crate) mcs: Mcs,
    pub(crate) mechanisms: &'a Mechanisms,
    pub(crate) draining: bool,
    /// The namespaces that are looked at; empty is all.
    pub(crate) selectors: &'a [LabelSelector],
}

/// Whether a namespace is looked at.
pub(crate) fn is_discovered(namespace: &str, tables: &Tables, view: &View<'_>) -> bool {
    let found = || tables.namespaces.get(&Key::new("", namespace));
    let selected = |labels: &Labels| view.selectors.iter().any(|one| one.selects(labels));
    view.selectors.is_empty() || found().map_or(selected(&Labels::new()), |n| selected(n.labels()))
}

/// The network of something at an address, with or without a pod.
pub(crate) fn network(
    pod: Option<&Pod>,
    address: &str,
    tables: &Tables,
    view: &View<'_>,
) -> Decision<NetworkId> {
    let system = system_namespace(tables, view);
    let of_system = system.and_then(|n| n.metadata.labels.as_ref()?.get(NETWORK));
    let of_pod = pod.and_then(|pod| pod.metadata.labels.as_ref()?.get(NETWORK));
    let known = PodNetwork {
        pod_label: of_pod.map(String::as_str),
        system_namespace_label: of_system.map(String::as_str),
        cluster: view.cluster.as_str(),
        address,
    };
    membership::of_pod(known, view.networks)
}

/// The locality of a pod.
pub(crate) fn locality(pod: &Pod, tables: &Tables, view: &View<'_>) -> LocalityLabel {
    let of_node = node(pod, tables).map(|node| node.labels());
    label::of_pod(pod.labels(), of_node, view.mechanisms).value
}

/// The namespace that Istio is installed in.
pub(super) fn system_namespace<'a>(
    tables: &'a Tables,
    view: &View<'_>,
) -> Option<&'a Arc<Namespace>> {
    tables.namespaces.get(&Key::new("", view.system_namespace))
}

/// The node of a pod, if it is known.
pub(super) fn node<'a>(pod: &Pod, tables: &'a Tables) -> Option<&'a Arc<Node>> {
    tables.nodes.get(&Key::new("", node_of(pod)?))
}

/// The name of a pod's node.
pub(crate) fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}
