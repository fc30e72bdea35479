//! The labels by which endpoints are selected and ordered.

use std::collections::BTreeMap;

use crate::{ClusterId, Decision, NetworkId, endpoint::rules, locality::Place};

/// Labels of a workload, a proxy or an endpoint.
pub type Labels = BTreeMap<String, String>;

/// The region of an endpoint.
pub const REGION: &str = "topology.kubernetes.io/region";
/// The zone of an endpoint.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// The subzone of an endpoint.
pub const SUBZONE: &str = "topology.istio.io/subzone";
/// The cluster of an endpoint.
pub const CLUSTER: &str = "topology.istio.io/cluster";
/// The network of an endpoint.
pub const NETWORK: &str = "topology.istio.io/network";
/// The node of an endpoint.
pub const NODE: &str = "kubernetes.io/hostname";

/// Where an endpoint is, as far as it is known; empty parts add no label.
#[derive(Debug, Clone, Copy)]
pub struct Topology<'a> {
    /// Its locality.
    pub place: Place<'a>,
    /// Its cluster.
    pub cluster: &'a ClusterId,
    /// Its network.
    pub network: &'a NetworkId,
    /// Its node.
    pub node: &'a str,
}

/// The labels of an endpoint: those of its workload with its topology written over them. Only the
/// network label of a workload stands against the topology.
pub fn with_topology(workload: &Labels, topology: Topology<'_>) -> Decision<Labels> {
    let mut labels = workload.clone();
    let written = [
        (REGION, topology.place.region),
        (ZONE, topology.place.zone),
        (SUBZONE, topology.place.subzone),
        (CLUSTER, topology.cluster.as_str()),
        (NODE, topology.node),
    ];
    for (name, value) in written {
        set(&mut labels, name, value);
    }
    if labels.get(NETWORK).is_none_or(String::is_empty) {
        set(&mut labels, NETWORK, topology.network.as_str());
    }
    Decision::new(labels, rules::TOPOLOGY_LABELS)
}

fn set(labels: &mut Labels, name: &str, value: &str) {
    if !value.is_empty() {
        labels.insert(name.to_owned(), value.to_owned());
    }
}

/// Whether `labels` carries everything that `selector` asks for.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector
        .iter()
        .all(|(name, value)| labels.get(name) == Some(value))
}
