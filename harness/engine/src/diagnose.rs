//! What a cluster looked like when something was not as it should be: objects and events, as
//! files for a run's folder. Collected before anything is cleaned up.

use std::collections::BTreeMap;

use kube::{api::ListParams, core::DynamicObject};
use serde_json::Value;

use crate::{Deadline, Kinds, ObjectRef};

/// A folder of texts by relative path, for example `cluster1/sample/Pod/sleep-5b7c.json`.
pub type Folder = BTreeMap<String, String>;

/// The kinds worth seeing in every mesh, by apiVersion and kind.
const WORTH_SEEING: &[(&str, &str)] = &[
    ("v1", "Namespace"),
    ("v1", "Node"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Event"),
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
    ),
    ("networking.istio.io/v1", "Gateway"),
    ("networking.istio.io/v1", "VirtualService"),
    ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "ServiceEntry"),
    ("networking.istio.io/v1", "WorkloadEntry"),
    ("security.istio.io/v1", "PeerAuthentication"),
    ("security.istio.io/v1", "AuthorizationPolicy"),
];

/// Collects what can be had of a cluster until `deadline`. What cannot be had is a file as well,
/// `<cluster>/<Kind>.error.txt`: a diagnosis never fails, and never hides that it is incomplete.
/// Secrets are left out; a cluster that has no Istio kinds has no files of them.
pub async fn cluster(kinds: &Kinds, deadline: Deadline) -> Folder {
    let mut folder = Folder::new();
    let mut pods = Vec::new();
    for (api_version, kind) in WORTH_SEEING {
        match listed(kinds, api_version, kind, deadline).await {
            Ok(objects) => {
                if *kind == "Pod" {
                    pods.clone_from(&objects);
                }
                folder.extend(objects.iter().map(|object| file(kinds, kind, object)));
            }
            Err(crate::Error::UnknownKind { .. }) => {}
            Err(error) => {
                let path = format!("{}/{kind}.error.txt", kinds.cluster());
                folder.insert(path, chain(&error));
            }
        }
    }
    folder.insert(format!("{}/pods.txt", kinds.cluster()), table(&pods));
    folder
}

async fn listed(
    kinds: &Kinds,
    api_version: &str,
    kind: &str,
    deadline: Deadline,
) -> crate::Result<Vec<DynamicObject>> {
    let any = ObjectRef::cluster_wide(api_version, kind, "*");
    let doing = format!("listing {kind} objects");
    let list = async {
        let api = kinds.everywhere(&any).await?;
        let attempt = crate::error::Attempt {
            action: "list",
            object: &any,
            cluster: kinds.cluster(),
        };
        let list = api.list(&ListParams::default()).await;
        list.map_err(|error| attempt.failed(error))
    };
    Ok(deadline.bound(&doing, list).await?.items)
}

fn file(kinds: &Kinds, kind: &str, object: &DynamicObject) -> (String, String) {
    let mut object = object.clone();
    object.metadata.managed_fields = None;
    let name = object.metadata.name.as_deref().unwrap_or("unnamed");
    let place = object.metadata.namespace.as_deref().unwrap_or("_cluster");
    let path = format!("{}/{place}/{kind}/{name}.json", kinds.cluster());
    let text = serde_json::to_string_pretty(&object).expect("an object read from JSON is JSON");
    (path, text + "\n")
}

/// One line per pod, as `kubectl get pods -A -o wide` would show it.
fn table(pods: &[DynamicObject]) -> String {
    let mut lines = vec!["NAMESPACE NAME READY PHASE ADDRESS NODE REASON".to_owned()];
    lines.extend(pods.iter().map(row));
    lines.join("\n") + "\n"
}

fn row(pod: &DynamicObject) -> String {
    let text = |pointer: &str| {
        let value = pod.data.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or("-").to_owned()
    };
    let statuses = pod.data.pointer("/status/containerStatuses");
    let containers = statuses
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let ready = containers.iter().filter(|c| c["ready"] == true).count();
    let waiting = containers
        .iter()
        .find_map(|c| c.pointer("/state/waiting/reason").and_then(Value::as_str));
    format!(
        "{} {} {ready}/{} {} {} {} {}",
        pod.metadata.namespace.as_deref().unwrap_or("-"),
        pod.metadata.name.as_deref().unwrap_or("-"),
        containers.len(),
        text("/status/phase"),
        text("/status/podIP"),
        text("/spec/nodeName"),
        waiting.unwrap_or("-"),
    )
}

/// An error with its causes, one per line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("caused by: {error}\n");
        cause = error.source();
    }
    text
}
