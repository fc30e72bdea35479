//! Istio's configuration is read in the config cluster of each control plane, and nowhere else.

use std::collections::BTreeSet;

use world::ClusterName;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "configuration-in-one-primary",
    severity: Severity::Warning,
    summary: "A rule that only some control planes hold is only obeyed by their own proxies.",
    check,
};

/// Kinds that are meant for a whole mesh; gateways and entries often stand in one cluster.
const KINDS: [&str; 4] = [
    "AuthorizationPolicy",
    "DestinationRule",
    "PeerAuthentication",
    "VirtualService",
];

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let ours = unit
        .objects
        .iter()
        .filter(|object| KINDS.contains(&object.kind()));
    for object in ours.clone() {
        let Some(cluster) = &object.cluster else {
            continue;
        };
        let held: BTreeSet<&ClusterName> = ours
            .clone()
            .filter(|other| std::ptr::eq(*other, object) || other.is_twin_of(object))
            .filter_map(|other| other.cluster.as_ref())
            .collect();
        let missing: Vec<&str> = readers(unit, cluster)
            .into_iter()
            .filter(|reader| !held.contains(reader))
            .map(ClusterName::as_str)
            .collect();
        // What binds to gateways is for the cluster of that gateway.
        if !missing.is_empty() && !is_of_a_gateway(object) {
            notes.add(
                &object.at,
                format!(
                    "proxies configured in {} do not obey {} '{}'",
                    missing.join(", "),
                    object.kind(),
                    object.name()
                ),
                "apply it to the config cluster of every control plane",
            );
        }
    }
}

/// The clusters of the same mesh whose API servers hold configuration; none if that is not known.
fn readers<'a>(unit: &'a Unit, cluster: &'a ClusterName) -> BTreeSet<&'a ClusterName> {
    let Some(declared) = &unit.topology else {
        return unit.control_planes();
    };
    let topology = &declared.topology;
    let mesh = |cluster| {
        topology
            .member(cluster)
            .and_then(|member| member.mesh.as_ref())
    };
    let planes = topology
        .control_planes()
        .filter(|plane| mesh(plane) == mesh(cluster));
    planes
        .filter_map(|plane| topology.config_cluster(plane))
        .collect()
}

fn is_of_a_gateway(object: &Object) -> bool {
    let gateways = object.list("/spec/gateways");
    let selects = object
        .value
        .pointer("/spec/selector/matchLabels/istio")
        .is_some();
    selects || (!gateways.is_empty() && gateways.iter().all(|gateway| gateway != "mesh"))
}
