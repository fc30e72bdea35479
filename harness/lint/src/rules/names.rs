//! Names are resolved in the client's own cluster.

use scenario::{
    Scenario, Topology,
    draft::ServiceType,
    scenario::{Action, Calls, CheckKind, Destination, Workload},
};
use world::{Client, ClusterName};

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "dns-name-without-service",
    severity: Severity::Warning,
    summary: "A name without a Service in the client's cluster resolves only where the sidecar answers DNS.",
    check,
};

const CAPTURE: &str = "ISTIO_META_DNS_CAPTURE";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((scenario, at)) = &unit.scenario else {
        return;
    };
    for (number, step) in scenario.steps().iter().enumerate() {
        let Some((keys, calls)) = called(&step.action) else {
            continue;
        };
        let Destination::Host { host, .. } = &calls.to else {
            continue;
        };
        let mut workloads = scenario.workloads().values();
        let Some(server) = workloads.find(|one| one.is_called(host)) else {
            continue;
        };
        let at = at.key("steps").index(number).keys(keys).key("to");
        for client in &calls.from {
            if let Some(message) = unresolved(unit, scenario, client, (host, server)) {
                notes.add(
                    &at,
                    message,
                    "add the client's cluster to 'stubIn' of the workload",
                );
            }
        }
    }
}

/// The calls of a step that are meant to be answered, and where they are written.
fn called(action: &Action) -> Option<(&'static [&'static str], &Calls)> {
    match action {
        Action::Traffic(traffic) => Some((&["traffic"], &traffic.calls)),
        Action::Check(check) => match &check.kind {
            CheckKind::Reachable { calls, .. } => Some((&["check", "reachable"], calls)),
            CheckKind::Share { calls, .. } => Some((&["check", "share"], calls)),
            CheckKind::Mtls { calls, .. } => Some((&["check", "mtls"], calls)),
            CheckKind::Refused { .. }
            | CheckKind::Dns { .. }
            | CheckKind::Ready { .. }
            | CheckKind::Pods { .. }
            | CheckKind::Synced { .. }
            | CheckKind::Endpoints { .. }
            | CheckKind::Budget { .. }
            | CheckKind::Failover { .. } => None,
        },
        Action::Fault(_) | Action::Heal(_) | Action::Wait(_) | Action::Change(_) => None,
    }
}

fn unresolved(
    unit: &Unit,
    scenario: &Scenario,
    client: &Client,
    (host, server): (&str, &Workload),
) -> Option<String> {
    // Machines resolve by their sidecar, and clients outside call gateways.
    let Client::Pod {
        cluster, workload, ..
    } = client
    else {
        return None;
    };
    let resolves = has_service(server, cluster)
        || is_applied(unit, server, cluster)
        || captures(
            scenario.topology(),
            scenario.workloads().get(workload),
            cluster,
        );
    (!resolves)
        .then(|| format!("there is no Service '{host}' in {cluster}, where {workload} calls it"))
}

fn has_service(server: &Workload, cluster: &ClusterName) -> bool {
    server.service != ServiceType::None
        && (server.runs_in(cluster) || server.stubs.contains(cluster))
}

/// A Service that a step applies.
fn is_applied(unit: &Unit, server: &Workload, cluster: &ClusterName) -> bool {
    unit.of_kind("Service").any(|service| {
        service.cluster.as_ref() == Some(cluster)
            && service.name() == server.name.as_str()
            && service.namespace() == server.namespace.as_str()
    })
}

/// Whether the sidecar of a client answers DNS: by its own annotation or by the mesh's default.
fn captures(topology: &Topology, client: Option<&Workload>, cluster: &ClusterName) -> bool {
    let own = client.and_then(|client| client.annotations.get("proxy.istio.io/config"));
    let mesh = topology.mesh_of(cluster).and_then(|mesh| {
        let defaults = mesh.mesh_config.0.get("defaultConfig")?;
        defaults.get("proxyMetadata")?.get(CAPTURE)?.as_str()
    });
    mesh == Some("true") || own.is_some_and(|config| config.contains(CAPTURE))
}
