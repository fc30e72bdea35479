//! Discovery that goes one way only.

use scenario::Topology;
use world::ClusterName;

use super::remote_secret::{self, RemoteSecret};
use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "one-way-remote-secret",
    severity: Severity::Warning,
    summary: "A control plane that another one reads does not read it back: calls go one way.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    declared(unit, notes);
    let planes = unit.control_planes();
    let secrets: Vec<RemoteSecret<'_>> = remote_secret::all(unit).collect();
    for secret in &secrets {
        let (Some(here), Some(there)) = (
            secret.stored_in(),
            planes.iter().find(|plane| plane.as_str() == secret.key),
        ) else {
            continue;
        };
        let mut back = secrets.iter();
        let is_read_back =
            back.any(|other| other.stored_in() == Some(there) && other.key == here.as_str());
        if planes.contains(here) && !is_read_back {
            notes.add(
                &secret.at,
                format!("{here} discovers {there}, and {there} has no remote secret for {here}"),
                format!("create a remote secret for {here} in {there}"),
            );
        }
    }
}

fn declared(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for plane in topology.control_planes() {
        for other in topology
            .control_planes()
            .filter(|other| sees(topology, other, plane))
        {
            if other != plane && same_mesh(topology, plane, other) && !sees(topology, plane, other)
            {
                notes.add(
                    &at.keys(&["clusters", plane.as_str(), "discovers"]),
                    format!("{other} discovers {plane}, and {plane} does not discover {other}"),
                    format!("add {other} to 'discovers' of {plane}, or remove 'discovers'"),
                );
            }
        }
    }
}

fn sees(topology: &Topology, plane: &ClusterName, other: &ClusterName) -> bool {
    topology
        .member(plane)
        .is_some_and(|member| member.discovers.contains(other))
}

fn same_mesh(topology: &Topology, a: &ClusterName, b: &ClusterName) -> bool {
    let mesh = |cluster| {
        topology
            .member(cluster)
            .and_then(|member| member.mesh.as_ref())
    };
    mesh(a) == mesh(b)
}
