//! Topology = substrate + mesh: what stands there, and what the mesh on it is declared to be.
//!
//! A [`Topology`] is only ever made by [`Topology::from_spec`], so whoever holds one may rely on it:
//! every name exists, roles are possible, ranges do not collide unless that is intended.
//!
//! Reading order: [`role`] (who configures whom), [`member`] (a cluster in the mesh), [`mesh`],
//! [`gateway`] (which gateways follow from the networks), [`discovery`] (whose API server whom
//! watches), [`plan`] (addresses).

pub mod discovery;
pub mod gateway;
pub mod member;
pub mod mesh;
pub mod plan;
pub mod role;
mod substrate;
pub mod vm;

use std::collections::BTreeMap;

use world::{ClusterName, MeshName, NetworkName, Substrate, Version, VmName};

pub use discovery::{RemoteSecret, SecretPurpose};
pub use gateway::{Exposure, Gateway, GatewayKind};
pub use member::{Member, Revision};
pub use mesh::Mesh;
pub use role::{Role, Sources};
pub use vm::VmMember;

use crate::{
    draft::{Metadata, TopologyDraft, TopologySpec},
    name::DocumentName,
    problem::{FieldPath, Findings},
};

/// A topology: what exists physically, and the mesh over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    name: DocumentName,
    labels: BTreeMap<String, String>,
    description: String,
    substrate: Substrate,
    meshes: BTreeMap<MeshName, Mesh>,
    members: BTreeMap<ClusterName, Member>,
    vms: BTreeMap<VmName, VmMember>,
    gateways: Vec<Gateway>,
}

impl Topology {
    /// Another version of Istio for every revision.
    pub(crate) fn set_istio(&mut self, version: &Version) {
        let revisions = self.members.values_mut();
        for revision in revisions.flat_map(|member| &mut member.revisions) {
            revision.version = version.clone();
        }
    }

    /// Checks what a draft means.
    ///
    /// # Errors
    /// Every finding, with paths from the document's root.
    pub fn from_draft(draft: &TopologyDraft) -> Result<Self, Findings> {
        let mut findings = Findings::new();
        let path = FieldPath::root().key("spec");
        let topology = Self::from_spec(&draft.metadata, &draft.spec, &path, &mut findings);
        topology.ok_or(findings)
    }

    /// Checks what a specification at `path` means; what is wrong is added to `findings`, and then
    /// there is no topology.
    pub(crate) fn from_spec(
        metadata: &Metadata,
        spec: &TopologySpec,
        path: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Self> {
        let before = findings.len();
        let meshes = mesh::derive(spec, path, findings);
        let roles = role::derive(spec, path, findings);
        let members = member::derive(spec, &meshes, &roles, path, findings);
        let vms = vm::derive(spec, &roles, path, findings);
        let substrate = substrate::derive(spec, path, findings);
        let gateways = gateway::derive(spec, &members, path, findings);
        discovery::check(spec, &members, path, findings);
        (findings.len() == before).then(|| Self {
            name: metadata.name.clone(),
            labels: metadata.labels.clone(),
            description: metadata.description.clone(),
            substrate,
            meshes,
            members,
            vms,
            gateways,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &DocumentName {
        &self.name
    }

    /// Its labels.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// What it is about; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What an engine brings up.
    pub fn substrate(&self) -> &Substrate {
        &self.substrate
    }

    /// The meshes.
    pub fn meshes(&self) -> &BTreeMap<MeshName, Mesh> {
        &self.meshes
    }

    /// The clusters' parts in their meshes; a cluster without a mesh has [`Role::None`].
    pub fn members(&self) -> &BTreeMap<ClusterName, Member> {
        &self.members
    }

    /// A cluster's part in its mesh.
    pub fn member(&self, cluster: &ClusterName) -> Option<&Member> {
        self.members.get(cluster)
    }

    /// The virtual machines' parts in their meshes.
    pub fn vms(&self) -> &BTreeMap<VmName, VmMember> {
        &self.vms
    }

    /// The network a cluster is in.
    pub fn network_of(&self, cluster: &ClusterName) -> Option<&NetworkName> {
        self.substrate.clusters.get(cluster).map(|c| &c.network)
    }

    /// The mesh a cluster belongs to.
    pub fn mesh_of(&self, cluster: &ClusterName) -> Option<&Mesh> {
        let member = self.members.get(cluster)?;
        self.meshes.get(member.mesh.as_ref()?)
    }

    /// The clusters in which an istiod runs: primaries and external control planes.
    pub fn control_planes(&self) -> impl Iterator<Item = &ClusterName> {
        self.members
            .iter()
            .filter(|(_, member)| member.role.runs_istiod())
            .map(|(name, _)| name)
    }

    /// The clusters that an istiod in `control_plane` configures although it runs elsewhere.
    pub fn remotes_of<'a>(
        &'a self,
        control_plane: &'a ClusterName,
    ) -> impl Iterator<Item = &'a ClusterName> {
        self.members
            .iter()
            .filter(move |(name, member)| {
                *name != control_plane && member.role.sources().contains(control_plane)
            })
            .map(|(name, _)| name)
    }

    /// The cluster whose API server holds the Istio configuration that `cluster` obeys; `None`
    /// without a mesh.
    pub fn config_cluster<'a>(&'a self, cluster: &'a ClusterName) -> Option<&'a ClusterName> {
        match &self.members.get(cluster)?.role {
            Role::None => None,
            Role::Primary { .. } | Role::Config { .. } => Some(cluster),
            Role::ExternalControlPlane { config } => Some(config),
            Role::Remote { of } => self.config_cluster(of.first()),
        }
    }

    /// Every gateway, derived and declared, in the order of cluster and name.
    pub fn gateways(&self) -> &[Gateway] {
        &self.gateways
    }

    /// The east-west gateway of a cluster, if it needs one.
    pub fn east_west_gateway(&self, cluster: &ClusterName) -> Option<&Gateway> {
        self.gateways
            .iter()
            .find(|gateway| gateway.cluster == *cluster && gateway.kind == GatewayKind::EastWest)
    }

    /// The gateway through which istiod in `control_plane` is reached from elsewhere, if anything
    /// attaches through one.
    pub fn istiod_gateway(&self, control_plane: &ClusterName) -> Option<&Gateway> {
        self.gateways.iter().find(|gateway| {
            gateway.cluster == *control_plane && gateway.exposes.contains(&Exposure::Istiod)
        })
    }
}

#[cfg(test)]
mod tests;
