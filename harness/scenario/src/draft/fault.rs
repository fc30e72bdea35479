//! Faults as they are written: what is broken until it is healed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{ClusterName, MeshName, NetworkName, NodeName, VmName};

use crate::{
    name::RootName,
    term::{Percent, Period},
};

/// A fault under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct FaultDraft {
    /// What it is called; `heal` refers to it.
    #[serde(rename = "as")]
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// What is broken.
    #[serde(flatten)]
    pub kind: FaultKindDraft,
}

/// What is broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultKindDraft {
    /// A workload, a gateway or istiod has another number of pods.
    Scale(ScaleDraft),
    /// Packets between two places vanish.
    Partition(PartitionDraft),
    /// Something stands still.
    Pause(PauseDraft),
    /// A whole cluster is gone.
    Stop(StopDraft),
    /// An east-west gateway is gone or has moved.
    GatewayDown(GatewayDownDraft),
    /// A remote secret is lost or wrong.
    Secret(SecretDraft),
    /// Certificates are expired or signed by another root.
    Certificate(CertificateDraft),
    /// Packets between two places take longer.
    Latency(LatencyDraft),
    /// Packets between two places get lost.
    Loss(LossDraft),
    /// A control plane stops hearing of changes in a cluster, so that its endpoints go stale.
    StaleEndpoints(StaleEndpointsDraft),
    /// A cluster's clock is off.
    Clock(ClockDraft),
}

/// Another number of pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScaleDraft {
    /// What is scaled: `helloworld@cluster1`, `istiod@cluster1` or a gateway,
    /// `istio-eastwestgateway@cluster1`.
    pub workload: String,
    /// The version, if only one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many pods.
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: u32,
}

/// A place: exactly one of its fields is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlaceRef {
    /// A cluster.
    Cluster(ClusterName),
    /// A network.
    Network(NetworkName),
    /// A virtual machine.
    Vm(VmName),
}

/// Which way a partition acts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WayDraft {
    /// Only from the first place to the second.
    OneWay,
    /// Both ways.
    #[default]
    BothWays,
}

/// Packets vanish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionDraft {
    /// The first place.
    pub from: PlaceRef,
    /// The second place.
    pub to: PlaceRef,
    /// Which way it acts.
    #[serde(default)]
    pub way: WayDraft,
}

/// Standing still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PauseDraft {
    /// Every node of a cluster.
    Cluster(ClusterName),
    /// The API server of a cluster.
    ApiServer(ClusterName),
    /// The istiod of a cluster.
    ControlPlane(ClusterName),
    /// One node.
    Node(NodeRefDraft),
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRefDraft {
    /// The cluster.
    pub cluster: ClusterName,
    /// The node.
    pub name: NodeName,
}

/// A whole cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopDraft {
    /// The cluster.
    pub cluster: ClusterName,
}

/// An east-west gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayDownDraft {
    /// The cluster whose east-west gateway it is.
    pub cluster: ClusterName,
    /// What happens to it.
    pub how: GatewayFault,
}

/// What happens to a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GatewayFault {
    /// Its pods are gone, its Service stays.
    Scaled,
    /// Deployment and Service are gone.
    Removed,
    /// Its Service gets another load-balancer address.
    Moved,
}

/// A remote secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretDraft {
    /// The cluster whose API server it opens.
    pub of: ClusterName,
    /// The cluster in which it is stored.
    #[serde(rename = "in")]
    pub stored_in: ClusterName,
    /// What is wrong with it.
    pub how: SecretFault,
}

/// What is wrong with a remote secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretFault {
    /// It is gone.
    Lost,
    /// The API server's address in it is wrong.
    WrongAddress,
    /// The certificate authority in it is another one.
    WrongCa,
    /// The token in it is not valid.
    WrongToken,
}

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateDraft {
    /// The cluster whose workloads and gateways are meant.
    pub cluster: ClusterName,
    /// What is wrong with them.
    pub how: CertificateFault,
}

/// What is wrong with certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CertificateFault {
    /// They have expired and are not renewed.
    Expired,
    /// They are signed by a root that the others do not trust.
    OtherRoot,
}

/// Slow packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencyDraft {
    /// The first place.
    pub from: PlaceRef,
    /// The second place.
    pub to: PlaceRef,
    /// Added one-way delay.
    pub add: Period,
}

/// Lost packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LossDraft {
    /// The first place.
    pub from: PlaceRef,
    /// The second place.
    pub to: PlaceRef,
    /// The share that gets lost.
    pub share: Percent,
}

/// Endpoints that nobody updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaleEndpointsDraft {
    /// The cluster whose changes are no longer heard of.
    pub of: ClusterName,
    /// The cluster whose istiod no longer hears of them.
    pub seen_by: ClusterName,
}

/// A clock that is off: exactly one of `ahead` and `behind` is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockDraft {
    /// The cluster.
    pub cluster: ClusterName,
    /// How far ahead it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Period>,
    /// How far behind it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<Period>,
}

/// A root certificate authority in the middle of a rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RootRotationDraft {
    /// The mesh.
    pub mesh: MeshName,
    /// The new root.
    pub to: RootName,
    /// Which phase of the rotation.
    pub phase: RootPhase,
}

/// The phases of a root rotation, in their order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum RootPhase {
    /// Both roots are trusted, the old one still signs.
    TrustBoth,
    /// Both roots are trusted, the new one signs.
    SignNew,
    /// Only the new root is trusted.
    DropOld,
}
