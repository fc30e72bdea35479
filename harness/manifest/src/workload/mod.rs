//! Workloads: the samples that call and answer, or a user's own objects.

mod deployment;
mod injection;
mod sample;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use scenario::{
    Topology,
    draft::ServiceType,
    scenario::{Place, Runs, Workload},
};
use serde_json::{Value, json};
use world::{ClusterName, WorkloadName};

use crate::{At, Await, ManifestError, Object, control_plane::service_account};

pub use deployment::deployment_name;
pub(crate) use injection::{Injection, namespace};
pub use sample::Images;

/// The workloads of a scenario, by name.
pub type Workloads = BTreeMap<WorkloadName, Workload>;

/// What a cluster gets: namespaces, then each workload.
///
/// # Errors
/// If a user's object has no identity.
pub(crate) fn objects(
    topology: &Topology,
    cluster: &ClusterName,
    workloads: &Workloads,
    images: &Images,
) -> Result<Vec<Object>, ManifestError> {
    let here: Vec<&Workload> = workloads
        .values()
        .filter(|workload| is_in(workload, cluster))
        .collect();
    let names: BTreeSet<&str> = here.iter().map(|w| w.namespace.as_str()).collect();
    let mut objects = Vec::new();
    for name in names {
        let injection = Injection::of_namespace(topology, cluster, name, workloads);
        objects.push(namespace(name, &injection));
    }
    for workload in here {
        let name = workload.namespace.as_str();
        let injection = Injection::of_namespace(topology, cluster, name, workloads);
        objects.extend(of_workload(cluster, workload, &injection, images)?);
    }
    Ok(objects)
}

fn of_workload(
    cluster: &ClusterName,
    workload: &Workload,
    injection: &Injection,
    images: &Images,
) -> Result<Vec<Object>, ManifestError> {
    let app = match &workload.runs {
        Runs::Sample(app) => *app,
        Runs::Objects(objects) => return own_objects(cluster, workload, objects),
    };
    let mut objects = Vec::new();
    if workload.service != ServiceType::None {
        objects.push(service::service(workload, app));
    }
    let Some(places) = workload.places.get(cluster) else {
        return Ok(objects);
    };
    let account = workload.service_account.as_str();
    objects.insert(0, service_account(account, workload.namespace.as_str()));
    for place in places {
        let container = sample::container(app, cluster, place, images);
        objects.push(deployment::deployment(
            workload, place, injection, container,
        ));
    }
    Ok(objects)
}

/// A user's objects, in the workload's namespace unless they say otherwise. A cluster that only has
/// the stub gets their Services only.
fn own_objects(
    cluster: &ClusterName,
    workload: &Workload,
    objects: &[Value],
) -> Result<Vec<Object>, ManifestError> {
    let runs_here = workload.runs_in(cluster);
    let mut own = Vec::new();
    for tree in objects {
        let object = Object::new(tree.clone())?;
        if runs_here || object.kind() == "Service" {
            own.push(in_namespace(object, workload.namespace.as_str())?);
        }
    }
    Ok(own)
}

/// Kinds that no namespace holds.
const CLUSTER_SCOPED: [&str; 6] = [
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
];

fn in_namespace(object: Object, namespace: &str) -> Result<Object, ManifestError> {
    if object.namespace().is_some() || CLUSTER_SCOPED.contains(&object.kind()) {
        return Ok(object);
    }
    let mut tree = object.into_value();
    tree["metadata"]["namespace"] = json!(namespace);
    Object::new(tree)
}

fn is_in(workload: &Workload, cluster: &ClusterName) -> bool {
    workload.runs_in(cluster) || workload.stubs.contains(cluster)
}

/// The clusters that get anything.
pub(crate) fn clusters(workloads: &Workloads) -> BTreeSet<&ClusterName> {
    let places = workloads.values().flat_map(|w| w.places.keys());
    let stubs = workloads.values().flat_map(|w| &w.stubs);
    places.chain(stubs).collect()
}

/// That the pods of a cluster are there.
pub(crate) fn awaits(cluster: &ClusterName, workloads: &Workloads) -> Vec<Await> {
    let mut awaits = Vec::new();
    for workload in workloads.values() {
        let Some(places) = workload.places.get(cluster) else {
            continue;
        };
        awaits.extend(available(cluster, workload, places));
    }
    awaits
}

fn available(cluster: &ClusterName, workload: &Workload, places: &[Place]) -> Vec<Await> {
    let namespace = workload.namespace.as_str();
    let deployment = |name: String| Await::Available(At::new(cluster, namespace, name));
    match &workload.runs {
        Runs::Sample(_) => places
            .iter()
            .map(|place| deployment(deployment_name(workload, place)))
            .collect(),
        Runs::Objects(objects) => objects
            .iter()
            .filter(|object| object["kind"] == "Deployment")
            .filter_map(|object| object["metadata"]["name"].as_str())
            .map(|name| deployment(name.to_owned()))
            .collect(),
    }
}
