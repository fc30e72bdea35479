//! What holds for every proxy of one control plane.

use istio::{
    identity::TrustDomains,
    kinds::{MeshConfig, MeshNetworks},
    service::ClusterLocalHosts,
};

/// The mesh as one control plane sees it.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// Its configuration, as written.
    pub config: MeshConfig,
    /// Its list of networks.
    pub networks: MeshNetworks,
    /// The namespace whose objects hold for all.
    pub root_namespace: String,
    /// What it calls itself.
    pub domains: TrustDomains,
    /// Hosts whose traffic stays inside the client's cluster.
    pub cluster_local: ClusterLocalHosts,
}
