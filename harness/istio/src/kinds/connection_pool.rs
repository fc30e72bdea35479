//! How many connections a client proxy opens, and how long it keeps them.

use serde::{Deserialize, Serialize};

use super::IstioDuration;

/// Limits of a client proxy towards one service; each counts per Envoy process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConnectionPoolSettings {
    /// For every kind of traffic.
    pub tcp: Option<TcpSettings>,
    /// For HTTP on top.
    pub http: Option<HttpSettings>,
}

/// Limits on connections.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpSettings {
    /// Connections at once; unset is 2^32-1.
    pub max_connections: Option<u32>,
    /// How long a connection may take to open; unset is the mesh's, which is 10 s.
    pub connect_timeout: Option<IstioDuration>,
    /// Keep-alive packets.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// After which age a connection is drained.
    pub max_connection_duration: Option<IstioDuration>,
    /// After which silence a connection is closed; unset is one hour.
    pub idle_timeout: Option<IstioDuration>,
}

/// Keep-alive packets on a connection; what is unset is the operating system's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpKeepalive {
    /// Packets without an answer before the connection counts as dead.
    pub probes: Option<u32>,
    /// Silence before the first packet.
    pub time: Option<IstioDuration>,
    /// Time between packets.
    pub interval: Option<IstioDuration>,
}

/// Limits on requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Requests that may wait for a connection.
    pub http1_max_pending_requests: Option<u32>,
    /// Requests in flight at once.
    pub http2_max_requests: Option<u32>,
    /// Requests after which a connection is closed; 1 turns keep-alive off.
    pub max_requests_per_connection: Option<u32>,
    /// Retries in flight at once.
    pub max_retries: Option<u32>,
    /// After which silence a connection is closed; unset is one hour.
    pub idle_timeout: Option<IstioDuration>,
    /// Whether HTTP/1.1 becomes HTTP/2 between the proxies.
    pub h2_upgrade_policy: Option<H2UpgradePolicy>,
    /// Whether the upstream protocol is the client's own.
    pub use_client_protocol: Option<bool>,
    /// Streams at once on one HTTP/2 connection.
    pub max_concurrent_streams: Option<u32>,
}

/// Whether HTTP/1.1 becomes HTTP/2 between the proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum H2UpgradePolicy {
    /// As the mesh says.
    Default,
    /// It stays HTTP/1.1.
    DoNotUpgrade,
    /// It becomes HTTP/2.
    Upgrade,
}
