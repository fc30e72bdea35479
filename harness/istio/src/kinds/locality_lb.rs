//! Preferring places: failover, distribution and zone-aware load balancing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the places of endpoints are weighed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LocalityLoadBalancerSetting {
    /// Fixed shares per place; excludes the two below.
    pub distribute: Vec<Distribute>,
    /// Which region takes over for which.
    pub failover: Vec<Failover>,
    /// Labels that must agree, most important first, each a name or `name=value`.
    pub failover_priority: Vec<String>,
    /// `false` turns it off; unset is on.
    pub enabled: Option<bool>,
}

/// Shares of the traffic that comes from one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Distribute {
    /// The place of the client, as a pattern such as `region1/zone1/*`.
    pub from: String,
    /// Percent per pattern of places; they add up to 100.
    pub to: BTreeMap<String, u32>,
}

/// One region standing in for another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Failover {
    /// The region of the client.
    pub from: String,
    /// The region that takes over.
    pub to: String,
}

/// Balancing over zones by Envoy itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ZoneAwareLoadBalancerSetting {
    /// `false` turns it off.
    pub enabled: Option<bool>,
    /// Which region takes over for which.
    pub failover: Vec<Failover>,
    /// Labels that must agree, most important first.
    pub failover_priority: Vec<String>,
    /// Hosts below which zones are disregarded.
    pub min_cluster_size: Option<u32>,
}
