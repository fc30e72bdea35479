//! What a gateway lets into a network.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "exposure-without-services",
    severity: Severity::Error,
    summary: "A gateway between networks passes only the hosts it lists; services are called '….local'.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    for gateway in unit.of_kind("Gateway") {
        for (index, server) in gateway.list("/spec/servers").iter().enumerate() {
            if server.pointer("/tls/mode") != Some(&Json::from("AUTO_PASSTHROUGH")) {
                continue;
            }
            if !hosts(server).any(|host| host == "*" || host.ends_with(".local")) {
                let at = gateway
                    .at
                    .keys(&["spec", "servers"])
                    .index(index)
                    .key("hosts");
                notes.add(
                    &at,
                    "no service of the mesh has such a name, so that nothing is let in",
                    "write '*.local'",
                );
            }
        }
    }
}

fn hosts(server: &Json) -> impl Iterator<Item = &str> {
    let hosts = server.get("hosts").and_then(Json::as_array);
    let hosts = hosts.into_iter().flatten().filter_map(Json::as_str);
    // A host may be preceded by the namespaces that it is for.
    hosts.map(|host| host.rsplit('/').next().unwrap_or(host))
}
