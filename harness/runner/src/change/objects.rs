//! Objects that a scenario applies, deletes and labels itself.

use std::collections::BTreeMap;

use engine::{ObjectRef, delete};
use manifest::{At, gateway_namespace};
use scenario::scenario::{address, change::ObjectRef as Named};
use serde_json::{Value, json};
use world::ClusterName;

use crate::{Error, Result, error::Doing as _, install, pods, running::Running};

/// Applies objects, with the addresses that they ask for filled in.
pub(super) async fn apply(
    running: &Running<'_>,
    clusters: &[ClusterName],
    objects: &[Value],
) -> Result<()> {
    let addresses = addresses(running, objects).await?;
    let filled: Vec<Value> = objects
        .iter()
        .map(|object| address::filled_in(object, &|reference| addresses.get(reference).cloned()))
        .collect();
    for cluster in clusters {
        running.site.apply_in(cluster, &filled).await?;
    }
    Ok(())
}

/// The addresses of the gateways that objects refer to, by reference.
async fn addresses(running: &Running<'_>, objects: &[Value]) -> Result<BTreeMap<String, String>> {
    let topology = running.site.topology;
    let mut addresses = BTreeMap::new();
    for reference in objects.iter().flat_map(address::references) {
        let mut gateways = topology.gateways().iter();
        if let Some(gateway) = gateways.find(|one| address::reference(one) == reference) {
            let namespace = gateway_namespace(topology, gateway);
            let at = At::new(&gateway.cluster, namespace, gateway.name.as_str());
            let found = install::address(&running.site, &at).await?;
            addresses.insert(reference, found);
        }
    }
    Ok(addresses)
}

/// Deletes an object in each cluster.
pub(super) async fn delete(
    running: &Running<'_>,
    clusters: &[ClusterName],
    object: &Named,
) -> Result<()> {
    let object = referred(object)?;
    for cluster in clusters {
        let deleted = delete::one(running.site.kinds(cluster), &object).await;
        deleted.doing(format!("delete {object} in {cluster}"))?;
    }
    Ok(())
}

/// Sets labels of an object in each cluster.
pub(super) async fn label(
    running: &Running<'_>,
    clusters: &[ClusterName],
    object: &Named,
    labels: &BTreeMap<String, Option<String>>,
) -> Result<()> {
    let patch = json!({ "metadata": { "labels": labels } });
    let object = referred(object)?;
    for cluster in clusters {
        pods::merge(running, cluster, &object, &patch).await?;
    }
    Ok(())
}

/// Where an object of this kind is served.
fn referred(object: &Named) -> Result<ObjectRef> {
    let api_version = api_version(&object.kind).ok_or_else(|| Error::Missing {
        what: format!("the API of kind {}", object.kind),
        why: "isthmus does not know it".to_owned(),
    })?;
    Ok(match &object.namespace {
        Some(namespace) => ObjectRef::namespaced(
            api_version,
            &object.kind,
            namespace.as_str(),
            object.name.as_str(),
        ),
        None => ObjectRef::cluster_wide(api_version, &object.kind, object.name.as_str()),
    })
}

/// The API of the kinds that scenarios delete and label; objects that are applied name theirs.
fn api_version(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ConfigMap" | "Endpoints" | "Namespace" | "Node" | "Pod" | "Secret" | "Service"
        | "ServiceAccount" => "v1",
        "DaemonSet" | "Deployment" | "StatefulSet" => "apps/v1",
        "EndpointSlice" => "discovery.k8s.io/v1",
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => {
            "rbac.authorization.k8s.io/v1"
        }
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            "admissionregistration.k8s.io/v1"
        }
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        "DestinationRule" | "Gateway" | "ServiceEntry" | "Sidecar" | "VirtualService"
        | "WorkloadEntry" | "WorkloadGroup" => "networking.istio.io/v1",
        "AuthorizationPolicy" | "PeerAuthentication" => "security.istio.io/v1",
        _ => return None,
    })
}
