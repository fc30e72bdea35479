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

#[cfg(test)]
mod tests {
    use super::*;

    fn networks() -> MeshNetworks {
        let read = serde_json::json!({ "networks": {
            "registry": { "endpoints": [{ "fromRegistry": "c1" }, { "fromCidr": "10.9.0.0/16" }] },
            "wide": { "endpoints": [{ "fromCidr": "10.0.0.0/8" }, { "fromCidr": "unreadable" }] },
            "narrow": { "endpoints": [{ "fromCidr": "10.1.0.0/16" }] },
        }});
        serde_json::from_value(read).unwrap()
    }

    fn of(
        pod_label: &str,
        namespace: &str,
        cluster: &str,
        address: &str,
    ) -> (String, crate::RuleId) {
        let pod = PodNetwork {
            pod_label: Some(pod_label),
            system_namespace_label: Some(namespace),
            cluster,
            address,
        };
        let decided = of_pod(pod, &networks());
        (decided.value.into(), decided.because)
    }

    #[test]
    fn the_first_source_that_says_something_decides() {
        let (pod, namespace) = (rules::POD_LABEL, rules::SYSTEM_NAMESPACE);
        assert_eq!(of("p", "s", "c1", "10.1.0.1"), ("p".to_owned(), pod));
        assert_eq!(of("", "s", "c1", "10.1.0.1"), ("s".to_owned(), namespace));
        assert_eq!(
            of("", "", "c1", "10.1.0.1"),
            ("registry".to_owned(), rules::FROM_REGISTRY)
        );
        assert_eq!(
            of("", "", "c2", "10.1.0.1"),
            ("wide".to_owned(), rules::FROM_CIDR)
        );
        assert_eq!(
            of("", "", "c2", "10.9.0.1"),
            ("wide".to_owned(), rules::FROM_CIDR)
        );
        assert_eq!(
            of("", "", "", "192.0.2.1"),
            (String::new(), rules::NO_NETWORK)
        );
        assert_eq!(of("", "", "", ""), (String::new(), rules::NO_NETWORK));
    }

    #[test]
    fn networks_are_the_same_if_either_is_unset() {
        let [a, b, none] = ["a", "b", ""].map(NetworkId::from);
        assert!(same_network(&a, &a) && same_network(&a, &none) && same_network(&none, &a));
        assert!(!same_network(&a, &b));
    }
}
