//! The key of a remote secret is the name of the cluster.

use super::remote_secret::{self, RemoteSecret};
use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "remote-secret-key",
    severity: Severity::Error,
    summary: "istiod takes the key in a remote secret for the cluster's name; proxies of another name are refused.",
    check,
};

const ANNOTATION: &str = "networking.istio.io/cluster";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    for secret in remote_secret::all(unit) {
        if let Some(name) = other_name(&secret, unit) {
            notes.add(
                &secret.at,
                format!("the key is '{}', and {name}", secret.key),
                "use the name that the cluster's istiod or proxies have as 'clusterName'",
            );
        }
    }
}

/// In what the key differs from the name of the cluster.
fn other_name(secret: &RemoteSecret<'_>, unit: &Unit) -> Option<String> {
    if let Some(annotated) = secret
        .object
        .annotation(ANNOTATION)
        .filter(|name| *name != secret.key)
    {
        return Some(format!("the secret is annotated as that of '{annotated}'"));
    }
    let clusters = unit.clusters();
    let is_known = clusters
        .iter()
        .any(|cluster| cluster.as_str() == secret.key);
    (clusters.len() > 1 && !is_known).then(|| {
        let names: Vec<&str> = clusters.iter().map(|cluster| cluster.as_str()).collect();
        format!("the clusters here are {}", names.join(", "))
    })
}
