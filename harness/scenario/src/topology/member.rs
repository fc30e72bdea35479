//! A cluster's part in its mesh.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use world::{ClusterName, MeshName, Version};

use super::{Mesh, Role, mesh, role::Roles};
use crate::{
    draft::{ClusterDraft, Free, TopologySpec},
    name::{RevisionName, RootName},
    problem::{FieldPath, Findings, did_you_mean},
};

/// A cluster as the mesh sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The mesh it belongs to; `None` exactly for [`Role::None`].
    pub mesh: Option<MeshName>,
    /// What it is there.
    pub role: Role,
    /// The revisions of istiod that run here (of a remote: that its webhooks point to); never empty
    /// in a mesh, the default revision first.
    pub revisions: Vec<Revision>,
    /// Revision tags and the revisions they point to.
    pub tags: BTreeMap<RevisionName, RevisionName>,
    /// The root certificate authority above this cluster's.
    pub root: RootName,
    /// The clusters that an istiod here discovers, itself excluded.
    pub discovers: BTreeSet<ClusterName>,
    /// Helm values: `istio.values` with the cluster's own merged over them.
    pub values: Free,
}

/// One istiod of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// Its name; `None` for the default revision, which is installed without one.
    pub name: Option<RevisionName>,
    /// Its version.
    pub version: Version,
}

impl Member {
    /// The version of the first revision; `None` without a mesh.
    pub fn version(&self) -> Option<&Version> {
        self.revisions.first().map(|revision| &revision.version)
    }
}

pub(crate) fn derive(
    spec: &TopologySpec,
    meshes: &BTreeMap<MeshName, Mesh>,
    roles: &Roles,
    path: &FieldPath,
    findings: &mut Findings,
) -> BTreeMap<ClusterName, Member> {
    let mut belongs = BTreeMap::new();
    for (name, draft) in &spec.clusters {
        let at = path.key("clusters").key(name);
        if let Some(mesh) = mesh::of_cluster(draft, name, meshes, &at, findings) {
            belongs.insert(name, mesh);
        }
    }
    check_istio(spec, roles, path, findings);
    let mut members = BTreeMap::new();
    for (name, role) in roles {
        let draft = &spec.clusters[name];
        let at = path.key("clusters").key(name);
        let mesh = belongs.get(name).and_then(|mesh| meshes.get(mesh));
        check(draft, role, mesh, &belongs, &at, findings);
        let peers = peers(name, mesh, &belongs, roles);
        members.insert(name.clone(), member(spec, draft, role, mesh, peers));
    }
    members
}

/// The clusters with workloads in the same mesh, whose API servers an istiod here can watch.
fn peers(
    name: &ClusterName,
    mesh: Option<&Mesh>,
    belongs: &BTreeMap<&ClusterName, MeshName>,
    roles: &Roles,
) -> BTreeSet<ClusterName> {
    let own = mesh.map(|mesh| &mesh.name);
    roles
        .iter()
        .filter(|(other, role)| *other != name && role.has_workloads())
        .filter(|(other, _)| own.is_some() && belongs.get(other) == own)
        .map(|(other, _)| other.clone())
        .collect()
}

fn member(
    spec: &TopologySpec,
    draft: &ClusterDraft,
    role: &Role,
    mesh: Option<&Mesh>,
    peers: BTreeSet<ClusterName>,
) -> Member {
    let written = |names: &Vec<ClusterName>| names.iter().cloned().collect();
    let discovers = match (role.runs_istiod(), &draft.discovers) {
        (false, _) => BTreeSet::new(),
        (true, Some(names)) => written(names),
        (true, None) => peers,
    };
    let no_root = || RootName::new(mesh::NO_MESH).expect("a DNS label");
    let mesh_root = || mesh.map_or_else(no_root, |mesh| mesh.root.clone());
    // Where no istiod runs, certificates come from the authority of the control plane.
    let signer = role
        .sources()
        .first()
        .and_then(|source| spec.clusters.get(source));
    let signed_by = signer.unwrap_or(draft).root.clone();
    Member {
        mesh: mesh.map(|mesh| mesh.name.clone()),
        role: role.clone(),
        revisions: revisions(spec, draft, role),
        tags: draft.tags.clone(),
        root: signed_by.unwrap_or_else(mesh_root),
        discovers,
        values: values(spec, draft),
    }
}

fn revisions(spec: &TopologySpec, draft: &ClusterDraft, role: &Role) -> Vec<Revision> {
    if *role == Role::None {
        return Vec::new();
    }
    if draft.revisions.is_empty() {
        let unnamed = |version: &Version| Revision {
            name: None,
            version: version.clone(),
        };
        return version(spec, draft).map(unnamed).into_iter().collect();
    }
    let revision = |(name, version): (&RevisionName, &Version)| Revision {
        name: Some(name.clone()),
        version: version.clone(),
    };
    draft.revisions.iter().map(revision).collect()
}

/// The version of a cluster's own or of all; `None` if nobody wrote one, which is a finding.
fn version<'a>(spec: &'a TopologySpec, draft: &'a ClusterDraft) -> Option<&'a Version> {
    let of_all = spec.istio.as_ref().map(|istio| &istio.version);
    draft.version.as_ref().or(of_all)
}

fn check_istio(spec: &TopologySpec, roles: &Roles, path: &FieldPath, findings: &mut Findings) {
    let mut in_a_mesh = roles.iter().filter(|(_, role)| **role != Role::None);
    let without = in_a_mesh.find(|(name, _)| {
        let draft = &spec.clusters[*name];
        draft.revisions.is_empty() && version(spec, draft).is_none()
    });
    if let Some((name, _)) = without {
        findings.value(
            path,
            format!("nothing says which Istio runs in '{name}'"),
            "write 'istio: {version: 1.30.3}', or 'mesh: none' for a cluster without a mesh",
        );
    }
}

fn values(spec: &TopologySpec, draft: &ClusterDraft) -> Free {
    match &spec.istio {
        Some(istio) => istio.values.merged(&draft.values),
        None => draft.values.clone(),
    }
}

fn check(
    draft: &ClusterDraft,
    role: &Role,
    mesh: Option<&Mesh>,
    belongs: &BTreeMap<&ClusterName, MeshName>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    check_tags(draft, at, findings);
    check_version(draft, at, findings);
    check_sources_share_the_mesh(role, mesh, belongs, at, findings);
    if draft.root.is_some() && matches!(role, Role::Remote { .. } | Role::Config { .. }) {
        findings.key(
            &at.key("root"),
            "certificates here are signed by the control plane's authority, not by the cluster's own",
            format!("move 'root' to '{}'", role.sources()[0]),
        );
    }
}

fn check_tags(draft: &ClusterDraft, at: &FieldPath, findings: &mut Findings) {
    for (tag, revision) in &draft.tags {
        if !draft.revisions.contains_key(revision) {
            let known = draft.revisions.keys().map(RevisionName::as_str);
            findings.value(
                &at.key("tags").key(tag),
                format!("there is no revision '{revision}'"),
                did_you_mean(revision.as_str(), known),
            );
        }
    }
}

fn check_version(draft: &ClusterDraft, at: &FieldPath, findings: &mut Findings) {
    if draft.version.is_some() && !draft.revisions.is_empty() {
        findings.key(
            &at.key("version"),
            "'version' is that of the default revision, and 'revisions' replaces it",
            "remove 'version', or list it under 'revisions'",
        );
    }
}

fn check_sources_share_the_mesh(
    role: &Role,
    mesh: Option<&Mesh>,
    belongs: &BTreeMap<&ClusterName, MeshName>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let Some(own) = mesh.map(|mesh| &mesh.name) else {
        return;
    };
    for source in role.sources() {
        if let Some(other) = belongs.get(source).filter(|other| *other != own) {
            findings.value(
                &at.key("controlPlane"),
                format!("'{source}' is in mesh '{other}', this cluster in '{own}'"),
                "a control plane serves one mesh: name a cluster of the same mesh",
            );
        }
    }
}
