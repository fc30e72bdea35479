//! Stages: the order in which a mesh is installed, because later objects hold facts that only
//! exist once earlier ones live.

use std::collections::BTreeSet;

use scenario::topology::{Exposure, RemoteSecret, SecretPurpose, Topology};
use world::ClusterName;

use crate::{
    Await, Facts, ManifestError, Need, Placed,
    gateway::GatewaySite,
    site::{Part, Site},
    unit::{Form, Unit},
    workload::{self, Images, Workloads},
};

/// A step of an installation: render it, apply what it gives, wait, learn facts, go on.
#[derive(Debug, Clone)]
pub struct Stage<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) name: &'static str,
    pub(crate) units: Vec<Unit<'a>>,
}

/// The stages of a topology's mesh, in their order; those without anything to do are left out.
///
/// The order is that of Istio's guides. A cluster without an istiod comes after the gateway whose
/// address leads to one; its own gateways come after its remote secret, because their pods are
/// injected by that istiod.
pub fn stages(topology: &Topology) -> Vec<Stage<'_>> {
    let tokens = |purpose| each(secrets(topology, purpose), Unit::Token);
    let kubeconfigs = |purpose| each(secrets(topology, purpose), Unit::RemoteSecret);
    let stages = [
        ("namespaces", each(members(topology), Unit::Namespaces)),
        ("trust", cacerts(topology)),
        ("base", each(members(topology), Unit::Base)),
        (
            "control-planes",
            sites(topology, |part| {
                matches!(part, Part::Primary | Part::FrontDoor)
            }),
        ),
        ("gateways", gateways(topology, true)),
        ("exposed-istiod", exposed_istiod(topology)),
        (
            "config-clusters",
            sites(topology, |part| part == Part::ConfigCluster),
        ),
        ("config-tokens", tokens(SecretPurpose::Configuration)),
        ("config-secrets", kubeconfigs(SecretPurpose::Configuration)),
        (
            "external-control-planes",
            sites(topology, |part| matches!(part, Part::ExternalIstiod { .. })),
        ),
        ("remotes", sites(topology, |part| part == Part::Remote)),
        ("reader-tokens", tokens(SecretPurpose::Discovery)),
        ("remote-secrets", kubeconfigs(SecretPurpose::Discovery)),
        ("remote-gateways", gateways(topology, false)),
        ("shared-sources", shared_sources(topology)),
        ("exposed-services", exposed_services(topology)),
        ("policies", policies(topology)),
        (
            "vms",
            topology
                .vms()
                .iter()
                .map(|(name, vm)| Unit::Vm(name, vm))
                .collect(),
        ),
    ];
    stages
        .into_iter()
        .filter(|(_, units)| !units.is_empty())
        .map(|(name, units)| Stage {
            topology,
            name,
            units,
        })
        .collect()
}

/// The stage that brings a scenario's workloads, after the mesh is there: their pods are injected by
/// it. The images are those that the engine can run.
pub fn workload_stage<'a>(
    topology: &'a Topology,
    workloads: &'a Workloads,
    images: &'a Images,
) -> Stage<'a> {
    let unit = |cluster| Unit::Workloads {
        cluster,
        workloads,
        images,
    };
    Stage {
        topology,
        name: "workloads",
        units: workload::clusters(workloads)
            .into_iter()
            .map(unit)
            .collect(),
    }
}

impl Stage<'_> {
    /// What it is called, for example `remote-secrets`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The facts without which it cannot be rendered, without doubles.
    pub fn needs(&self) -> BTreeSet<Need> {
        let units = self.units.iter();
        units.flat_map(|unit| unit.needs(self.topology)).collect()
    }

    /// The objects to apply, in their order; clusters do not depend on each other within a stage.
    /// What several parts of a stage want, for example the namespace of two VMs, is there once.
    ///
    /// # Errors
    /// If a needed fact is missing, or certificates cannot be made.
    pub fn render(&self, facts: &Facts, form: Form) -> Result<Vec<Placed>, ManifestError> {
        let mut objects = Vec::new();
        for unit in &self.units {
            objects.extend(unit.render(self.topology, facts, form)?);
        }
        let mut seen = BTreeSet::new();
        objects.retain(|placed| seen.insert((placed.cluster.clone(), placed.object.identity())));
        Ok(objects)
    }

    /// What to wait for after the objects are applied, without doubles.
    pub fn awaits(&self) -> BTreeSet<Await> {
        let units = self.units.iter();
        units.flat_map(|unit| unit.awaits(self.topology)).collect()
    }
}

fn each<'a, T>(of: impl IntoIterator<Item = T>, unit: fn(T) -> Unit<'a>) -> Vec<Unit<'a>> {
    of.into_iter().map(unit).collect()
}

/// The clusters that belong to a mesh.
fn members(topology: &Topology) -> impl Iterator<Item = &ClusterName> {
    let members = topology.members().iter();
    members
        .filter(|(_, member)| member.mesh.is_some())
        .map(|(name, _)| name)
}

fn sites<'a>(topology: &'a Topology, wanted: impl Fn(Part<'a>) -> bool) -> Vec<Unit<'a>> {
    Site::all(topology)
        .filter(|site| wanted(site.part))
        .map(Unit::ControlPlane)
        .collect()
}

/// One Secret per cluster that signs, whatever its revisions. A front door signs for itself only.
fn cacerts(topology: &Topology) -> Vec<Unit<'_>> {
    let mut seen = BTreeSet::new();
    Site::all(topology)
        .filter(|site| matches!(site.part, Part::Primary | Part::ExternalIstiod { .. }))
        .filter(|site| seen.insert(site.cluster))
        .map(Unit::CaCerts)
        .collect()
}

fn gateways(topology: &Topology, beside_an_istiod: bool) -> Vec<Unit<'_>> {
    GatewaySite::all(topology)
        .into_iter()
        .filter(|gateway| gateway.site.runs_istiod() == beside_an_istiod)
        .map(Unit::Gateway)
        .collect()
}

fn exposed_istiod(topology: &Topology) -> Vec<Unit<'_>> {
    GatewaySite::all(topology)
        .into_iter()
        .filter(|of| of.gateway.exposes.contains(&Exposure::Istiod))
        .map(Unit::ExposedIstiod)
        .collect()
}

fn secrets(topology: &Topology, purpose: SecretPurpose) -> Vec<RemoteSecret> {
    let mut secrets = topology.remote_secrets();
    secrets.retain(|secret| secret.purpose == purpose);
    secrets
}

fn shared_sources(topology: &Topology) -> Vec<Unit<'_>> {
    Site::all(topology)
        .map(Unit::SharedSources)
        .filter(|unit| !unit.needs(topology).is_empty())
        .collect()
}

/// Where the configuration is held that the exposing gateways obey: every primary, but never a
/// remote.
fn exposed_services(topology: &Topology) -> Vec<Unit<'_>> {
    let exposing = topology
        .gateways()
        .iter()
        .filter(|gateway| gateway.exposes.contains(&Exposure::Services));
    let holders: BTreeSet<&ClusterName> = exposing
        .filter_map(|gateway| topology.config_cluster(&gateway.cluster))
        .collect();
    each(holders, Unit::ExposedServices)
}

fn policies(topology: &Topology) -> Vec<Unit<'_>> {
    members(topology)
        .filter(|cluster| topology.config_cluster(cluster) == Some(*cluster))
        .filter_map(|cluster| Some(Unit::Policy(cluster, topology.mesh_of(cluster)?)))
        .filter(|unit| matches!(unit, Unit::Policy(_, mesh) if mesh.mtls.is_some()))
        .collect()
}
