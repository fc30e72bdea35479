//! Only mutual TLS of the mesh passes a gateway between networks.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "tls-mode-stays-local",
    severity: Severity::Warning,
    summary: "With a TLS mode other than ISTIO_MUTUAL the endpoints of other networks are not used.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    if !unit.spans_networks() {
        return;
    }
    for rule in unit
        .of_kind("DestinationRule")
        .filter(|rule| is_of_the_mesh(rule))
    {
        let mode = rule
            .value
            .pointer("/spec/trafficPolicy/tls/mode")
            .and_then(Json::as_str);
        if let Some(mode @ ("DISABLE" | "SIMPLE" | "MUTUAL")) = mode {
            notes.add(
                &rule.at.keys(&["spec", "trafficPolicy", "tls", "mode"]),
                format!(
                    "'{mode}' keeps calls to '{}' in the client's own network",
                    rule.text("/spec/host")
                ),
                "remove the TLS mode, or write ISTIO_MUTUAL",
            );
        }
    }
}

/// Whether its host is a Service of the cluster; other hosts need whatever mode they have.
fn is_of_the_mesh(rule: &Object) -> bool {
    let host = rule.text("/spec/host");
    host.ends_with(".local") || host.ends_with(".svc") || host.split('.').count() <= 2
}
