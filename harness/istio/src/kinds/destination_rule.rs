//! DestinationRule: what clients do towards a host, and its subsets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MatchLabels, TrafficPolicy};

/// What client proxies do towards a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationRule {
    /// The host; short names are completed with the rule's namespace.
    pub host: String,
    /// The policy of every subset and port that has none of its own.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
    /// Named groups of endpoints.
    #[serde(default)]
    pub subsets: Vec<Subset>,
    /// The namespaces that see the rule; empty is the mesh's default.
    #[serde(default)]
    pub export_to: Vec<String>,
    /// The client workloads it is for; unset is all.
    #[serde(default)]
    pub workload_selector: Option<MatchLabels>,
}

/// A named group of endpoints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subset {
    /// Its name, as routes and the server name of cross-network calls carry it.
    pub name: String,
    /// Labels that its endpoints carry.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its policy, field by field over the rule's.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
}
