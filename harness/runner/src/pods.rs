//! What has pods: the Deployments behind it, their number, their restart.

use std::collections::BTreeMap;

use engine::{ObjectRef, condition, wait};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use manifest::{deployment_name, gateway_namespace, system_namespace};
use scenario::{scenario::Deployed, topology::Gateway};
use serde_json::{Value, json};
use world::ClusterName;

use crate::{Error, Result, error::Doing as _, running::Running};

/// The Deployments behind something that is deployed.
pub(crate) fn deployments(running: &Running<'_>, of: &Deployed) -> Vec<ObjectRef> {
    let topology = running.site.topology;
    match of {
        Deployed::Workload {
            name,
            namespace,
            cluster,
            version,
        } => {
            let workload = &running.scenario.workloads()[name];
            let places = workload.places.get(cluster).into_iter().flatten();
            let wanted =
                places.filter(|place| version.as_ref().is_none_or(|only| place.version == *only));
            wanted
                .map(|place| deployment(namespace.as_str(), deployment_name(workload, place)))
                .collect()
        }
        Deployed::Istiod { cluster, revision } => {
            let name = revision
                .as_ref()
                .map_or_else(|| "istiod".to_owned(), |name| format!("istiod-{name}"));
            vec![deployment(system_namespace(topology, cluster), name)]
        }
        Deployed::Gateway { name, cluster, .. } => {
            let mut gateways = topology.gateways().iter();
            let found = gateways.find(|one| one.name == *name && one.cluster == *cluster);
            vec![gateway(
                running,
                found.expect("a validated scenario names its gateways"),
            )]
        }
    }
}

/// The Deployment of a gateway.
pub(crate) fn gateway(running: &Running<'_>, gateway: &Gateway) -> ObjectRef {
    let namespace = gateway_namespace(running.site.topology, gateway);
    deployment(namespace, gateway.name.to_string())
}

/// The Deployments of every workload with pods in a cluster.
pub(crate) fn workloads_in(running: &Running<'_>, cluster: &ClusterName) -> Vec<ObjectRef> {
    let workloads = running.scenario.workloads().values();
    let of = |workload: &scenario::scenario::Workload| Deployed::Workload {
        name: workload.name.clone(),
        namespace: workload.namespace.clone(),
        cluster: cluster.clone(),
        version: None,
    };
    workloads
        .filter(|workload| workload.runs_in(cluster))
        .flat_map(|workload| deployments(running, &of(workload)))
        .collect()
}

fn deployment(namespace: &str, name: String) -> ObjectRef {
    ObjectRef::namespaced("apps/v1", "Deployment", namespace, name)
}

/// The labels of the pods of something that is deployed.
pub(crate) fn labels(of: &Deployed) -> BTreeMap<&'static str, String> {
    match of {
        Deployed::Workload { name, version, .. } => {
            let app = [("app", name.to_string())];
            app.into_iter()
                .chain(version.clone().map(|version| ("version", version)))
                .collect()
        }
        Deployed::Istiod { revision, .. } => {
            let revision = revision
                .as_ref()
                .map_or_else(|| "default".to_owned(), ToString::to_string);
            BTreeMap::from([("app", "istiod".to_owned()), ("istio.io/rev", revision)])
        }
        Deployed::Gateway { name, .. } => BTreeMap::from([("app", name.to_string())]),
    }
}

/// How many pods something asks for: each of its Deployments.
pub(crate) async fn replicas(
    running: &Running<'_>,
    cluster: &ClusterName,
    of: &[ObjectRef],
) -> Result<Vec<i32>> {
    let mut all = Vec::with_capacity(of.len());
    for object in of {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let client = running.site.kinds(cluster).client().clone();
        let api: Api<Deployment> = Api::namespaced(client, namespace);
        let found = api
            .get(&object.name)
            .await
            .map_err(|error| Error::Missing {
                what: object.to_string(),
                why: error.to_string(),
            })?;
        all.push(found.spec.replicas.unwrap_or(1));
    }
    Ok(all)
}

/// Asks for another number of pods.
pub(crate) async fn scale(
    running: &Running<'_>,
    cluster: &ClusterName,
    object: &ObjectRef,
    replicas: i32,
) -> Result<()> {
    let patch = json!({ "spec": { "replicas": replicas } });
    merge(running, cluster, object, &patch).await
}

/// Replaces the pods one after another, as `kubectl rollout restart` does, and waits until the new
/// ones are ready and the old ones are gone.
pub(crate) async fn restart(
    running: &Running<'_>,
    cluster: &ClusterName,
    objects: Vec<ObjectRef>,
) -> Result<()> {
    let at = running.site.environment.elapsed().as_millis().to_string();
    let annotation = json!({ "isthmus.dev/restarted-at": at });
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": annotation } } } });
    for object in &objects {
        merge(running, cluster, object, &patch).await?;
    }
    running.site.ready(cluster, objects).await?;
    ended(running, cluster).await
}

/// Waits until every pod of a cluster that is about to end has ended.
async fn ended(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let kinds = running.site.kinds(cluster);
    let pods: Api<Pod> = Api::all(kinds.client().clone());
    let found = pods.list_metadata(&ListParams::default()).await;
    let found = found.map_err(|error| Error::Missing {
        what: format!("the pods of {cluster}"),
        why: error.to_string(),
    })?;
    let ending = found.items.into_iter().filter_map(|pod| {
        pod.metadata.deletion_timestamp.as_ref()?;
        let (namespace, name) = (pod.metadata.namespace?, pod.metadata.name?);
        Some(ObjectRef::namespaced("v1", "Pod", namespace, name))
    });
    let gone = ending.map(|pod| (pod, condition::absent()));
    let gone = wait::all(kinds, gone, running.site.deadline).await;
    gone.doing(format!("wait until old pods of {cluster} are gone"))
}

/// Merges a patch into an object.
pub(crate) async fn merge(
    running: &Running<'_>,
    cluster: &ClusterName,
    object: &ObjectRef,
    patch: &Value,
) -> Result<()> {
    let doing = format!("change {object} in {cluster}");
    let api = running.site.kinds(cluster).api(object).await;
    let api = api.doing(doing.clone())?;
    let params = PatchParams::default();
    let patch = Patch::Merge(patch);
    let patched = api.patch_metadata(&object.name, &params, &patch).await;
    patched.map(drop).map_err(|error| Error::Missing {
        what: doing,
        why: error.to_string(),
    })
}
