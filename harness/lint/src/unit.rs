//! What rules look at: one mesh, as far as it is described in one place.

use std::collections::BTreeSet;

use scenario::{Scenario, Topology};
use world::ClusterName;

use crate::{object::Object, place::Place};

/// One mesh, as far as it is described in one place: a topology, a scenario with what it applies, or
/// manifests.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) topology: Option<Declared>,
    pub(crate) scenario: Option<(Scenario, Place)>,
    pub(crate) objects: Vec<Object>,
}

/// A topology and where it is written.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) topology: Topology,
    /// Its `spec`; in a scenario the place that names it.
    pub(crate) at: Place,
    /// Whether it is written here. One that a scenario names is looked at where it is written.
    pub(crate) is_here: bool,
}

impl Unit {
    /// The topology if it is written here.
    pub(crate) fn declared(&self) -> Option<(&Topology, &Place)> {
        let declared = self.topology.as_ref().filter(|declared| declared.is_here)?;
        Some((&declared.topology, &declared.at))
    }

    /// Objects of a kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> + Clone {
        self.objects
            .iter()
            .filter(move |object| object.kind() == kind)
    }

    /// The clusters that objects were said to be for.
    pub(crate) fn clusters(&self) -> BTreeSet<&ClusterName> {
        let clusters = self.objects.iter();
        clusters
            .filter_map(|object| object.cluster.as_ref())
            .collect()
    }

    /// The clusters whose manifests install an istiod.
    pub(crate) fn control_planes(&self) -> BTreeSet<&ClusterName> {
        let istiods = self.of_kind("Deployment").filter(|object| {
            object.label("app") == Some("istiod") || object.name().starts_with("istiod")
        });
        istiods
            .filter_map(|object| object.cluster.as_ref())
            .collect()
    }

    /// Whether workloads are in more than one network, as far as that is written.
    pub(crate) fn spans_networks(&self) -> bool {
        let declared = self.topology.as_ref().is_some_and(|declared| {
            let topology = &declared.topology;
            let members = topology.members().iter();
            let in_a_mesh = members.filter(|(_, member)| member.mesh.is_some());
            let networks: BTreeSet<_> = in_a_mesh
                .filter_map(|(cluster, _)| topology.network_of(cluster))
                .collect();
            networks.len() > 1
        });
        let labels: BTreeSet<&str> = self
            .objects
            .iter()
            .filter_map(|object| object.label("topology.istio.io/network"))
            .collect();
        declared || labels.len() > 1
    }
}
