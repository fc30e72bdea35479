//! PeerAuthentication, and what clients assume from it.

use std::collections::{BTreeMap, BTreeSet};

use istio::{
    kinds::{
        Object, PeerAuthentication,
        peer_authentication::{MtlsMode, MutualTls},
        selector::Labels,
    },
    tls::{PeerAuthentications, ServerMode, ServiceTls, assumed_mode, peer_authentication},
};
use serde::Deserialize;

use super::objects;
use crate::case::Case;

/// A policy as vectors write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    namespace: String,
    #[serde(default)]
    name: String,
    selector: Option<Labels>,
    mode: Option<MtlsMode>,
    #[serde(default)]
    port_level: BTreeMap<u16, Option<MtlsMode>>,
    #[serde(default)]
    created_offset_s: f64,
}

impl Policy {
    pub(crate) fn object(self) -> Object<PeerAuthentication> {
        let mutual = |mode: Option<MtlsMode>| MutualTls {
            mode: mode.unwrap_or_default(),
        };
        Object {
            metadata: objects::metadata(&self.namespace, &self.name, self.created_offset_s),
            spec: PeerAuthentication {
                selector: objects::selector(self.selector),
                mtls: self.mode.map(|mode| MutualTls { mode }),
                port_level_mtls: self
                    .port_level
                    .into_iter()
                    .map(|(p, m)| (p, mutual(m)))
                    .collect(),
            },
        }
    }
}

fn objects_of(policies: Vec<Policy>) -> Vec<Object<PeerAuthentication>> {
    policies.into_iter().map(Policy::object).collect()
}

fn name_of(mode: Option<ServerMode>) -> String {
    mode.map_or_else(|| "UNKNOWN".to_owned(), |mode| mode.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compose {
    root_namespace: String,
    matching_policies: Vec<Policy>,
}

pub(crate) fn compose(case: &mut Case<'_>) -> Result<(), String> {
    let input: Compose = case.input()?;
    let policies = objects_of(input.matching_policies);
    let policies: Vec<_> = policies.iter().collect();
    let modes = peer_authentication::compose(&input.root_namespace, &policies).value;
    case.came_out("mode", modes.mode.to_string());
    let per_port = modes
        .per_port
        .iter()
        .map(|(port, mode)| (port.to_string(), mode.to_string()));
    case.came_out("per_port", per_port.collect::<BTreeMap<_, _>>());
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Select {
    root_namespace: String,
    policies: Vec<Policy>,
    workload_namespace: String,
    workload_labels: Labels,
}

pub(crate) fn select(case: &mut Case<'_>) -> Result<(), String> {
    let input: Select = case.input()?;
    let objects = objects_of(input.policies);
    let known = PeerAuthentications::new(&objects, &input.root_namespace);
    let selected = known
        .for_workload(&input.workload_namespace, &input.workload_labels)
        .value;
    let name = |o: &&Object<_>| format!("{}/{}", o.metadata.namespace, o.metadata.name);
    case.came_out("selected", selected.iter().map(name).collect::<Vec<_>>());
    case.came_out(
        "namespace_mode",
        name_of(known.namespace_mode(&input.workload_namespace)),
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    root_namespace: String,
    policies: Vec<Policy>,
    requested_namespaces: BTreeSet<String>,
}

pub(crate) fn scope(case: &mut Case<'_>) -> Result<(), String> {
    let input: Scope = case.input()?;
    let objects = objects_of(input.policies);
    let known = PeerAuthentications::new(&objects, &input.root_namespace);
    let scoped = known.scoped_to(&input.requested_namespaces).value;
    case.came_out(
        "namespaces_with_policies",
        scoped.namespaces().collect::<Vec<_>>(),
    );
    let without: Vec<String> = case.expected_as("namespaces_without")?.unwrap_or_default();
    for namespace in without {
        case.hold(scoped.namespaces().all(|known| known != namespace), || {
            format!("namespace {namespace} has policies")
        });
    }
    case.came_out("global_mode", name_of(scoped.mesh_mode()));
    let modes: BTreeMap<String, String> = case.expected_as("namespace_modes")?.unwrap_or_default();
    for (namespace, expected) in modes {
        let actual = name_of(scoped.namespace_mode(&namespace));
        case.hold(actual == expected, || {
            format!("{namespace}: expected {expected}, came out {actual}")
        });
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceMode {
    namespace_policies: BTreeMap<String, MtlsMode>,
    workload_policies: Vec<Policy>,
    service_namespace: String,
    service_kind: ServiceKind,
    instances_tls_capable: Vec<bool>,
    mesh_external: bool,
}

#[derive(Deserialize, PartialEq)]
enum ServiceKind {
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    Headless,
}

/// A root namespace that none of the vectors has policies in.
const ROOT: &str = "istio-system";

pub(crate) fn service_mode(case: &mut Case<'_>) -> Result<(), String> {
    let input: ServiceMode = case.input()?;
    let mut objects = objects_of(input.workload_policies);
    objects.extend(
        input
            .namespace_policies
            .into_iter()
            .map(|(namespace, mode)| Object {
                metadata: objects::metadata(&namespace, "default", 0.0),
                spec: PeerAuthentication {
                    mtls: Some(MutualTls { mode }),
                    ..PeerAuthentication::default()
                },
            }),
    );
    let service = ServiceTls {
        namespace: &input.service_namespace,
        mesh_external: input.mesh_external,
        passthrough: input.service_kind == ServiceKind::Headless,
        endpoints_capable: &input.instances_tls_capable,
    };
    let policies = PeerAuthentications::new(&objects, ROOT);
    case.came_out("mode", name_of(assumed_mode(&policies, service).value));
    Ok(())
}
