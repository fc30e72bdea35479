//! Roles: who configures whom. They are derived from `controlPlane` and `configCluster`, never
//! stored by hand, so that an impossible combination cannot be written down.

use std::collections::BTreeMap;

use serde::Serialize;
use world::ClusterName;

use crate::{
    draft::{ClusterDraft, TopologySpec},
    problem::{FieldPath, Findings, did_you_mean},
    topology::mesh::NO_MESH,
};

/// What a cluster is in its mesh, in Istio's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Runs an istiod and holds its configuration. `with` are further control planes that stand in
    /// for its own.
    Primary {
        /// Itself first, then the others in the order written.
        sources: Sources,
    },
    /// Configured by an istiod in another cluster.
    Remote {
        /// Where that istiod runs, the preferred source first.
        of: Sources,
    },
    /// Runs an istiod whose configuration is held by another cluster; has no workloads in the mesh.
    ExternalControlPlane {
        /// The cluster that holds the configuration.
        config: ClusterName,
    },
    /// Holds the configuration of an istiod that runs outside it.
    Config {
        /// Where that istiod runs.
        control_plane: Sources,
    },
    /// Belongs to no mesh.
    None,
}

/// Clusters whose istiod configures a cluster; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sources(Vec<ClusterName>);

impl Sources {
    fn one(cluster: &ClusterName) -> Self {
        Self(vec![cluster.clone()])
    }

    /// The preferred source.
    pub fn first(&self) -> &ClusterName {
        self.0.first().expect("made with at least one")
    }

    /// All sources, the preferred one first.
    pub fn as_slice(&self) -> &[ClusterName] {
        &self.0
    }
}

impl Role {
    /// Whether an istiod runs here.
    pub fn runs_istiod(&self) -> bool {
        matches!(
            self,
            Self::Primary { .. } | Self::ExternalControlPlane { .. }
        )
    }

    /// Whether pods here can be part of the mesh.
    pub fn has_workloads(&self) -> bool {
        match self {
            Self::Primary { .. } | Self::Remote { .. } | Self::Config { .. } => true,
            Self::ExternalControlPlane { .. } | Self::None => false,
        }
    }

    /// The clusters whose istiod configures proxies here, the preferred one first.
    pub fn sources(&self) -> &[ClusterName] {
        match self {
            Self::Primary { sources } => sources.as_slice(),
            Self::Remote { of } => of.as_slice(),
            Self::Config { control_plane } => control_plane.as_slice(),
            Self::ExternalControlPlane { .. } | Self::None => &[],
        }
    }
}

pub(crate) type Roles = BTreeMap<ClusterName, Role>;

/// Derives every role; an impossible one is reported and left out.
pub(crate) fn derive(spec: &TopologySpec, path: &FieldPath, findings: &mut Findings) -> Roles {
    let graph = Graph { spec };
    let mut roles = Roles::new();
    for (name, draft) in &spec.clusters {
        let at = path.key("clusters").key(name);
        if let Some(role) = graph.role(name, draft, &at, findings) {
            roles.insert(name.clone(), role);
        }
    }
    roles
}

/// The clusters as they refer to one another.
struct Graph<'a> {
    spec: &'a TopologySpec,
}

impl Graph<'_> {
    fn role(
        &self,
        name: &ClusterName,
        draft: &ClusterDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Role> {
        if is_meshless(draft) {
            return meshless_role(draft, at, findings);
        }
        if !self.names_exist(draft, at, findings) {
            return None;
        }
        let configs = self.configs_of(name);
        match configs.as_slice() {
            [] if is_own_source(name, draft) => self.primary(name, draft, at, findings),
            [] if is_config(name, draft) => self.config(name, draft, at, findings),
            [] => self.remote(name, draft, at, findings),
            [config] => external(name, draft, config, at, findings),
            [first, second, ..] => {
                findings.value(
                    at,
                    format!(
                        "the external control plane '{name}' has two configuration clusters, \
                         '{first}' and '{second}'"
                    ),
                    format!("make one of them a remote: 'controlPlane: {name}' and 'configCluster: {first}'"),
                );
                None
            }
        }
    }

    fn names_exist(&self, draft: &ClusterDraft, at: &FieldPath, findings: &mut Findings) -> bool {
        let before = findings.len();
        for source in draft.control_plane.iter() {
            self.known(source, &at.key("controlPlane"), findings);
        }
        if let Some(config) = &draft.config_cluster {
            self.known(config, &at.key("configCluster"), findings);
        }
        findings.len() == before
    }

    fn known(&self, name: &ClusterName, at: &FieldPath, findings: &mut Findings) {
        if !self.spec.clusters.contains_key(name) {
            let known = self.spec.clusters.keys().map(ClusterName::as_str);
            findings.value(
                at,
                format!("there is no cluster '{name}'"),
                did_you_mean(name.as_str(), known),
            );
        }
    }

    /// The clusters that hold the configuration of an istiod in `name`.
    fn configs_of(&self, name: &ClusterName) -> Vec<&ClusterName> {
        let clusters = self.spec.clusters.iter();
        clusters
            .filter(|(other, draft)| {
                is_config(other, draft) && draft.control_plane.as_slice() == [name.clone()]
            })
            .map(|(other, _)| other)
            .collect()
    }

    fn primary(
        &self,
        name: &ClusterName,
        draft: &ClusterDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Role> {
        let before = findings.len();
        let others = || draft.control_plane.iter().filter(|other| *other != name);
        for other in others() {
            self.source_runs_istiod(name, other, at, findings);
        }
        if let Some(config) = draft
            .config_cluster
            .as_ref()
            .filter(|config| *config != name)
        {
            findings.value(
                &at.key("configCluster"),
                format!("'{name}' is its own control plane and reads its own configuration"),
                format!(
                    "for an external control plane write 'controlPlane: {name}' and \
                     'configCluster: {config}' on '{config}'"
                ),
            );
        }
        let sources = std::iter::once(name).chain(others()).cloned().collect();
        (findings.len() == before).then_some(Role::Primary {
            sources: Sources(sources),
        })
    }

    fn config(
        &self,
        name: &ClusterName,
        draft: &ClusterDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Role> {
        let [source] = draft.control_plane.as_slice() else {
            findings.value(
                &at.key("controlPlane"),
                format!("the configuration cluster '{name}' has several control planes"),
                "name one external control plane".to_owned(),
            );
            return None;
        };
        let sound = self.source_runs_istiod(name, source, at, findings);
        sound.then(|| Role::Config {
            control_plane: Sources::one(source),
        })
    }

    fn remote(
        &self,
        name: &ClusterName,
        draft: &ClusterDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Role> {
        let before = findings.len();
        for source in draft.control_plane.iter() {
            if self.source_runs_istiod(name, source, at, findings) {
                self.config_agrees(name, source, draft, at, findings);
            }
        }
        (findings.len() == before).then(|| Role::Remote {
            of: Sources(draft.control_plane.as_slice().to_vec()),
        })
    }

    /// A source must run an istiod: a remote of a remote and a cycle cannot work.
    fn source_runs_istiod(
        &self,
        name: &ClusterName,
        source: &ClusterName,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> bool {
        let draft = &self.spec.clusters[source];
        let at = at.key("controlPlane");
        if is_meshless(draft) {
            findings.value(
                &at,
                format!("'{source}' is in no mesh and runs no istiod"),
                format!("remove 'mesh: {NO_MESH}' from '{source}', or name a primary"),
            );
            return false;
        }
        if is_own_source(source, draft) {
            return true;
        }
        let (message, remedy) = match self.chain_back(name) {
            Some(cycle) => (
                format!("the control planes form a cycle: {cycle}"),
                "let one of them be a primary: remove its 'controlPlane'".to_owned(),
            ),
            None => (
                format!("'{source}' is itself a remote, and a remote of a remote has no istiod"),
                format!(
                    "name the primary: 'controlPlane: {}'",
                    draft.control_plane.as_slice()[0]
                ),
            ),
        };
        findings.value(&at, message, remedy);
        false
    }

    /// The way from `name` along first control planes back to itself, if it leads there.
    fn chain_back(&self, name: &ClusterName) -> Option<String> {
        let mut chain = vec![name];
        loop {
            let draft = self
                .spec
                .clusters
                .get(*chain.last().expect("starts with name"))?;
            let next = draft.control_plane.iter().next()?;
            if next == name {
                chain.push(name);
                let words: Vec<&str> = chain.iter().map(|c| c.as_str()).collect();
                return Some(words.join(" → "));
            }
            if chain.contains(&next) {
                return None;
            }
            chain.push(next);
        }
    }

    /// A remote obeys the configuration that its control plane reads.
    fn config_agrees(
        &self,
        name: &ClusterName,
        source: &ClusterName,
        draft: &ClusterDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) {
        let Some(written) = &draft.config_cluster else {
            return;
        };
        let at = at.key("configCluster");
        match self.configs_of(source).first() {
            Some(config) if *config == written => {}
            Some(config) => findings.value(
                &at,
                format!("the istiod in '{source}' reads its configuration from '{config}'"),
                format!("write 'configCluster: {config}', or leave it out"),
            ),
            None if written == source => {}
            None => findings.value(
                &at,
                format!(
                    "'{name}' wants '{source}' to be an external control plane, \
                     but no cluster holds its configuration"
                ),
                format!(
                    "write 'controlPlane: {source}' and 'configCluster: {written}' on '{written}', \
                     or leave 'configCluster' out"
                ),
            ),
        }
    }
}

fn is_meshless(draft: &ClusterDraft) -> bool {
    draft
        .mesh
        .as_ref()
        .is_some_and(|mesh| mesh.as_str() == NO_MESH)
}

fn is_own_source(name: &ClusterName, draft: &ClusterDraft) -> bool {
    let sources = draft.control_plane.as_slice();
    sources.is_empty() || sources.contains(name)
}

/// Whether a cluster holds the configuration of an istiod that runs elsewhere.
fn is_config(name: &ClusterName, draft: &ClusterDraft) -> bool {
    draft.config_cluster.as_ref() == Some(name) && !is_own_source(name, draft)
}

fn meshless_role(draft: &ClusterDraft, at: &FieldPath, findings: &mut Findings) -> Option<Role> {
    let set = [
        ("controlPlane", !draft.control_plane.as_slice().is_empty()),
        ("configCluster", draft.config_cluster.is_some()),
        ("discovers", draft.discovers.is_some()),
        ("revisions", !draft.revisions.is_empty()),
        ("root", draft.root.is_some()),
    ];
    let before = findings.len();
    for (field, _) in set.iter().filter(|(_, is_set)| *is_set) {
        findings.key(
            &at.key(field),
            format!("'{field}' means nothing in a cluster without a mesh"),
            format!("remove it, or remove 'mesh: {NO_MESH}'"),
        );
    }
    (findings.len() == before).then_some(Role::None)
}

fn external(
    name: &ClusterName,
    draft: &ClusterDraft,
    config: &ClusterName,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Role> {
    if !is_own_source(name, draft) {
        findings.value(
            &at.key("controlPlane"),
            format!("'{name}' is the external control plane of '{config}' and cannot have another"),
            "remove 'controlPlane' here".to_owned(),
        );
        return None;
    }
    Some(Role::ExternalControlPlane {
        config: config.clone(),
    })
}
