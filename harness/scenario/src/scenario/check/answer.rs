//! Who may answer: clusters, virtual machines and versions that run what is called.

use std::collections::BTreeSet;

use world::{Client, ClusterName};

use super::{ServedBy, Server, read::Reader};
use crate::{
    problem::{FieldPath, Findings, did_you_mean},
    scenario::{Calls, Destination, Workload, workload::Runs},
    term::OneOrMany,
};

impl Reader<'_> {
    /// The workload that a call is for, if its objects are ours and it is called by its own name.
    pub(super) fn target(&self, calls: &Calls) -> Option<&Workload> {
        match &calls.to {
            Destination::Host { host, .. } => self.scope.workload_of_host(host),
            Destination::Pod { workload, .. } => self.scope.workloads.get(workload),
            Destination::Gateway { .. } => None,
        }
        .filter(|workload| matches!(workload.runs, Runs::Sample(_)))
    }

    pub(super) fn served_by(
        &self,
        written: Option<&OneOrMany<String>>,
        calls: &Calls,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> ServedBy {
        let Some(written) = written else {
            return ServedBy::Anybody;
        };
        if let [word] = written.as_slice()
            && word == "local"
        {
            self.check_local(calls, at, findings);
            return ServedBy::Local;
        }
        let mut servers = BTreeSet::new();
        for text in written.iter() {
            servers.extend(self.server(text, calls, at, findings));
        }
        if written.as_slice().is_empty() {
            findings.value(
                at,
                "nobody is left to answer",
                "name a cluster, or leave it out",
            );
        }
        ServedBy::Each(servers)
    }

    pub(super) fn server(
        &self,
        text: &str,
        calls: &Calls,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Server> {
        if let Some(vm) = text.strip_prefix("vm:") {
            return self.scope.vm(vm, at, findings).map(Server::Vm);
        }
        let clusters = &self.scope.topology.substrate().clusters;
        let Some((name, _)) = clusters.get_key_value(text) else {
            let words = clusters.keys().map(ClusterName::as_str).chain(["local"]);
            let words: Vec<&str> = words.collect();
            findings.value(
                at,
                format!("there is no cluster '{text}' that could answer"),
                did_you_mean(text, words),
            );
            return None;
        };
        if let Some(workload) = self
            .target(calls)
            .filter(|workload| !workload.runs_in(name))
        {
            findings.value(
                at,
                format!(
                    "'{}' does not run in '{text}', so nothing there can answer",
                    workload.name
                ),
                did_you_mean(text, workload.places.keys().map(ClusterName::as_str)),
            );
        }
        Some(Server::Cluster(name.clone()))
    }

    pub(super) fn check_local(&self, calls: &Calls, at: &FieldPath, findings: &mut Findings) {
        for client in &calls.from {
            match client {
                Client::Pod { cluster, .. } => {
                    let target = self
                        .target(calls)
                        .filter(|workload| !workload.runs_in(cluster));
                    if let Some(workload) = target {
                        findings.value(
                            at,
                            format!(
                                "'{}' does not run in '{cluster}', where {client} is",
                                workload.name
                            ),
                            "name the clusters that answer",
                        );
                    }
                }
                Client::Vm(_) | Client::Outside => findings.value(
                    at,
                    format!("{client} is in no cluster, so nothing is local to it"),
                    "name the clusters that answer",
                ),
            }
        }
    }
}

/// The versions that are named must run somewhere.
pub(super) fn check_versions<'a>(
    versions: impl IntoIterator<Item = &'a String>,
    workload: &Workload,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let known: BTreeSet<&str> = workload.versions().collect();
    for version in versions {
        if !known.contains(version.as_str()) {
            findings.value(
                at,
                format!("'{}' has no version '{version}'", workload.name),
                did_you_mean(version, known.iter().copied()),
            );
        }
    }
}
