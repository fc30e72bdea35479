//! Namespaces, with the labels and annotations that Istio reads.

use scenario::topology::{Role, Topology};
use serde_json::{Map, Value, json};
use world::ClusterName;

use crate::{
    Object, gateway,
    site::{ISTIO_SYSTEM, system_namespace},
};

/// The network of all pods of a cluster that do not say otherwise.
pub(crate) const NETWORK_LABEL: &str = "topology.istio.io/network";
/// Which control planes may write into this cluster.
const CONTROL_PLANES: &str = "topology.istio.io/controlPlaneClusters";

/// The namespaces of Istio in a cluster.
pub(crate) fn of_istio(topology: &Topology, cluster: &ClusterName) -> Vec<Object> {
    let system = system_namespace(topology, cluster);
    let mut namespaces = vec![system_object(topology, cluster, system)];
    // The front door of an external control plane, and gateways of clusters that it serves.
    let elsewhere = |namespace: &str| namespace != system;
    let mut others: Vec<&str> = topology
        .gateways()
        .iter()
        .filter(|gateway| gateway.cluster == *cluster)
        .map(|gateway| gateway::namespace(topology, gateway))
        .filter(|namespace| elsewhere(namespace))
        .collect();
    if is_external(topology, cluster) {
        others.push(ISTIO_SYSTEM);
    }
    others.sort_unstable();
    others.dedup();
    namespaces.extend(
        others
            .into_iter()
            .map(|name| namespace(name, Map::new(), Map::new())),
    );
    namespaces
}

fn is_external(topology: &Topology, cluster: &ClusterName) -> bool {
    let member = topology.member(cluster);
    member.is_some_and(|member| matches!(member.role, Role::ExternalControlPlane { .. }))
}

fn system_object(topology: &Topology, cluster: &ClusterName, name: &str) -> Object {
    let mut labels = Map::new();
    let mut annotations = Map::new();
    let holds_workloads = topology
        .member(cluster)
        .is_some_and(|member| member.role.has_workloads());
    if let Some(network) = topology.network_of(cluster).filter(|_| holds_workloads) {
        labels.insert(NETWORK_LABEL.to_owned(), json!(network.as_str()));
    }
    let writers = writers(topology, cluster);
    if !writers.is_empty() {
        annotations.insert(CONTROL_PLANES.to_owned(), json!(writers.join(",")));
    }
    namespace(name, labels, annotations)
}

/// The control planes that may write root certificates and webhook bundles here, by the name that
/// their istiod goes by. A configuration cluster needs no permission: it is its istiod's own.
fn writers<'a>(topology: &'a Topology, cluster: &'a ClusterName) -> Vec<&'a str> {
    let Some(member) = topology.member(cluster) else {
        return Vec::new();
    };
    let sources = member.role.sources().iter();
    sources
        .filter_map(|source| topology.config_cluster(source))
        .filter(|id| *id != cluster)
        .map(ClusterName::as_str)
        .collect()
}

/// A namespace.
pub(crate) fn namespace(
    name: &str,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
) -> Object {
    let mut metadata = json!({ "name": name });
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    if !labels.is_empty() {
        metadata["labels"] = Value::Object(labels);
    }
    Object::rendered(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
}
