//! WorkloadEntry: one workload outside Kubernetes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::NetworkId;

/// A workload outside Kubernetes, or an endpoint that a ServiceEntry lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkloadEntry {
    /// Its address or name; may be empty if a network's gateway stands in for it.
    pub address: String,
    /// Its own ports, by the name of the service port.
    pub ports: BTreeMap<String, u16>,
    /// Its labels, by which services and policies select it.
    pub labels: BTreeMap<String, String>,
    /// The network it is in; the only thing that decides this for entries.
    pub network: NetworkId,
    /// Where it stands, as `region/zone/subzone`; empty is unknown.
    pub locality: String,
    /// Its share of the load; 0 is 1.
    pub weight: u32,
    /// The service account it runs as.
    pub service_account: String,
}
