//! A topology as it is written.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{
    ClusterName, Locality, MeshName, NamespaceName, NetworkName, NodeName, Version, VmName,
};

use super::{ApiVersion, Free, Metadata};
use crate::name::{GatewayName, RevisionName, RootName, ServiceAccountName};
use crate::term::{Bandwidth, OneOrMany, Percent, Period};

/// A topology: clusters, networks, control planes and virtual machines, and the mesh over them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Topology")]
pub struct TopologyDraft {
    /// The version of the language.
    pub api_version: ApiVersion,
    /// Always `Topology`.
    pub kind: TopologyKind,
    /// What it is called.
    pub metadata: Metadata,
    /// What exists.
    pub spec: TopologySpec,
}

/// The kind of this document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TopologyKind {
    /// A topology.
    Topology,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopologySpec {
    /// Which Istio is installed, and how; may be left out where every cluster is `mesh: none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub istio: Option<IstioDraft>,
    /// The meshes; one called `mesh1` if left out.
    #[serde(default)]
    pub meshes: BTreeMap<MeshName, MeshDraft>,
    /// The networks: workloads in one reach each other by address, across two only by a gateway.
    pub networks: BTreeMap<NetworkName, NetworkDraft>,
    /// The clusters.
    #[schemars(extend("minProperties" = 1))]
    pub clusters: BTreeMap<ClusterName, ClusterDraft>,
    /// Ingress and egress gateways, and east-west gateways that differ from the derived ones.
    #[serde(default)]
    pub gateways: BTreeMap<GatewayName, GatewayDraft>,
    /// Virtual machines outside every cluster.
    #[serde(default)]
    pub vms: BTreeMap<VmName, VmDraft>,
    /// Latency, loss and bandwidth between networks, where they matter.
    #[serde(default)]
    pub links: Vec<LinkDraft>,
}

/// Which Istio is installed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IstioDraft {
    /// The version, for example `1.30.3`.
    pub version: Version,
    /// Helm values for every cluster; a key the simulator does not model is refused there by name.
    #[serde(default)]
    pub values: Free,
}

/// A mesh: one trust domain under one administration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeshDraft {
    /// The trust domain of every identity in the mesh; `cluster.local` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_domain: Option<String>,
    /// Other trust domains whose identities are accepted as this mesh's own.
    #[serde(default)]
    pub trust_domain_aliases: Vec<String>,
    /// The mode of the mesh-wide PeerAuthentication; without it none is created, and Istio's
    /// default (PERMISSIVE) holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls: Option<MtlsMode>,
    /// Fields of Istio's MeshConfig.
    #[serde(default)]
    pub mesh_config: Free,
    /// The root certificate authority of its clusters; the mesh's own if left out. Two meshes with
    /// the same root trust each other's certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<RootName>,
    /// Other meshes whose trust bundles this mesh accepts.
    #[serde(default)]
    pub trusts: Vec<MeshName>,
}

/// The modes of a PeerAuthentication.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum MtlsMode {
    /// Only mutual TLS is accepted.
    Strict,
    /// Mutual TLS and plaintext are accepted.
    Permissive,
    /// Only plaintext is accepted.
    Disable,
}

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkDraft {
    /// The range of node and VM addresses; planned if left out.
    #[serde(default, rename = "nodeCIDR", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::cidr::Cidr>")]
    pub node_cidr: Option<Ipv4Net>,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterDraft {
    /// The network its nodes and pods are in.
    pub network: NetworkName,
    /// Its nodes; one without a locality if left out. The first one runs the Kubernetes control
    /// plane.
    #[serde(default)]
    pub nodes: Vec<NodeDraft>,
    /// The Kubernetes version; the engine's choice if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Version>,
    /// The mesh it belongs to; `none` for a cluster without one. May be left out if there is one
    /// mesh only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<MeshName>,
    /// The cluster whose istiod configures this cluster's proxies: itself if left out (a primary),
    /// another one (a remote), or several (sources that stand in for each other).
    #[serde(default)]
    pub control_plane: OneOrMany<ClusterName>,
    /// The cluster whose API server holds the Istio configuration. For an external control plane
    /// write `controlPlane: <the other cluster>` and `configCluster: <this cluster>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_cluster: Option<ClusterName>,
    /// The clusters whose services and endpoints this cluster's istiod discovers; every cluster of
    /// the mesh if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovers: Option<Vec<ClusterName>>,
    /// The root certificate authority, where it differs from the mesh's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<RootName>,
    /// The Istio version, where it differs from `istio.version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Helm values for this cluster, merged over `istio.values`.
    #[serde(default)]
    pub values: Free,
    /// Istiod revisions by name, for example `canary: 1.30.3`; without any there is the default
    /// revision alone.
    #[serde(default)]
    pub revisions: BTreeMap<RevisionName, Version>,
    /// Revision tags by name, for example `prod: stable`.
    #[serde(default)]
    pub tags: BTreeMap<RevisionName, RevisionName>,
    /// The range of pod addresses; planned if left out.
    #[serde(default, rename = "podCIDR", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<super::cidr::Cidr>")]
    pub pod_cidr: Option<Ipv4Net>,
    /// The range of Service addresses; planned if left out.
    #[serde(
        default,
        rename = "serviceCIDR",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<super::cidr::Cidr>")]
    pub service_cidr: Option<Ipv4Net>,
    /// `intended` if this cluster's ranges may be those of a cluster in another network; planned
    /// ranges are then equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
}

/// That equal address ranges are meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Overlap {
    /// They are.
    Intended,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeDraft {
    /// Its name; `node1`, `node2` … if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NodeName>,
    /// Where it stands, as `region/zone/subzone`; unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
}

/// What a gateway is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum GatewayType {
    /// Traffic from outside into the mesh.
    Ingress,
    /// Traffic from the mesh to the outside.
    Egress,
    /// Traffic between networks, and to an exposed istiod.
    EastWest,
}

/// A gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayDraft {
    /// The cluster it runs in.
    pub cluster: ClusterName,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: GatewayType,
    /// Its namespace.
    #[serde(default = "istio_system")]
    pub namespace: NamespaceName,
    /// How many pods.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: u32,
    /// Its Service's ports beyond 15021; for ingress and egress 80 and 443 if left out.
    #[serde(default)]
    #[schemars(inner(range(min = 1)))]
    pub ports: Vec<u16>,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VmDraft {
    /// The network it is attached to.
    pub network: NetworkName,
    /// The cluster whose istiod onboards it and whose API server holds its WorkloadGroup.
    pub onboarded_by: ClusterName,
    /// Where it stands, as `region/zone/subzone`; unknown if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// The namespace of its WorkloadGroup and Service.
    #[serde(default = "vm_namespace")]
    pub namespace: NamespaceName,
    /// Its service account; the VM's name if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccountName>,
    /// The port of the service it offers under `<name>.<namespace>`.
    #[serde(default = "sample_port")]
    #[schemars(range(min = 1))]
    pub port: u16,
}

/// What a packet meets between two networks, or within one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkDraft {
    /// The two networks.
    pub between: [NetworkName; 2],
    /// One-way delay; none if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Period>,
    /// The share of packets that get lost; none if left out.
    #[serde(default)]
    pub loss: Percent,
    /// What fits through; without limit if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bandwidth>,
}

fn istio_system() -> NamespaceName {
    NamespaceName::new("istio-system").expect("a DNS label")
}

fn vm_namespace() -> NamespaceName {
    NamespaceName::new("vm").expect("a DNS label")
}

fn one() -> u32 {
    1
}

/// The port of Istio's helloworld sample.
fn sample_port() -> u16 {
    5000
}
