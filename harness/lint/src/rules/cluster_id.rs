//! Every cluster of a mesh has a name of its own.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "cluster-id-twice",
    severity: Severity::Error,
    summary: "Two clusters of one name are one cluster to istiod: the second one's secret is refused.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let istiods: Vec<(&Object, &str)> = unit
        .of_kind("Deployment")
        .filter_map(|one| Some((one, id(one)?)))
        .collect();
    for (i, (istiod, id)) in istiods.iter().enumerate() {
        let mut others = istiods[..i].iter();
        let other = others.find(|(other, its)| its == id && other.cluster != istiod.cluster);
        if let Some((other, _)) = other {
            notes.add(
                &istiod.at.keys(&["spec", "template", "spec", "containers"]),
                format!("CLUSTER_ID is '{id}', as in {}", other.cluster_word()),
                "give every cluster its own 'global.multiCluster.clusterName'",
            );
        }
    }
}

/// The name that an istiod has for its cluster.
fn id(deployment: &Object) -> Option<&str> {
    let mut containers = deployment.list("/spec/template/spec/containers").iter();
    let discovery = containers.find(|container| container["name"] == "discovery")?;
    let mut variables = discovery.get("env").and_then(Json::as_array)?.iter();
    let id = variables.find(|variable| variable["name"] == "CLUSTER_ID")?;
    id["value"].as_str()
}
