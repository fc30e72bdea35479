//! Control planes of one mesh may be one minor version apart.

use world::{ClusterName, Version};

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "istio-version-skew",
    severity: Severity::Warning,
    summary: "Istio is tested with control planes at most one minor version apart.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for mesh in topology.meshes().keys() {
        let members = topology.members().iter();
        let versions: Vec<(&ClusterName, &Version)> = members
            .filter(|(_, member)| member.mesh.as_ref() == Some(mesh))
            .flat_map(|(cluster, member)| {
                member
                    .revisions
                    .iter()
                    .map(move |one| (cluster, &one.version))
            })
            .collect();
        let newest = versions.iter().map(|(_, version)| *version).max();
        for (cluster, version) in &versions {
            if let Some(newest) = newest.filter(|newest| apart(version, newest) > 1) {
                notes.add(
                    &at.keys(&["clusters", cluster.as_str()]),
                    format!("{cluster} has Istio {version}, and the mesh has {newest}"),
                    "upgrade one minor version at a time, in every cluster",
                );
            }
        }
    }
}

fn apart(a: &Version, b: &Version) -> u64 {
    match a.major() == b.major() {
        true => a.minor().abs_diff(b.minor()),
        false => u64::MAX,
    }
}
