//! Discovery: whose API server which istiod watches, and where the remote secrets for it go.

use serde::Serialize;
use world::ClusterName;

use super::{Role, Topology, gateway::Members};
use crate::{
    draft::TopologySpec,
    problem::{FieldPath, Findings, did_you_mean},
};

/// What a remote secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretPurpose {
    /// Services and endpoints: `istio-remote-secret-<cluster>`.
    Discovery,
    /// The Istio configuration of an external control plane: `istio-kubeconfig`.
    Configuration,
}

/// A kubeconfig for one cluster's API server, stored where an istiod reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteSecret {
    /// The cluster in which it is stored.
    pub stored_in: ClusterName,
    /// The cluster whose API server it opens.
    pub of: ClusterName,
    /// What it is for.
    pub purpose: SecretPurpose,
}

impl Topology {
    /// Every remote secret the topology needs, in the order of the clusters that store them.
    ///
    /// An external control plane reads remote secrets in its own cluster
    /// (`LOCAL_CLUSTER_SECRET_WATCHER`), and its configuration through a secret of that purpose.
    pub fn remote_secrets(&self) -> Vec<RemoteSecret> {
        let mut secrets = Vec::new();
        for (name, member) in self.members() {
            let secret = |of: &ClusterName, purpose| RemoteSecret {
                stored_in: name.clone(),
                of: of.clone(),
                purpose,
            };
            let config = match &member.role {
                Role::ExternalControlPlane { config } => Some(config),
                _ => None,
            };
            secrets.extend(config.map(|config| secret(config, SecretPurpose::Configuration)));
            let discovered = member.discovers.iter().filter(|of| Some(*of) != config);
            secrets.extend(discovered.map(|of| secret(of, SecretPurpose::Discovery)));
        }
        secrets
    }

    /// Whether an istiod in `control_plane` sees the services and endpoints of `cluster`.
    pub fn sees(&self, control_plane: &ClusterName, cluster: &ClusterName) -> bool {
        self.member(control_plane).is_some_and(|member| {
            let own = match &member.role {
                Role::ExternalControlPlane { config } => config,
                _ => control_plane,
            };
            member.role.runs_istiod() && (own == cluster || member.discovers.contains(cluster))
        })
    }
}

/// Checks what `discovers` names.
pub(crate) fn check(
    spec: &TopologySpec,
    members: &Members,
    path: &FieldPath,
    findings: &mut Findings,
) {
    for (name, draft) in &spec.clusters {
        let (Some(discovers), Some(member)) = (&draft.discovers, members.get(name)) else {
            continue;
        };
        let at = path.key("clusters").key(name).key("discovers");
        if !member.role.runs_istiod() {
            findings.key(
                &at,
                format!("no istiod runs in '{name}', so nothing here discovers anything"),
                "write 'discovers' on the cluster whose istiod shall be narrowed",
            );
            continue;
        }
        for (i, other) in discovers.iter().enumerate() {
            check_entry(name, other, members, spec, &at.index(i), findings);
        }
        check_remotes_included(name, discovers, members, &at, findings);
    }
}

fn check_entry(
    name: &ClusterName,
    other: &ClusterName,
    members: &Members,
    spec: &TopologySpec,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let outside = members
        .get(other)
        .is_some_and(|member| !member.role.has_workloads());
    if !spec.clusters.contains_key(other) {
        let known = spec.clusters.keys().map(ClusterName::as_str);
        findings.value(
            at,
            format!("there is no cluster '{other}'"),
            did_you_mean(other.as_str(), known),
        );
    } else if other == name {
        findings.value(
            at,
            "an istiod always sees its own cluster",
            "remove the entry",
        );
    } else if outside {
        findings.value(
            at,
            format!("'{other}' has no workloads in a mesh that could be discovered"),
            "remove the entry",
        );
    }
}

/// Without the remote secret an istiod cannot authenticate a remote's proxies.
fn check_remotes_included(
    name: &ClusterName,
    discovers: &[ClusterName],
    members: &Members,
    at: &FieldPath,
    findings: &mut Findings,
) {
    for (other, member) in members {
        let is_remote = matches!(member.role, Role::Remote { .. });
        if is_remote && member.role.sources().contains(name) && !discovers.contains(other) {
            findings.value(
                at,
                format!("'{name}' is the control plane of '{other}' and must discover it"),
                format!("add '{other}'"),
            );
        }
    }
}
