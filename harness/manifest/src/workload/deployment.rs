//! The pods of one version of a workload in one cluster.

use scenario::scenario::{Place, Workload};
use serde_json::{Map, Value, json};
use world::Locality;

use super::Injection;
use crate::Object;

/// What the Deployment of a version is called: as in Istio's samples, `helloworld-v1`.
pub fn deployment_name(workload: &Workload, place: &Place) -> String {
    format!("{}-{}", workload.name, place.version)
}

pub(super) fn deployment(
    workload: &Workload,
    place: &Place,
    injection: &Injection,
    container: Value,
) -> Object {
    let selector = json!({"app": workload.name.as_str(), "version": &place.version});
    let mut pod = json!({
        "containers": [container],
        "serviceAccountName": workload.service_account.as_str(),
        // `sleep` and helloworld ignore SIGTERM and go on until they are killed; by then no proxy
        // knows them any more, and nobody wants to wait for longer.
        "terminationGracePeriodSeconds": 5,
    });
    if let Some(locality) = &place.locality {
        pod["nodeSelector"] = nodes_of(locality);
    }
    Object::rendered(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": deployment_name(workload, place),
            "namespace": workload.namespace.as_str(),
            "labels": &selector,
        },
        "spec": {
            "replicas": place.replicas,
            "selector": {"matchLabels": &selector},
            "template": {
                "metadata": metadata(workload, &selector, injection.pod_labels(workload, place)),
                "spec": pod,
            },
        },
    }))
}

fn metadata(workload: &Workload, selector: &Value, injection: Map<String, Value>) -> Value {
    let own = workload.labels.iter();
    let mut labels = selector.as_object().cloned().unwrap_or_default();
    labels.extend(injection);
    labels.extend(own.map(|(key, value)| (key.clone(), json!(value))));
    let mut metadata = json!({ "labels": labels });
    if !workload.annotations.is_empty() {
        metadata["annotations"] = json!(&workload.annotations);
    }
    metadata
}

/// The labels of nodes in a place.
fn nodes_of(locality: &Locality) -> Value {
    let labels = [
        ("topology.kubernetes.io/region", &locality.region),
        ("topology.kubernetes.io/zone", &locality.zone),
        ("topology.istio.io/subzone", &locality.subzone),
    ];
    let known = labels.into_iter().filter(|(_, value)| !value.is_empty());
    known
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect::<Map<String, Value>>()
        .into()
}
