//! Endpoints belong to a port by its name.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "port-names-differ",
    severity: Severity::Error,
    summary: "A port of another name in another cluster is another port: its endpoints there are never used.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let services: Vec<&Object> = unit.of_kind("Service").collect();
    for (i, service) in services.iter().enumerate() {
        for other in services[..i]
            .iter()
            .filter(|other| other.is_twin_of(service))
        {
            compare(service, other, notes);
        }
    }
}

fn compare(service: &Object, other: &Object, notes: &mut Notes<'_>) {
    for (index, port) in service.list("/spec/ports").iter().enumerate() {
        let mut ports = other.list("/spec/ports").iter();
        let Some(twin) = ports.find(|twin| twin["port"] == port["port"]) else {
            continue;
        };
        if name(twin) != name(port) {
            let at = service.at.keys(&["spec", "ports"]).index(index).key("name");
            notes.add(
                &at,
                format!(
                    "port {} is called '{}' here and '{}' in {}",
                    port["port"],
                    name(port),
                    name(twin),
                    other.cluster_word()
                ),
                "give the port one name in every cluster",
            );
        }
    }
}

fn name(port: &Json) -> &str {
    port.get("name").and_then(Json::as_str).unwrap_or_default()
}
