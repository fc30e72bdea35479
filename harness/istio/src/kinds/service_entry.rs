//! ServiceEntry: hosts that Kubernetes does not know, or does not know enough about.

use serde::{Deserialize, Serialize};

use super::{WorkloadEntry, WorkloadSelector, port::ServicePort};

/// Hosts, their ports and who answers for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceEntry {
    /// The hosts; a `*.` may lead.
    pub hosts: Vec<String>,
    /// Addresses or ranges by which clients reach them.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Their ports.
    #[serde(default)]
    pub ports: Vec<ServicePort>,
    /// Whether they belong to the mesh.
    #[serde(default)]
    pub location: Location,
    /// How endpoints are found.
    #[serde(default)]
    pub resolution: Resolution,
    /// Endpoints as a list; excludes `workload_selector`.
    #[serde(default)]
    pub endpoints: Vec<WorkloadEntry>,
    /// Endpoints by the labels of pods and entries in the same namespace.
    #[serde(default)]
    pub workload_selector: Option<WorkloadSelector>,
    /// The namespaces that see it; empty is the mesh's default.
    #[serde(default)]
    pub export_to: Vec<String>,
    /// Names of which the server's certificate must carry one.
    #[serde(default)]
    pub subject_alt_names: Vec<String>,
}

/// Whether a host belongs to the mesh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Location {
    /// Outside: no automatic mutual TLS, no way in through an east-west gateway.
    #[default]
    MeshExternal,
    /// Inside: automatic mutual TLS and secure naming.
    MeshInternal,
}

/// How endpoints are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Resolution {
    /// Not at all: the connection goes where the client meant it to go.
    #[default]
    None,
    /// By address, as listed or selected.
    Static,
    /// By name, all addresses that the name has.
    Dns,
    /// By name, one address at a time.
    DnsRoundRobin,
}
