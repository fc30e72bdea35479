//! Sidecar: what of the mesh a workload's proxy knows.

use serde::{Deserialize, Serialize};

use super::{WorkloadSelector, port::ListenerPort};

/// What of the mesh the selected workloads' proxies know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sidecar {
    /// The workloads it is for; unset is the namespace, or the mesh in the root namespace.
    pub workload_selector: Option<WorkloadSelector>,
    /// Ports of the workload in place of what its Services say.
    pub ingress: Vec<IngressListener>,
    /// What it imports; empty is what a proxy without Sidecar knows.
    pub egress: Vec<EgressListener>,
    /// What happens to destinations that it does not know; unset is the mesh's.
    pub outbound_traffic_policy: Option<OutboundTrafficPolicy>,
}

/// A port of the workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressListener {
    /// The port that the proxy takes.
    pub port: ListenerPort,
    /// Where the application listens, as `address:port`; empty is the same port.
    #[serde(default)]
    pub default_endpoint: String,
}

/// Hosts that are imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EgressListener {
    /// Only on this port; unset is on all.
    #[serde(default)]
    pub port: Option<ListenerPort>,
    /// The hosts as `namespace/host`; the namespace may be `*`, `.` or `~`.
    pub hosts: Vec<String>,
}

/// What happens to destinations that are not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OutboundTrafficPolicy {
    /// The mode.
    pub mode: OutboundMode,
}

/// What happens to destinations that are not known.
///
/// Written without a mode it is `REGISTRY_ONLY`, the first value of Istio's enumeration; without
/// the whole policy it is `ALLOW_ANY`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutboundMode {
    /// They are refused.
    #[default]
    RegistryOnly,
    /// They are forwarded as they are.
    AllowAny,
}
