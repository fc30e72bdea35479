//! A gateway between networks finds the service by the name in TLS.

use scenario::draft::MtlsMode;

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "plaintext-across-networks",
    severity: Severity::Error,
    summary: "Without mutual TLS no call reaches another network: gateways there read the service from it.",
    check,
};

const REMEDY: &str = "use STRICT or PERMISSIVE, or put all clusters into one network";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    if !unit.spans_networks() {
        return;
    }
    if let Some((topology, at)) = unit.declared() {
        for (name, mesh) in topology.meshes() {
            if mesh.mtls == Some(MtlsMode::Disable) {
                let at = at.keys(&["meshes", name.as_str(), "mtls"]);
                notes.add(
                    &at,
                    "the mesh is in plaintext, and its clusters are in several networks",
                    REMEDY,
                );
            }
        }
    }
    let policies = unit.of_kind("PeerAuthentication");
    let whole_mesh = policies.filter(|policy| {
        policy.namespace() == "istio-system" && policy.value.pointer("/spec/selector").is_none()
    });
    for policy in whole_mesh.filter(|policy| policy.text("/spec/mtls/mode") == "DISABLE") {
        let at = policy.at.keys(&["spec", "mtls", "mode"]);
        notes.add(
            &at,
            "the mesh is in plaintext, and its clusters are in several networks",
            REMEDY,
        );
    }
}
