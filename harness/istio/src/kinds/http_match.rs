//! Which requests and connections a route is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StringMatch;

/// Requests: everything that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpMatchRequest {
    /// A name for people; no rule reads it.
    pub name: Option<String>,
    /// The path with its query.
    pub uri: Option<StringMatch>,
    /// The scheme.
    pub scheme: Option<StringMatch>,
    /// The method.
    pub method: Option<StringMatch>,
    /// The authority.
    pub authority: Option<StringMatch>,
    /// Headers.
    pub headers: BTreeMap<String, StringMatch>,
    /// Headers that must not match.
    pub without_headers: BTreeMap<String, StringMatch>,
    /// Query parameters.
    pub query_params: BTreeMap<String, StringMatch>,
    /// Whether the case of exact and prefix paths is disregarded.
    pub ignore_uri_case: bool,
    /// The service port.
    pub port: Option<u16>,
    /// Labels of the calling workload; not read by gateways.
    pub source_labels: BTreeMap<String, String>,
    /// The calling workload's namespace.
    pub source_namespace: Option<String>,
    /// Gateways that the route is for, in place of the VirtualService's.
    pub gateways: Vec<String>,
    /// A name in metrics; no rule reads it.
    pub stat_prefix: Option<String>,
}

/// TLS connections that are not terminated, by the name the client asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsMatchAttributes {
    /// Server names; a `*` may lead.
    pub sni_hosts: Vec<String>,
    /// Addresses or ranges of the destination.
    #[serde(default)]
    pub destination_subnets: Vec<String>,
    /// The service port.
    #[serde(default)]
    pub port: Option<u16>,
    /// Labels of the calling workload.
    #[serde(default)]
    pub source_labels: BTreeMap<String, String>,
    /// The calling workload's namespace.
    #[serde(default)]
    pub source_namespace: Option<String>,
    /// Gateways that the route is for.
    #[serde(default)]
    pub gateways: Vec<String>,
}

/// Connections of any protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct L4MatchAttributes {
    /// Addresses or ranges of the destination.
    pub destination_subnets: Vec<String>,
    /// The service port.
    pub port: Option<u16>,
    /// Labels of the calling workload.
    pub source_labels: BTreeMap<String, String>,
    /// The calling workload's namespace.
    pub source_namespace: Option<String>,
    /// Gateways that the route is for.
    pub gateways: Vec<String>,
}
