//! Which network a pod is in.

use crate::{
    Decision, NetworkId,
    kinds::MeshNetworks,
    network::{mesh_networks, rules},
};

/// Whether two networks reach each other by address: they are equal, or either is not set.
pub fn same_network(a: &NetworkId, b: &NetworkId) -> bool {
    a == b || a.is_unset() || b.is_unset()
}

/// What is known of a pod's network.
#[derive(Debug, Clone, Copy)]
pub struct PodNetwork<'a> {
    /// The pod's own label.
    pub pod_label: Option<&'a str>,
    /// The label of the system namespace of its cluster.
    pub system_namespace_label: Option<&'a str>,
    /// The cluster.
    pub cluster: &'a str,
    /// The pod's address.
    pub address: &'a str,
}

/// The network of a pod; the first of four sources that says something. A label on the pod's own
/// namespace is not one of them.
pub fn of_pod(pod: PodNetwork<'_>, networks: &MeshNetworks) -> Decision<NetworkId> {
    let set = |label: Option<&'_ str>| label.filter(|text| !text.is_empty()).map(NetworkId::from);
    if let Some(network) = set(pod.pod_label) {
        return Decision::new(network, rules::POD_LABEL);
    }
    if let Some(network) = set(pod.system_namespace_label) {
        return Decision::new(network, rules::SYSTEM_NAMESPACE);
    }
    if let Some(network) = mesh_networks::of_registry(networks, pod.cluster) {
        return Decision::new(network, rules::FROM_REGISTRY);
    }
    let address = pod.address.parse().ok();
    match address.and_then(|ip| mesh_networks::of_address(networks, ip)) {
        Some(network) => Decision::new(network, rules::FROM_CIDR),
        None => Decision::new(NetworkId::default(), rules::NO_NETWORK),
    }
}
