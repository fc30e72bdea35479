//! How istiod learns which network a gateway leads into.

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "missing-network-label",
    severity: Severity::Error,
    summary: "A cluster or gateway whose network is not said is unreachable from other networks.",
    check,
};

const LABEL: &str = "topology.istio.io/network";
const PASSTHROUGH: u64 = 15443;

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    gateways(unit, notes);
    values(unit, notes);
}

/// Gateways between networks are found by a label of their Service.
fn gateways(unit: &Unit, notes: &mut Notes<'_>) {
    let services = unit.of_kind("Service");
    for service in
        services.filter(|service| is_east_west(service) && service.label(LABEL).is_none())
    {
        notes.add(
            &service.at.keys(&["metadata", "labels"]),
            format!(
                "istiod does not take '{}' for a gateway into any network",
                service.name()
            ),
            format!("add the label '{LABEL}: NETWORK' to the Service"),
        );
    }
}

fn is_east_west(service: &Object) -> bool {
    let mut ports = service.list("/spec/ports").iter();
    service.text("/spec/type") == "LoadBalancer"
        && ports.any(|port| port["port"].as_u64() == Some(PASSTHROUGH))
}

/// Values must not take away or contradict what the topology says.
fn values(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    if topology.substrate().networks.len() < 2 {
        return;
    }
    for (cluster, member) in topology.members() {
        let written = member
            .values
            .0
            .get("global")
            .and_then(|global| global.get("network"));
        let network = topology.network_of(cluster).map(|network| network.as_str());
        if let Some(written) = written.filter(|written| written.as_str() != network) {
            let at = at.keys(&["clusters", cluster.as_str(), "values", "global", "network"]);
            notes.add(
                &at,
                format!(
                    "proxies of {cluster} are told the network {written}, and it stands in {}",
                    network.unwrap_or_default()
                ),
                "remove 'global.network': it follows from the cluster's network",
            );
        }
    }
}
