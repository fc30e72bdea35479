//! Values by which a gateway is installed: those of its chart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Values of a gateway.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GatewayValues {
    /// Its name.
    pub name: Option<String>,
    /// The revision that injects it.
    pub revision: Option<String>,
    /// Number of pods.
    pub replica_count: Option<u32>,
    /// Labels of its pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations of its pods.
    pub pod_annotations: BTreeMap<String, String>,
    /// Environment of its proxy.
    pub env: BTreeMap<String, String>,
    /// The network it is the entry of: makes it an east-west gateway.
    pub network_gateway: Option<String>,
    /// Its ports as an east-west gateway.
    pub network_gateway_ports: BTreeMap<String, NetworkGatewayPort>,
    /// Its Service.
    pub service: GatewayServiceValues,
    /// Whether its number of pods follows the load; no rule reads it.
    pub autoscaling: Option<Value>,
    /// What it asks of the node; no rule reads it.
    pub resources: Option<Value>,
    /// Seconds that a pod has to end.
    pub termination_grace_period_seconds: Option<u32>,
    /// When its image is pulled.
    pub image_pull_policy: Option<String>,
    /// Secrets by which its image is pulled.
    pub image_pull_secrets: Option<Value>,
    /// Nodes it runs on.
    pub node_selector: BTreeMap<String, String>,
    /// Nodes it runs on; no rule reads it.
    pub tolerations: Option<Value>,
    /// Nodes it runs on; no rule reads it.
    pub affinity: Option<Value>,
    /// Nodes it runs on; no rule reads it.
    pub topology_spread_constraints: Option<Value>,
}

/// A port of an east-west gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NetworkGatewayPort {
    /// The Service's port.
    pub port: Option<u16>,
    /// The pod's port.
    pub target_port: Option<u16>,
    /// The nodes' port.
    pub node_port: Option<u16>,
}

/// The Service of a gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GatewayServiceValues {
    /// Its type; unset is `LoadBalancer`.
    #[serde(rename = "type")]
    pub kind: Option<ServiceType>,
    /// Addresses that lead to it from outside.
    #[serde(rename = "externalIPs")]
    pub external_ips: Vec<String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its ports, unless it is an east-west gateway.
    pub ports: Vec<GatewayServicePort>,
    /// Whether the client's address is kept.
    pub external_traffic_policy: Option<String>,
}

/// How a Service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceType {
    /// Within the cluster.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// At every node.
    NodePort,
    /// At an address of its own.
    LoadBalancer,
}

/// A port of a gateway's Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayServicePort {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The Service's port.
    pub port: u16,
    /// The pod's port.
    #[serde(default)]
    pub target_port: Option<u16>,
    /// The nodes' port.
    #[serde(default)]
    pub node_port: Option<u16>,
    /// The transport.
    #[serde(default)]
    pub protocol: Option<String>,
}
