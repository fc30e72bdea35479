//! MeshConfig: what holds for the whole mesh of one control plane.

use serde::{Deserialize, Serialize};

use super::{
    ConnectionPoolSettings, HttpRetry, IstioDuration, LabelSelector, LocalityLoadBalancerSetting,
    OutlierDetection, ProxyConfig, ZoneAwareLoadBalancerSetting, connection_pool::TcpKeepalive,
    sidecar::OutboundTrafficPolicy,
};

/// The mesh as one control plane sees it. Unset fields have Istio's defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MeshConfig {
    /// The trust domain of identities; unset is `cluster.local`.
    pub trust_domain: Option<String>,
    /// More trust domains that count as the mesh's own.
    pub trust_domain_aliases: Vec<String>,
    /// More roots, each perhaps with the trust domains it is for.
    pub ca_certificates: Vec<CertificateData>,
    /// The namespace whose objects hold for all; unset is the control plane's.
    pub root_namespace: Option<String>,
    /// Whether clients find out by themselves who speaks mutual TLS; unset is yes.
    pub enable_auto_mtls: Option<bool>,
    /// What happens to destinations that are not known; unset is that they are forwarded.
    pub outbound_traffic_policy: Option<OutboundTrafficPolicy>,
    /// Places; unset is failover without explicit regions.
    pub locality_lb_setting: Option<LocalityLoadBalancerSetting>,
    /// Zones; unset is off.
    pub zone_aware_lb_setting: Option<ZoneAwareLoadBalancerSetting>,
    /// What fills the gaps of every DestinationRule.
    pub default_traffic_policy: Option<DefaultTrafficPolicy>,
    /// Retries of routes that say nothing about them.
    pub default_http_retry_policy: Option<HttpRetry>,
    /// Retries of the server's own proxy.
    pub default_inbound_http_retry_policy: Option<HttpRetry>,
    /// Who sees Services that say nothing about it; empty is everybody.
    pub default_service_export_to: Vec<String>,
    /// Who sees VirtualServices that say nothing about it; empty is everybody.
    pub default_virtual_service_export_to: Vec<String>,
    /// Who sees DestinationRules that say nothing about it; empty is everybody.
    pub default_destination_rule_export_to: Vec<String>,
    /// Which hosts stay within their cluster.
    pub service_settings: Vec<ServiceSettings>,
    /// Which namespaces the control plane looks at; empty is all.
    pub discovery_selectors: Vec<LabelSelector>,
    /// How long a connection may take to open; unset is 10 s.
    pub connect_timeout: Option<IstioDuration>,
    /// Keep-alive packets of every connection.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// How long a proxy waits before it asks for a failing name again; unset is 60 s.
    pub dns_refresh_rate: Option<IstioDuration>,
    /// How long a proxy waits to find out a protocol; unset is for ever.
    pub protocol_detection_timeout: Option<IstioDuration>,
    /// Whether HTTP/1.1 becomes HTTP/2 between proxies.
    pub h2_upgrade_policy: Option<MeshH2UpgradePolicy>,
    /// Configuration of every proxy.
    pub default_config: Option<ProxyConfig>,
    /// Where access logs go; no rule reads it.
    pub access_log_file: Option<String>,
    /// How access logs look; no rule reads it.
    pub access_log_format: Option<String>,
    /// How access logs are encoded; no rule reads it.
    pub access_log_encoding: Option<AccessLogEncoding>,
    /// Whether listeners log; no rule reads it.
    pub disable_envoy_listener_log: bool,
    /// Whether metrics of application and proxy are merged; no rule reads it.
    pub enable_prometheus_merge: Option<bool>,
    /// Whether requests are traced; no rule reads it.
    pub enable_tracing: bool,
    /// A name in metrics; no rule reads it.
    pub inbound_cluster_stat_name: Option<String>,
    /// A name in metrics; no rule reads it.
    pub outbound_cluster_stat_name: Option<String>,
    /// Where metrics, traces and logs go; no rule reads it.
    pub default_providers: Option<DefaultProviders>,
}

/// More roots of the mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CertificateData {
    /// The roots, as PEM.
    pub pem: String,
    /// The trust domains they are for; empty is all.
    pub trust_domains: Vec<String>,
}

/// What fills the gaps of every DestinationRule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DefaultTrafficPolicy {
    /// Limits where a rule has none.
    pub connection_pool: Option<ConnectionPoolSettings>,
    /// Ejection where a rule has none; does not turn locality failover on.
    pub outlier_detection: Option<OutlierDetection>,
}

/// What holds for some hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ServiceSettings {
    /// What holds.
    pub settings: Option<Settings>,
    /// The hosts; a `*` may lead.
    pub hosts: Vec<String>,
}

/// What holds for a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Whether clients use endpoints of their own cluster only.
    pub cluster_local: bool,
}

/// Whether HTTP/1.1 becomes HTTP/2 between proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MeshH2UpgradePolicy {
    /// It stays HTTP/1.1.
    DoNotUpgrade,
    /// It becomes HTTP/2.
    Upgrade,
}

/// How access logs are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccessLogEncoding {
    /// As text.
    Text,
    /// As JSON.
    Json,
}

/// Where metrics, traces and logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DefaultProviders {
    /// Of traces.
    pub tracing: Vec<String>,
    /// Of metrics.
    pub metrics: Vec<String>,
    /// Of access logs.
    pub access_logging: Vec<String>,
}
