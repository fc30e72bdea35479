//! What has pods that can be scaled and restarted: a workload, an istiod or a gateway.

use std::fmt;

use serde::Serialize;
use world::{ClusterName, NamespaceName, WorkloadName};

use super::scope::Scope;
use crate::{
    name::{GatewayName, RevisionName},
    problem::{FieldPath, Findings, did_you_mean},
};

/// Something with pods, in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Deployed {
    /// A workload, in all its versions or one.
    Workload {
        /// Its name.
        name: WorkloadName,
        /// Its namespace.
        namespace: NamespaceName,
        /// Its cluster.
        cluster: ClusterName,
        /// One of its versions; `None` for all.
        version: Option<String>,
    },
    /// An istiod.
    Istiod {
        /// Its cluster.
        cluster: ClusterName,
        /// Its revision; `None` for the one installed without a name.
        revision: Option<RevisionName>,
    },
    /// A gateway.
    Gateway {
        /// Its name.
        name: GatewayName,
        /// Its namespace.
        namespace: NamespaceName,
        /// Its cluster.
        cluster: ClusterName,
    },
}

impl Deployed {
    /// The cluster it is in.
    pub fn cluster(&self) -> &ClusterName {
        match self {
            Self::Workload { cluster, .. }
            | Self::Istiod { cluster, .. }
            | Self::Gateway { cluster, .. } => cluster,
        }
    }
}

impl fmt::Display for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload {
                name,
                cluster,
                version: Some(version),
                ..
            } => write!(f, "{name}-{version}@{cluster}"),
            Self::Workload { name, cluster, .. } => write!(f, "{name}@{cluster}"),
            Self::Istiod {
                cluster,
                revision: Some(revision),
            } => write!(f, "istiod-{revision}@{cluster}"),
            Self::Istiod { cluster, .. } => write!(f, "istiod@{cluster}"),
            Self::Gateway { name, cluster, .. } => write!(f, "{name}@{cluster}"),
        }
    }
}

/// Reads `NAME@CLUSTER` or `NAME@*`; empty if something was reported.
pub(super) fn read(
    text: &str,
    version: Option<&str>,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Vec<Deployed> {
    let Some((name, place)) = text.split_once('@') else {
        findings.value(
            at,
            format!("'{text}' does not say in which cluster"),
            format!("write '{text}@CLUSTER' or '{text}@*'"),
        );
        return Vec::new();
    };
    let named: Vec<Deployed> = all(scope, version)
        .into_iter()
        .filter(|deployed| without_cluster(deployed) == name)
        .collect();
    let matching: Vec<Deployed> = named
        .iter()
        .filter(|deployed| place == "*" || deployed.cluster().as_str() == place)
        .cloned()
        .collect();
    if named.is_empty() {
        unknown(name, scope, at, findings);
    } else if matching.is_empty() {
        let places = named.iter().map(|deployed| deployed.cluster().as_str());
        findings.value(
            at,
            format!("'{name}' does not run in '{place}'"),
            did_you_mean(place, places),
        );
    }
    matching
}

fn unknown(name: &str, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) {
    let mut names: Vec<String> = all(scope, None).iter().map(without_cluster).collect();
    names.sort();
    names.dedup();
    findings.value(
        at,
        format!("there is no workload, istiod or gateway '{name}'"),
        did_you_mean(name, names.iter().map(String::as_str)),
    );
}

/// How something is called without its cluster and version.
fn without_cluster(deployed: &Deployed) -> String {
    match deployed {
        Deployed::Workload { name, .. } => name.to_string(),
        Deployed::Gateway { name, .. } => name.to_string(),
        Deployed::Istiod {
            revision: Some(revision),
            ..
        } => format!("istiod-{revision}"),
        Deployed::Istiod { revision: None, .. } => "istiod".to_owned(),
    }
}

fn all(scope: &Scope<'_>, version: Option<&str>) -> Vec<Deployed> {
    let workloads = scope.workloads.values().flat_map(|workload| {
        workload.places.keys().map(|cluster| Deployed::Workload {
            name: workload.name.clone(),
            namespace: workload.namespace.clone(),
            cluster: cluster.clone(),
            version: version.map(str::to_owned),
        })
    });
    let gateways = scope
        .topology
        .gateways()
        .iter()
        .map(|gateway| Deployed::Gateway {
            name: gateway.name.clone(),
            namespace: gateway.namespace.clone(),
            cluster: gateway.cluster.clone(),
        });
    workloads.chain(gateways).chain(istiods(scope)).collect()
}

/// The istiods that are installed, and those that an upgrade adds beside them.
fn istiods<'a>(scope: &'a Scope<'_>) -> impl Iterator<Item = Deployed> + 'a {
    let istiod = |cluster: &ClusterName, revision: Option<RevisionName>| Deployed::Istiod {
        cluster: cluster.clone(),
        revision,
    };
    scope.topology.control_planes().flat_map(move |cluster| {
        let member = scope
            .topology
            .member(cluster)
            .expect("a control plane is a member");
        let installed = member
            .revisions
            .iter()
            .map(|revision| revision.name.clone());
        let added = scope.added_revisions().cloned().map(Some);
        installed
            .chain(added)
            .map(move |revision| istiod(cluster, revision))
    })
}
