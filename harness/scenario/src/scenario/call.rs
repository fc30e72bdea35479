//! Who calls whom, and how.

use std::{collections::BTreeSet, fmt, net::Ipv4Addr, time::Duration};

use serde::Serialize;
use world::{Client, ClusterName, Connection, Protocol, WorkloadName};

use super::scope::Scope;
use crate::{
    draft::{CallDraft, ConnectionDraft, ProtocolDraft},
    name::GatewayName,
    problem::{FieldPath, Findings, did_you_mean},
    term::OneOrMany,
    topology::{Gateway, GatewayKind},
};

/// The same call from some clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// The clients; never empty, each once.
    pub from: Vec<Client>,
    /// The target.
    pub to: Destination,
    /// How the application speaks.
    pub protocol: Protocol,
    /// Whether the client opens a connection for every call.
    pub connection: Connection,
    /// How long the client waits for an answer.
    pub timeout: Duration,
}

/// What is called. Gateways and pods get their address while the scenario runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Destination {
    /// A host as the application writes it.
    Host {
        /// A DNS name or an IPv4 address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The load-balancer address of a gateway; the `host` header says which service.
    Gateway {
        /// The gateway.
        name: GatewayName,
        /// Its cluster.
        cluster: ClusterName,
        /// The port.
        port: u16,
    },
    /// The address of a pod.
    Pod {
        /// Its workload.
        workload: WorkloadName,
        /// Its cluster.
        cluster: ClusterName,
        /// The port.
        port: u16,
    },
}

impl Destination {
    /// The port.
    pub fn port(&self) -> u16 {
        match self {
            Self::Host { port, .. } | Self::Gateway { port, .. } | Self::Pod { port, .. } => *port,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port } => write!(f, "{host}:{port}"),
            Self::Gateway {
                name,
                cluster,
                port,
            } => write!(f, "gateway:{name}@{cluster}:{port}"),
            Self::Pod {
                workload,
                cluster,
                port,
            } => write!(f, "pod:{workload}@{cluster}:{port}"),
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from: Vec<String> = self.from.iter().map(Client::to_string).collect();
        write!(f, "{} → {}", from.join(", "), self.to)
    }
}

/// Reads a call; `None` if something in it was reported.
pub(super) fn read(
    draft: &CallDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Calls> {
    let from = clients(&draft.from, scope, &at.key("from"), findings);
    let to = destination(&draft.to, scope, &at.key("to"), findings);
    let (from, to) = (from?, to?);
    if from.contains(&Client::Outside) && matches!(to, Destination::Host { .. }) {
        findings.value(
            &at.key("to"),
            "a client outside every cluster reaches gateways only",
            "write 'gateway:NAME@CLUSTER:port' and the service as a 'host' header",
        );
        return None;
    }
    Some(Calls {
        from,
        to,
        protocol: protocol(draft),
        connection: match draft.connection {
            ConnectionDraft::Fresh => Connection::Fresh,
            ConnectionDraft::Kept => Connection::Kept,
        },
        timeout: draft.timeout.as_duration(),
    })
}

fn protocol(draft: &CallDraft) -> Protocol {
    match draft.protocol {
        ProtocolDraft::Tcp => Protocol::Tcp,
        ProtocolDraft::Http => Protocol::Http {
            method: draft.method.as_str().into(),
            path: draft.path.as_str().into(),
            headers: draft.headers.clone(),
        },
    }
}

/// Reads clients; `None` if one of them was reported or there is none.
pub(super) fn clients(
    written: &OneOrMany<String>,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Vec<Client>> {
    let before = findings.len();
    let mut clients = BTreeSet::new();
    for (i, text) in written.iter().enumerate() {
        let at = match written {
            OneOrMany::One(_) => at.clone(),
            OneOrMany::Many(_) => at.index(i),
        };
        clients.extend(client(text, scope, &at, findings));
    }
    if clients.is_empty() && findings.len() == before {
        findings.value(
            at,
            "no client calls",
            "name at least one, for example sleep@*",
        );
    }
    (findings.len() == before).then(|| clients.into_iter().collect())
}

fn client(text: &str, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) -> Vec<Client> {
    if text == "outside" {
        return vec![Client::Outside];
    }
    if let Some(name) = text.strip_prefix("vm:") {
        return scope
            .vm(name, at, findings)
            .map(Client::Vm)
            .into_iter()
            .collect();
    }
    let Some((name, place)) = text.split_once('@') else {
        findings.value(
            at,
            format!("'{text}' does not say in which cluster the client is"),
            format!("write '{text}@*', '{text}@CLUSTER', 'vm:NAME' or 'outside'"),
        );
        return Vec::new();
    };
    let Some(workload) = scope.workload(name, at, findings) else {
        return Vec::new();
    };
    let client = |cluster: &ClusterName| Client::Pod {
        cluster: cluster.clone(),
        namespace: workload.namespace.clone(),
        workload: workload.name.clone(),
    };
    if place == "*" {
        return workload.places.keys().map(client).collect();
    }
    let cluster = scope.place_of(workload, place, at, findings);
    cluster.iter().map(client).collect()
}

/// Reads a target; `None` if it was reported.
pub(super) fn destination(
    text: &str,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Destination> {
    let port = text
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let Some((host, port @ 1..)) = port else {
        findings.value(
            at,
            format!("'{text}' has no port"),
            format!("write it as '{text}:5000'"),
        );
        return None;
    };
    if let Some(gateway) = host.strip_prefix("gateway:") {
        return gateway_destination(gateway, port, scope, at, findings);
    }
    if let Some(pod) = host.strip_prefix("pod:") {
        return pod_destination(pod, port, scope, at, findings);
    }
    if host.parse::<Ipv4Addr>().is_err() && !scope.knows_host(host) {
        findings.value(
            at,
            format!(
                "nothing here is called '{host}': no Service, no virtual machine, no applied object"
            ),
            did_you_mean(host, scope.hosts()),
        );
        return None;
    }
    check_port(host, port, scope, at, findings);
    Some(Destination::Host {
        host: host.to_owned(),
        port,
    })
}

fn check_port(host: &str, port: u16, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) {
    let served = scope
        .workload_of_host(host)
        .and_then(|workload| workload.port);
    if let Some(served) = served.filter(|served| *served != port && !scope.is_applied_host(host)) {
        findings.value(
            at,
            format!("the Service '{host}' does not listen on {port}"),
            format!("write '{host}:{served}'"),
        );
    }
}

fn gateway_destination(
    text: &str,
    port: u16,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Destination> {
    let gateway = known_gateway(text, scope, at, findings)?;
    if !gateway.ports.contains(&port) {
        let ports: Vec<String> = gateway.ports.iter().map(u16::to_string).collect();
        findings.value(
            at,
            format!("the gateway '{text}' does not listen on {port}"),
            format!("use one of: {}", ports.join(", ")),
        );
        return None;
    }
    if gateway.kind == GatewayKind::Egress {
        findings.value(
            at,
            format!("'{text}' is an egress gateway, which nobody calls by address"),
            "route to it with a VirtualService and call the outside host",
        );
        return None;
    }
    Some(Destination::Gateway {
        name: gateway.name.clone(),
        cluster: gateway.cluster.clone(),
        port,
    })
}

fn known_gateway<'a>(
    text: &str,
    scope: &Scope<'a>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<&'a Gateway> {
    let gateways = scope.topology.gateways();
    let names: Vec<String> = gateways
        .iter()
        .map(|gateway| format!("{}@{}", gateway.name, gateway.cluster))
        .collect();
    let found = names.iter().position(|name| name == text);
    if found.is_none() {
        findings.value(
            at,
            format!("there is no gateway '{text}'"),
            did_you_mean(text, names.iter().map(String::as_str)),
        );
    }
    found.map(|index| &gateways[index])
}

fn pod_destination(
    text: &str,
    port: u16,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Destination> {
    let Some((name, place)) = text.split_once('@') else {
        findings.value(
            at,
            format!("'pod:{text}' does not say in which cluster the pod is"),
            format!("write 'pod:{text}@CLUSTER:{port}'"),
        );
        return None;
    };
    let workload = scope.workload(name, at, findings)?;
    let cluster = scope.place_of(workload, place, at, findings)?;
    Some(Destination::Pod {
        workload: workload.name.clone(),
        cluster,
        port,
    })
}
