//! How a client proxy picks a host.

use serde::{Deserialize, Serialize};

use super::{IstioDuration, LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting};

/// The policy of picking hosts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LoadBalancerSettings {
    /// One of the plain policies; unset is least request.
    pub simple: Option<SimpleLb>,
    /// Hosts by a hash of the request, in place of a plain policy.
    pub consistent_hash: Option<ConsistentHashLb>,
    /// Places, above the mesh's setting.
    pub locality_lb_setting: Option<LocalityLoadBalancerSetting>,
    /// Zones, above `locality_lb_setting`.
    pub zone_aware_lb_setting: Option<ZoneAwareLoadBalancerSetting>,
    /// The older form of `warmup.duration`.
    pub warmup_duration_secs: Option<IstioDuration>,
    /// How a new host's share grows.
    pub warmup: Option<WarmupConfiguration>,
}

/// A plain policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SimpleLb {
    /// Istio's choice, which is least request.
    Unspecified,
    /// Any host, whatever its weight.
    Random,
    /// To the address that the client asked for.
    Passthrough,
    /// In turn, by weight.
    RoundRobin,
    /// The one of few with the fewest requests in flight.
    #[serde(alias = "LEAST_CONN")]
    LeastRequest,
}

/// Picking by hash: what is hashed, and by which table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConsistentHashLb {
    /// A request header.
    pub http_header_name: Option<String>,
    /// A cookie, which is set if it is missing.
    pub http_cookie: Option<HttpCookie>,
    /// The client's address.
    pub use_source_ip: Option<bool>,
    /// A query parameter.
    pub http_query_parameter_name: Option<String>,
    /// The ring, which is the usual table.
    pub ring_hash: Option<RingHash>,
    /// Maglev's table.
    pub maglev: Option<MagLev>,
    /// The older form of `ringHash.minimumRingSize`.
    pub minimum_ring_size: Option<u64>,
}

/// A cookie that is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpCookie {
    /// Its name.
    pub name: String,
    /// Its path.
    #[serde(default)]
    pub path: Option<String>,
    /// How long it lives; zero for a session.
    #[serde(default)]
    pub ttl: Option<IstioDuration>,
}

/// A hash ring.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RingHash {
    /// Least number of places on the ring; unset is 1024.
    pub minimum_ring_size: Option<u64>,
}

/// Maglev's table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MagLev {
    /// Number of places; unset is 65537.
    pub table_size: Option<u64>,
}

/// Slow start of new hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarmupConfiguration {
    /// How long a host counts as new.
    pub duration: IstioDuration,
    /// Share of its weight in percent that it starts with; unset is 10.
    #[serde(default)]
    pub minimum_percent: Option<f64>,
    /// The curve's bend; unset is 1, which is a straight line.
    #[serde(default)]
    pub aggression: Option<f64>,
}
