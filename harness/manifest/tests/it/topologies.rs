//! The topologies of the catalogue, as users read them, and one of our own.

use std::{fs, path::PathBuf};

use scenario::{Topology, draft::TopologyDraft};

/// A topology by name: a file among the fixtures, or a text of our own.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    own: Option<&'static str>,
}

const fn fixture(name: &'static str) -> Case {
    Case { name, own: None }
}

/// T2: one network, the remote is configured by the primary.
pub(crate) const SHARED_PRIMARY: Case = fixture("flat-primary-remote");
/// T4: two networks, a primary in each.
pub(crate) const MULTI_PRIMARY: Case = fixture("multi-network-multi-primary");
/// T5: two networks, the remote joins through the primary's gateway.
pub(crate) const PRIMARY_REMOTE: Case = fixture("multi-network-primary-remote");
/// T6: istiod outside of both data clusters.
pub(crate) const EXTERNAL: Case = fixture("external-control-plane-two-clusters");
/// T7: two control planes that stand in for each other, and a remote of both.
pub(crate) const SHARED_SOURCES: Case = fixture("shared-control-planes");
/// T8: a virtual machine on the cluster's network.
pub(crate) const VM: Case = fixture("vm-same-network");
/// T9: a virtual machine on another network.
pub(crate) const VM_ELSEWHERE: Case = fixture("vm-other-network");
/// T12: two meshes that exchanged their trust bundles.
pub(crate) const FEDERATION: Case = fixture("federation");
/// U1: a revision behind a tag.
pub(crate) const REVISIONS: Case = fixture("revisions");

/// Two revisions side by side, tags on one of them, and a remote of an older version.
pub(crate) const SIDE_BY_SIDE: Case = Case {
    name: "side-by-side",
    own: Some(
        "
apiVersion: isthmus/v1alpha1
kind: Topology
metadata: {name: side-by-side}
spec:
  istio: {version: 1.30.3}
  meshes: {mesh1: {mtls: STRICT}}
  networks: {network1: {}}
  clusters:
    cluster1:
      network: network1
      revisions: {canary: 1.30.3, stable: 1.29.6}
      tags: {default: stable, prod: stable}
    cluster2: {network: network1, controlPlane: cluster1, version: 1.27.0}
",
    ),
};

/// Those whose objects are kept as text.
pub(crate) const GOLDEN: [Case; 8] = [
    SHARED_PRIMARY,
    MULTI_PRIMARY,
    PRIMARY_REMOTE,
    EXTERNAL,
    SHARED_SOURCES,
    VM,
    FEDERATION,
    REVISIONS,
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/topologies")
}

impl Case {
    /// The topology.
    pub(crate) fn topology(&self) -> Topology {
        let file = folder().join(format!("{}.yaml", self.name));
        let text = match self.own {
            Some(text) => text.to_owned(),
            None => fs::read_to_string(file).unwrap(),
        };
        parse(&text)
    }
}

/// Every topology among the fixtures.
pub(crate) fn all() -> Vec<Topology> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| parse(&fs::read_to_string(file).unwrap()))
        .collect()
}

pub(crate) fn parse(text: &str) -> Topology {
    let draft: TopologyDraft = serde_yaml::from_str(text).unwrap();
    Topology::from_draft(&draft).unwrap_or_else(|findings| panic!("{findings:?}"))
}
