//! Configuration of a proxy: the mesh's default, or a pod's own by annotation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{IstioDuration, workload_group::ReadinessProbe};

/// Configuration of a proxy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// Where its control plane is, as `host:port`.
    pub discovery_address: Option<String>,
    /// Which mesh it belongs to.
    pub mesh_id: Option<String>,
    /// Environment of its agent, such as `ISTIO_META_DNS_CAPTURE`.
    pub proxy_metadata: BTreeMap<String, String>,
    /// More roots that it trusts.
    pub ca_certificates_pem: Vec<String>,
    /// How long it drains connections after a change of configuration; unset is 45 s.
    pub drain_duration: Option<IstioDuration>,
    /// How long it drains connections when its pod ends; unset is 5 s.
    pub termination_drain_duration: Option<IstioDuration>,
    /// Whether the application starts after it.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// How a workload on a VM is found healthy.
    pub readiness_probe: Option<ReadinessProbe>,
    /// How connections are captured.
    pub interception_mode: Option<InterceptionMode>,
    /// Worker threads; no rule reads it.
    pub concurrency: Option<u32>,
    /// The agent's port; no rule reads it.
    pub status_port: Option<u16>,
    /// The image's flavour; no rule reads it.
    pub image: Option<ProxyImage>,
    /// Tracing in any of its forms; no rule reads it.
    pub tracing: Option<serde_json::Value>,
    /// Which metrics there are; no rule reads it.
    pub proxy_stats_matcher: Option<ProxyStatsMatcher>,
    /// More tags of metrics; no rule reads it.
    pub extra_stat_tags: Vec<String>,
    /// What stands in front of a gateway.
    pub gateway_topology: Option<Topology>,
}

/// How connections are captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterceptionMode {
    /// By redirection, which loses the client's address.
    Redirect,
}

/// The flavour of the proxy's image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyImage {
    /// Such as `distroless`.
    pub image_type: String,
}

/// Which metrics a proxy has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyStatsMatcher {
    /// By how they begin.
    pub inclusion_prefixes: Vec<String>,
    /// By how they end.
    pub inclusion_suffixes: Vec<String>,
    /// By expressions.
    pub inclusion_regexps: Vec<String>,
}

/// What stands in front of a gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Topology {
    /// Proxies whose forwarding headers are believed.
    pub num_trusted_proxies: u32,
}
