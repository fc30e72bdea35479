//! Meshes: one trust domain under one administration each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use world::{ClusterName, MeshName};

use crate::{
    draft::{ClusterDraft, Free, MeshDraft, MtlsMode, TopologySpec},
    name::RootName,
    problem::{FieldPath, Findings, did_you_mean},
};

/// The word for "in no mesh".
pub(crate) const NO_MESH: &str = "none";
const DEFAULT_MESH: &str = "mesh1";
const DEFAULT_TRUST_DOMAIN: &str = "cluster.local";

/// A mesh.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mesh {
    /// Its name, which is also Istio's mesh ID.
    pub name: MeshName,
    /// The trust domain of every identity in it.
    pub trust_domain: String,
    /// Other trust domains whose identities count as its own.
    pub trust_domain_aliases: Vec<String>,
    /// The mode of the mesh-wide PeerAuthentication, if one is created.
    pub mtls: Option<MtlsMode>,
    /// Fields of Istio's MeshConfig beyond those that follow from the topology.
    pub mesh_config: Free,
    /// The root of its clusters, where they do not say otherwise.
    pub root: RootName,
    /// The meshes whose trust bundles it accepts.
    pub trusts: BTreeSet<MeshName>,
}

pub(crate) fn derive(
    spec: &TopologySpec,
    path: &FieldPath,
    findings: &mut Findings,
) -> BTreeMap<MeshName, Mesh> {
    let at = path.key("meshes");
    let drafts = declared(spec);
    for (name, draft) in &drafts {
        check(name, draft, &drafts, &at.key(name), findings);
    }
    drafts
        .into_iter()
        .map(|(name, draft)| (name.clone(), mesh(name, draft)))
        .collect()
}

fn declared(spec: &TopologySpec) -> BTreeMap<MeshName, MeshDraft> {
    if spec.meshes.is_empty() {
        let name = MeshName::new(DEFAULT_MESH).expect("a DNS label");
        BTreeMap::from([(name, MeshDraft::default())])
    } else {
        spec.meshes.clone()
    }
}

fn mesh(name: MeshName, draft: MeshDraft) -> Mesh {
    let own_root = || RootName::new(name.as_str()).expect("a mesh name is a DNS label");
    Mesh {
        root: draft.root.unwrap_or_else(own_root),
        trust_domain: draft
            .trust_domain
            .unwrap_or_else(|| DEFAULT_TRUST_DOMAIN.to_owned()),
        trust_domain_aliases: draft.trust_domain_aliases,
        mtls: draft.mtls,
        mesh_config: draft.mesh_config,
        trusts: draft.trusts.into_iter().collect(),
        name,
    }
}

fn check(
    name: &MeshName,
    draft: &MeshDraft,
    all: &BTreeMap<MeshName, MeshDraft>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    if name.as_str() == NO_MESH {
        findings.key(
            at,
            format!("'{NO_MESH}' means that a cluster has no mesh; no mesh can be called so"),
            "choose another name",
        );
    }
    for (i, other) in draft.trusts.iter().enumerate() {
        let at = at.key("trusts").index(i);
        if other == name {
            findings.value(&at, "a mesh trusts itself anyway", "remove the entry");
        } else if !all.contains_key(other) {
            let known = all.keys().map(MeshName::as_str);
            findings.value(
                &at,
                format!("there is no mesh '{other}'"),
                did_you_mean(other.as_str(), known),
            );
        }
    }
}

/// The mesh a cluster belongs to; `None` for a cluster without one, or one that was reported.
pub(crate) fn of_cluster(
    draft: &ClusterDraft,
    name: &ClusterName,
    meshes: &BTreeMap<MeshName, Mesh>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<MeshName> {
    let known = || meshes.keys().map(MeshName::as_str).chain([NO_MESH]);
    match &draft.mesh {
        Some(mesh) if mesh.as_str() == NO_MESH => None,
        Some(mesh) if meshes.contains_key(mesh) => Some(mesh.clone()),
        Some(mesh) => {
            findings.value(
                &at.key("mesh"),
                format!("there is no mesh '{mesh}'"),
                did_you_mean(mesh.as_str(), known().collect::<Vec<_>>()),
            );
            None
        }
        None if meshes.len() == 1 => meshes.keys().next().cloned(),
        None => {
            let names: Vec<&str> = known().collect();
            findings.value(
                at,
                format!("cluster '{name}' does not say which mesh it belongs to"),
                format!("add 'mesh:' with one of: {}", names.join(", ")),
            );
            None
        }
    }
}
