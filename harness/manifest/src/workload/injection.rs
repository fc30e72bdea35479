//! By which labels the pods of a namespace get their sidecars.
//!
//! Istio's webhooks look at the namespace first: one that names a revision or opts in decides for
//! all its pods, and `istio-injection` beats `istio.io/rev`. So where workloads of one namespace
//! ask for different revisions, the namespace says nothing and each pod speaks for itself.

use std::collections::BTreeSet;

use scenario::{
    Topology,
    name::RevisionName,
    scenario::workload::{Place, Sidecar, Workload},
};
use serde_json::{Map, Value, json};
use world::ClusterName;

use super::Workloads;
use crate::Object;

const REVISION: &str = "istio.io/rev";

/// Who says which istiod injects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Injection {
    /// Nobody: the cluster is in no mesh.
    Off,
    /// The namespace, by one label.
    ByNamespace(&'static str, String),
    /// Each pod; the revision of those that name none, `None` for the default one.
    ByPod(Option<String>),
}

impl Injection {
    /// How pods of a namespace are injected in a cluster.
    pub(crate) fn of_namespace(
        topology: &Topology,
        cluster: &ClusterName,
        namespace: &str,
        workloads: &Workloads,
    ) -> Self {
        let in_mesh = topology
            .member(cluster)
            .is_some_and(|member| member.mesh.is_some());
        if !in_mesh {
            return Self::Off;
        }
        let asked = asked(cluster, namespace, workloads);
        match asked.iter().collect::<Vec<_>>().as_slice() {
            [] | [None] => Self::by_default(topology, cluster),
            [Some(rev)] => Self::ByNamespace(REVISION, rev.to_string()),
            _ => Self::ByPod(main_revision(topology, cluster)),
        }
    }

    fn by_default(topology: &Topology, cluster: &ClusterName) -> Self {
        match main_revision(topology, cluster) {
            None => Self::ByNamespace("istio-injection", "enabled".to_owned()),
            Some(revision) => Self::ByNamespace(REVISION, revision),
        }
    }

    /// The labels by which a pod asks for its sidecar, or refuses it.
    pub(super) fn pod_labels(&self, workload: &Workload, place: &Place) -> Map<String, Value> {
        let label = |key: &str, value: &str| (key.to_owned(), json!(value));
        let inject = "sidecar.istio.io/inject";
        let labels = match (workload.sidecar, self) {
            (_, Self::Off) => Vec::new(),
            (Sidecar::Refused, _) => vec![label(inject, "false")],
            (Sidecar::Injected, Self::ByNamespace(..)) => Vec::new(),
            (Sidecar::Injected, Self::ByPod(main)) => {
                let rev = place.rev.as_ref().map(RevisionName::as_str);
                match rev.or(main.as_deref()) {
                    Some(rev) => vec![label(REVISION, rev)],
                    None => vec![label(inject, "true")],
                }
            }
        };
        labels.into_iter().collect()
    }
}

/// The revisions that injected workloads of the namespace ask for.
fn asked<'a>(
    cluster: &ClusterName,
    namespace: &str,
    workloads: &'a Workloads,
) -> BTreeSet<Option<&'a RevisionName>> {
    let injected = workloads.values().filter(|workload| {
        workload.namespace.as_str() == namespace && workload.sidecar == Sidecar::Injected
    });
    let places = injected.filter_map(|workload| workload.places.get(cluster));
    places.flatten().map(|place| place.rev.as_ref()).collect()
}

/// The revision that a namespace names which has no wish: none where the default one exists, under
/// its own name or as the tag `default`; else the only tag, so that the namespace follows it; else
/// the first revision.
fn main_revision(topology: &Topology, cluster: &ClusterName) -> Option<String> {
    let member = topology.member(cluster)?;
    let tags: Vec<&str> = member.tags.keys().map(RevisionName::as_str).collect();
    let first = member.revisions.first()?.name.as_ref()?;
    match tags.as_slice() {
        tags if tags.contains(&"default") => None,
        [tag] => Some((*tag).to_owned()),
        _ => Some(first.to_string()),
    }
}

/// A namespace of workloads.
pub(crate) fn namespace(name: &str, injection: &Injection) -> Object {
    let mut labels = Map::new();
    if let Injection::ByNamespace(key, value) = injection {
        labels.insert((*key).to_owned(), json!(value));
    }
    crate::namespace::namespace(name, labels, Map::new())
}
