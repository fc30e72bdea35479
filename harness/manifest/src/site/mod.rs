//! One installation of Istio in one cluster: which part of Istio it is, and what it is called.
//!
//! Most clusters have one site. A cluster with revisions has one for each; the cluster of an
//! external control plane has two: the external istiod itself, and an ordinary istiod that runs the
//! gateway in front of it.

mod values;

use scenario::topology::{Mesh, Revision, Role, Topology};
use world::{ClusterName, NetworkName};

use crate::{At, Facts, ManifestError, Need};

pub(crate) use values::Values;

/// The namespace of Istio in Istio's guides.
pub(crate) const ISTIO_SYSTEM: &str = "istio-system";
/// The namespace of an external istiod, in its own cluster and in those that it serves.
pub(crate) const EXTERNAL_ISTIOD: &str = "external-istiod";

/// Which part of Istio a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part<'a> {
    /// istiod for its own cluster, and perhaps for remotes.
    Primary,
    /// No istiod: webhooks and a Service that lead to one elsewhere.
    Remote,
    /// As a remote; and the Istio configuration of an external istiod is held here.
    ConfigCluster,
    /// An istiod whose configuration is held by another cluster.
    ExternalIstiod {
        /// That cluster.
        config: &'a ClusterName,
    },
    /// The istiod that programs the gateway in front of an external one.
    FrontDoor,
}

/// One installation of Istio in one cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) cluster: &'a ClusterName,
    pub(crate) part: Part<'a>,
    pub(crate) revision: &'a Revision,
}

impl<'a> Site<'a> {
    /// The sites of a cluster; none if it is in no mesh.
    pub(crate) fn of_cluster(topology: &'a Topology, cluster: &'a ClusterName) -> Vec<Self> {
        let member = topology.member(cluster);
        let revisions = member.map_or(&[][..], |member| &member.revisions).iter();
        revisions
            .flat_map(|revision| Self::of_revision(topology, cluster, revision))
            .collect()
    }

    /// The sites of one revision in a cluster, installed already or not.
    pub(crate) fn of_revision(
        topology: &'a Topology,
        cluster: &'a ClusterName,
        revision: &'a Revision,
    ) -> Vec<Self> {
        let role = topology.member(cluster).map(|member| &member.role);
        let parts = match role.unwrap_or(&Role::None) {
            Role::None => Vec::new(),
            Role::Primary { .. } => vec![Part::Primary],
            Role::Remote { .. } => vec![Part::Remote],
            Role::Config { .. } => vec![Part::ConfigCluster],
            Role::ExternalControlPlane { config } => {
                vec![Part::FrontDoor, Part::ExternalIstiod { config }]
            }
        };
        let site = |part| Self {
            topology,
            cluster,
            part,
            revision,
        };
        parts.into_iter().map(site).collect()
    }

    /// The sites of every cluster.
    pub(crate) fn all(topology: &'a Topology) -> impl Iterator<Item = Self> {
        let clusters = topology.members().keys();
        clusters.flat_map(|cluster| Self::of_cluster(topology, cluster))
    }

    /// Whether an istiod runs here.
    pub(crate) fn runs_istiod(&self) -> bool {
        match self.part {
            Part::Primary | Part::ExternalIstiod { .. } | Part::FrontDoor => true,
            Part::Remote | Part::ConfigCluster => false,
        }
    }

    /// The mesh.
    pub(crate) fn mesh(&self) -> &'a Mesh {
        let mesh = self.topology.mesh_of(self.cluster);
        mesh.expect("a site belongs to a mesh")
    }

    /// The network of the cluster's pods.
    pub(crate) fn network(&self) -> &'a NetworkName {
        let network = self.topology.network_of(self.cluster);
        network.expect("every member is a cluster of the substrate")
    }

    /// The revision's name; `default` for the one without.
    pub(crate) fn rev(&self) -> &'a str {
        let name = self.revision.name.as_ref();
        name.map_or("default", |name| name.as_str())
    }

    /// A name with the revision behind it: `istiod`, `istiod-canary`.
    pub(crate) fn revised(&self, name: &str) -> String {
        match &self.revision.name {
            Some(revision) => format!("{name}-{revision}"),
            None => name.to_owned(),
        }
    }

    /// The namespace of this installation.
    pub(crate) fn namespace(&self) -> &'static str {
        match self.part {
            Part::FrontDoor => ISTIO_SYSTEM,
            _ => system_namespace(self.topology, self.cluster),
        }
    }

    /// What the istiod here calls the cluster that it serves first; the key of remote secrets
    /// elsewhere. An external istiod goes by the name of its configuration cluster.
    pub(crate) fn cluster_id(&self) -> &'a ClusterName {
        match self.part {
            Part::ExternalIstiod { config } => config,
            _ => self.cluster,
        }
    }

    /// Where a site without an istiod finds one: the addresses of the gateways in front of its
    /// sources, the preferred one first.
    pub(crate) fn istiod_addresses(&self) -> Vec<At> {
        let member = self.topology.member(self.cluster);
        let sources = member.map_or(&[][..], |member| member.role.sources());
        let others = sources.iter().filter(|source| *source != self.cluster);
        others
            .filter_map(|source| istiod_gateway(self.topology, source))
            .collect()
    }

    /// The address by which the outside reaches the istiod that this site is.
    pub(crate) fn own_address(&self, facts: &Facts) -> Result<Option<String>, ManifestError> {
        istiod_gateway(self.topology, self.cluster)
            .map(|gateway| facts.text(&Need::Address(gateway)).map(str::to_owned))
            .transpose()
    }

    /// Facts without which the objects of this site cannot be written.
    pub(crate) fn needs(&self) -> Vec<Need> {
        let addresses = match self.part {
            Part::Remote | Part::ConfigCluster => self.istiod_addresses(),
            Part::ExternalIstiod { .. } => {
                let own = istiod_gateway(self.topology, self.cluster);
                own.into_iter().collect()
            }
            Part::Primary | Part::FrontDoor => Vec::new(),
        };
        addresses.into_iter().map(Need::Address).collect()
    }
}

/// The Service of the gateway in front of the istiod in `control_plane`.
pub(crate) fn istiod_gateway(topology: &Topology, control_plane: &ClusterName) -> Option<At> {
    let gateway = topology.istiod_gateway(control_plane)?;
    Some(At::new(
        control_plane,
        gateway.namespace.as_str(),
        gateway.name.as_str(),
    ))
}

/// The namespace of Istio in a cluster: where an external istiod serves it, that istiod's.
pub fn system_namespace(topology: &Topology, cluster: &ClusterName) -> &'static str {
    let is_external = |cluster: &ClusterName| {
        let member = topology.member(cluster);
        member.is_some_and(|m| matches!(m.role, Role::ExternalControlPlane { .. }))
    };
    let member = topology.member(cluster);
    let sources = member.map_or(&[][..], |member| member.role.sources());
    if is_external(cluster) || sources.iter().any(is_external) {
        EXTERNAL_ISTIOD
    } else {
        ISTIO_SYSTEM
    }
}
