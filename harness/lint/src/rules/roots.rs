//! Certificates are believed only below the same root.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "different-roots",
    severity: Severity::Error,
    summary: "Workloads whose certificates come from different roots refuse each other's mutual TLS.",
    check,
};

const FILE: &str = "root-cert.pem";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    declared(unit, notes);
    let secrets: Vec<&Object> = unit
        .of_kind("Secret")
        .filter(|secret| secret.name() == "cacerts")
        .collect();
    for (i, secret) in secrets.iter().enumerate() {
        let others = secrets[..i].iter();
        let mut twins = others.filter(|other| other.is_twin_of(secret));
        if let Some(other) = twins.find(|other| root(other) != root(secret)) {
            notes.add(
                &secret.at,
                format!(
                    "its root is another than that of 'cacerts' in {}",
                    other.cluster_word()
                ),
                "sign the intermediates of all clusters by one root, or list both roots in both",
            );
        }
    }
}

/// Only one root can be said for each cluster of a mesh, and that of the mesh is the usual one.
fn declared(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for (cluster, member) in topology.members() {
        let usual = topology.mesh_of(cluster).map(|mesh| &mesh.root);
        if member.role.runs_istiod() && usual.is_some_and(|root| *root != member.root) {
            notes.add(
                &at.keys(&["clusters", cluster.as_str(), "root"]),
                format!("{cluster} is below another root than the rest of its mesh"),
                "remove 'root', unless the mesh is being moved from one root to another",
            );
        }
    }
}

/// The root certificate in a Secret, as text.
fn root(secret: &Object) -> Option<String> {
    let plain = secret
        .value
        .get("stringData")
        .and_then(|data| data.get(FILE)?.as_str());
    let encoded = secret
        .value
        .get("data")
        .and_then(|data| data.get(FILE)?.as_str());
    let decoded = encoded.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    plain
        .map(str::to_owned)
        .or(decoded)
        .map(|text| text.trim().to_owned())
}
