//! WorkloadGroup: the form of workloads that register themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::WorkloadEntry;

/// What a workload that registers itself becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadGroup {
    /// Metadata of the entries.
    #[serde(default)]
    pub metadata: Option<ObjectMeta>,
    /// The entry, but for its address.
    pub template: WorkloadEntry,
    /// How an entry's health is found out; unset is always healthy.
    #[serde(default)]
    pub probe: Option<ReadinessProbe>,
}

/// Metadata of the entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ObjectMeta {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// How a workload's health is found out by its own proxy. Seconds and numbers as in Kubernetes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReadinessProbe {
    /// Seconds before the first probe; unset is 0.
    pub initial_delay_seconds: Option<u32>,
    /// Seconds that a probe may take; unset is 1.
    pub timeout_seconds: Option<u32>,
    /// Seconds between probes; unset is 10.
    pub period_seconds: Option<u32>,
    /// Successes in a row that make it healthy; unset is 1.
    pub success_threshold: Option<u32>,
    /// Failures in a row that make it unhealthy; unset is 3.
    pub failure_threshold: Option<u32>,
    /// By an HTTP request.
    pub http_get: Option<HttpHealthCheck>,
    /// By opening a connection.
    pub tcp_socket: Option<TcpHealthCheck>,
    /// By a command.
    pub exec: Option<ExecHealthCheck>,
}

/// Healthy if a GET is answered with 200 to 399.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpHealthCheck {
    /// The path; unset is `/`.
    #[serde(default)]
    pub path: Option<String>,
    /// The port.
    pub port: u16,
    /// The host; unset is the workload's own.
    #[serde(default)]
    pub host: Option<String>,
    /// The scheme; unset is `HTTP`.
    #[serde(default)]
    pub scheme: Option<String>,
    /// Headers that are sent.
    #[serde(default)]
    pub http_headers: Vec<HttpHeader>,
}

/// A header of a health check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Healthy if a connection opens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TcpHealthCheck {
    /// The host; unset is the workload's own.
    #[serde(default)]
    pub host: Option<String>,
    /// The port.
    pub port: u16,
}

/// Healthy if a command ends with 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecHealthCheck {
    /// The command and its arguments.
    pub command: Vec<String>,
}
