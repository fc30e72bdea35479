//! What the names in a scenario can refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use world::{ClusterName, NamespaceName, VmName, WorkloadName};

use super::{
    change::Upgrade,
    workload::{ALL, Objects, Runs, Workload, service_hosts},
};
use crate::{
    Topology,
    draft::{BreakDraft, ChangeDraft, Component, ScenarioSpec, StepDraft},
    name::RevisionName,
    problem::{FieldPath, Findings, did_you_mean},
    term::OneOrMany,
};

/// Everything that has a name.
pub(super) struct Scope<'a> {
    pub(super) topology: &'a Topology,
    pub(super) workloads: &'a BTreeMap<WorkloadName, Workload>,
    pub(super) objects: Objects<'a>,
    /// Hosts of workloads and virtual machines.
    own_hosts: BTreeSet<String>,
    /// Hosts that applied objects define.
    applied_hosts: BTreeSet<String>,
    /// Upgrades so far.
    upgrades: Vec<Upgrade>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        topology: &'a Topology,
        workloads: &'a BTreeMap<WorkloadName, Workload>,
        objects: Objects<'a>,
    ) -> Self {
        let vms = topology.vms().iter();
        let of_vms = vms.flat_map(|(name, vm)| service_hosts(name.as_str(), &vm.namespace));
        let of_workloads = workloads.values().flat_map(Workload::hosts);
        Self {
            topology,
            workloads,
            objects,
            own_hosts: of_workloads.chain(of_vms).collect(),
            applied_hosts: BTreeSet::new(),
            upgrades: Vec::new(),
        }
    }

    /// Collects the hosts that the scenario's objects define, wherever they are applied.
    pub(super) fn learn(&mut self, spec: &ScenarioSpec) {
        for workload in self.workloads.values() {
            if let Runs::Objects(objects) = &workload.runs {
                objects
                    .iter()
                    .for_each(|object| learn_hosts(object, &mut self.applied_hosts));
            }
        }
        let steps = spec.steps.iter().filter_map(|step| match step {
            StepDraft::Change(change) => Some(change),
            _ => None,
        });
        let breaks = spec.canaries.iter().flat_map(|canary| canary.breaks.iter());
        let broken = breaks.filter_map(|broken| match broken {
            BreakDraft::Change(change) => Some(change),
            _ => None,
        });
        for change in steps.chain(broken) {
            self.learn_change(change);
        }
    }

    fn learn_change(&mut self, change: &ChangeDraft) {
        let ChangeDraft::Apply(apply) = change else {
            return;
        };
        let of_file = apply
            .file
            .as_ref()
            .and_then(|file| (self.objects)(file).ok());
        let inline = apply
            .objects
            .iter()
            .map(|object| Json::Object(object.0.clone()));
        for object in of_file.into_iter().flatten().chain(inline) {
            learn_hosts(&object, &mut self.applied_hosts);
        }
    }

    /// Remembers an upgrade, so that later steps can refer to it and to its revision.
    pub(super) fn remember(&mut self, upgrade: Upgrade) {
        self.upgrades.push(upgrade);
    }

    /// An upgrade that has happened.
    pub(super) fn upgrade(
        &self,
        name: &str,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Upgrade> {
        let found = self.upgrades.iter().find(|upgrade| upgrade.name == name);
        if found.is_none() {
            findings.value(
                at,
                format!("no upgrade called '{name}' has happened by then"),
                did_you_mean(
                    name,
                    self.upgrades.iter().map(|upgrade| upgrade.name.as_str()),
                ),
            );
        }
        found.cloned()
    }

    /// The revisions that upgrades have added so far.
    pub(super) fn added_revisions(&self) -> impl Iterator<Item = &RevisionName> {
        self.upgrades
            .iter()
            .filter(|upgrade| upgrade.component == Component::Istiod)
            .filter_map(|upgrade| upgrade.revision.as_ref())
    }

    /// A revision that is installed or has been added.
    pub(super) fn revision(&self, name: &RevisionName, at: &FieldPath, findings: &mut Findings) {
        let members = self.topology.members().values();
        let installed = members.flat_map(|member| &member.revisions);
        let known: BTreeSet<&str> = installed
            .filter_map(|revision| revision.name.as_ref())
            .chain(self.added_revisions())
            .map(RevisionName::as_str)
            .collect();
        if !known.contains(name.as_str()) {
            findings.value(
                at,
                format!("no revision '{name}' is installed by then"),
                did_you_mean(name.as_str(), known.iter().copied()),
            );
        }
    }

    pub(super) fn knows_host(&self, host: &str) -> bool {
        let wild = |known: &String| {
            let domain = known.strip_prefix('*');
            domain.is_some_and(|domain| host.ends_with(domain))
        };
        self.own_hosts.contains(host)
            || self.applied_hosts.contains(host)
            || self.applied_hosts.iter().any(wild)
    }

    pub(super) fn is_applied_host(&self, host: &str) -> bool {
        self.applied_hosts.contains(host)
    }

    /// The hosts that can be called.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> + Clone {
        self.own_hosts
            .iter()
            .chain(&self.applied_hosts)
            .map(String::as_str)
    }

    pub(super) fn workload_of_host(&self, host: &str) -> Option<&'a Workload> {
        let mut workloads = self.workloads.values();
        workloads.find(|workload| workload.is_called(host))
    }

    pub(super) fn vm(&self, name: &str, at: &FieldPath, findings: &mut Findings) -> Option<VmName> {
        let vms = self.topology.vms();
        match vms.get_key_value(name) {
            Some((name, _)) => Some(name.clone()),
            None => {
                findings.value(
                    at,
                    format!("there is no virtual machine '{name}'"),
                    did_you_mean(name, vms.keys().map(VmName::as_str)),
                );
                None
            }
        }
    }

    pub(super) fn workload(
        &self,
        name: &str,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<&'a Workload> {
        let found = self.workloads.get(name);
        if found.is_none() {
            findings.value(
                at,
                format!("there is no workload '{name}'"),
                did_you_mean(name, self.workloads.keys().map(WorkloadName::as_str)),
            );
        }
        found
    }

    /// A cluster in which a workload runs.
    pub(super) fn place_of(
        &self,
        workload: &Workload,
        cluster: &str,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<ClusterName> {
        let place = workload.places.get_key_value(cluster);
        if place.is_none() {
            findings.value(
                at,
                format!("'{}' does not run in '{cluster}'", workload.name),
                did_you_mean(cluster, workload.places.keys().map(ClusterName::as_str)),
            );
        }
        place.map(|(name, _)| name.clone())
    }

    /// A cluster of the topology.
    pub(super) fn cluster(
        &self,
        cluster: &ClusterName,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> bool {
        let clusters = &self.topology.substrate().clusters;
        let known = clusters.contains_key(cluster);
        if !known {
            findings.value(
                at,
                format!("there is no cluster '{cluster}'"),
                did_you_mean(cluster.as_str(), clusters.keys().map(ClusterName::as_str)),
            );
        }
        known
    }

    /// Clusters by name; `all` and an empty list are all of them.
    pub(super) fn clusters(
        &self,
        written: &OneOrMany<ClusterName>,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Vec<ClusterName> {
        let all = self.topology.substrate().clusters.keys();
        match written.as_slice() {
            [] => return all.cloned().collect(),
            [word] if word.as_str() == ALL => return all.cloned().collect(),
            _ => {}
        }
        for (i, cluster) in written.iter().enumerate() {
            let at = match written {
                OneOrMany::One(_) => at.clone(),
                OneOrMany::Many(_) => at.index(i),
            };
            self.cluster(cluster, &at, findings);
        }
        written.as_slice().to_vec()
    }
}

/// The hosts that an object of Kubernetes or Istio defines.
fn learn_hosts(object: &Json, hosts: &mut BTreeSet<String>) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str);
    let all = |pointer: &str| {
        let list = object.pointer(pointer).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(Json::as_str)
    };
    match text("/kind") {
        Some("ServiceEntry" | "VirtualService") => {
            hosts.extend(all("/spec/hosts").map(str::to_owned));
        }
        Some("Service") => {
            let namespace = text("/metadata/namespace").unwrap_or("default");
            if let (Some(name), Ok(namespace)) =
                (text("/metadata/name"), NamespaceName::new(namespace))
            {
                hosts.extend(service_hosts(name, &namespace));
            }
        }
        _ => {}
    }
}
