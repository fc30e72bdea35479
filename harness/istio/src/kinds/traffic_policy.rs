//! What a client proxy does towards a service: load balancing, limits, ejection, TLS.

use serde::{Deserialize, Serialize};

use super::{
    ClientTlsSettings, ConnectionPoolSettings, LoadBalancerSettings, OutlierDetection,
    port::PortSelector,
};

/// The policy of a rule or a subset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TrafficPolicy {
    /// How hosts are picked.
    pub load_balancer: Option<LoadBalancerSettings>,
    /// Connections and requests at once.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// When a host is ejected. Its presence is what makes locality failover work.
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS, in place of what Istio finds out by itself.
    pub tls: Option<ClientTlsSettings>,
    /// Policies of single ports, which replace all of the above for them.
    pub port_level_settings: Vec<PortTrafficPolicy>,
}

/// The policy of one service port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PortTrafficPolicy {
    /// The service port; without one the entry applies to nothing.
    pub port: Option<PortSelector>,
    /// How hosts are picked.
    pub load_balancer: Option<LoadBalancerSettings>,
    /// Connections and requests at once.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// When a host is ejected.
    pub outlier_detection: Option<OutlierDetection>,
    /// TLS, in place of what Istio finds out by itself.
    pub tls: Option<ClientTlsSettings>,
}
