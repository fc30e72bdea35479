//! Changes: what is different from then on. Everything here is an ordinary API call, the same on
//! every engine.

use engine::{ObjectRef, delete};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use scenario::scenario::{Change, Deployed, address};
use serde_json::{Value, json};
use world::ClusterName;

use crate::{Error, Result, check, error::Doing as _, install, run::Running};

/// Carries a change out.
pub(crate) async fn carry_out(running: &Running<'_>, change: &Change) -> Result<()> {
    match change {
        Change::Apply { clusters, objects } => apply(running, clusters, objects).await,
        Change::Delete { clusters, object } => {
            for cluster in clusters {
                let object = referred(object)?;
                let kinds = running.site.kinds(cluster);
                delete::one(kinds, &object)
                    .await
                    .doing(format!("delete {object} in {cluster}"))?;
            }
            Ok(())
        }
        Change::Scale { of, replicas } => {
            for one in of {
                scale(running, one, i32::try_from(*replicas).unwrap_or(i32::MAX)).await?;
            }
            Ok(())
        }
        Change::Restart(of) => {
            for one in of {
                restart(running, one).await?;
            }
            Ok(())
        }
        Change::Label {
            clusters,
            object,
            labels,
        } => {
            let patch = json!({ "metadata": { "labels": labels } });
            for cluster in clusters {
                merge(running, cluster, &referred(object)?, &patch).await?;
            }
            Ok(())
        }
        Change::RotateSecret { .. } => Err(Error::NotCarriedOut {
            step: "rotate remoteSecret",
        }),
        Change::RotateRoot { .. } => Err(Error::NotCarriedOut {
            step: "rotate root",
        }),
        Change::RotateToken(_) => Err(Error::NotCarriedOut {
            step: "rotate token",
        }),
        Change::Upgrade(_) => Err(Error::NotCarriedOut { step: "upgrade" }),
        Change::Rollback(_) => Err(Error::NotCarriedOut { step: "rollback" }),
        Change::Tag { .. } => Err(Error::NotCarriedOut { step: "tag" }),
        Change::RemoveRevision { .. } => Err(Error::NotCarriedOut {
            step: "removeRevision",
        }),
        Change::Onboard(_) => Err(Error::NotCarriedOut { step: "onboard" }),
        Change::Offboard(_) => Err(Error::NotCarriedOut { step: "offboard" }),
        Change::Clock(fault) => {
            let injected = running.site.environment.inject(fault).await;
            injected.doing("put a clock off").map(drop)
        }
    }
}

async fn apply(running: &Running<'_>, clusters: &[ClusterName], objects: &[Value]) -> Result<()> {
    let mut addresses = std::collections::BTreeMap::new();
    for reference in objects.iter().flat_map(address::references) {
        for gateway in running.site.topology.gateways() {
            if address::reference(gateway) == reference {
                let at = manifest::At::new(
                    &gateway.cluster,
                    gateway.namespace.as_str(),
                    gateway.name.as_str(),
                );
                addresses.insert(
                    reference.clone(),
                    install::address(&running.site, &at).await?,
                );
            }
        }
    }
    let filled: Vec<Value> = objects
        .iter()
        .map(|object| address::filled_in(object, &|reference| addresses.get(reference).cloned()))
        .collect();
    for cluster in clusters {
        running.site.apply_in(cluster, &filled).await?;
    }
    Ok(())
}

/// Where an object of this kind is served.
fn referred(object: &scenario::scenario::change::ObjectRef) -> Result<ObjectRef> {
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

async fn merge(
    running: &Running<'_>,
    cluster: &ClusterName,
    object: &ObjectRef,
    patch: &Value,
) -> Result<()> {
    let doing = format!("change {object} in {cluster}");
    let api = running
        .site
        .kinds(cluster)
        .api(object)
        .await
        .doing(doing.clone())?;
    let patched = api
        .patch(&object.name, &PatchParams::default(), &Patch::Merge(patch))
        .await;
    patched.map(drop).map_err(|error| Error::Missing {
        what: doing,
        why: error.to_string(),
    })
}

/// How many pods something asks for; the most, if it has several Deployments.
pub(crate) async fn replicas(running: &Running<'_>, of: &Deployed) -> Result<i32> {
    let mut most = 0;
    for object in check::deployments(running, of) {
        let namespace = object.namespace.clone().unwrap_or_default();
        let api: Api<Deployment> = Api::namespaced(
            running.site.kinds(of.cluster()).client().clone(),
            &namespace,
        );
        let found = api.get(&object.name).await;
        let found = found.map_err(|error| Error::Missing {
            what: object.to_string(),
            why: error.to_string(),
        })?;
        most = most.max(found.spec.replicas.unwrap_or(1));
    }
    Ok(most)
}

/// Asks for another number of pods.
pub(crate) async fn scale(running: &Running<'_>, of: &Deployed, replicas: i32) -> Result<()> {
    let patch = json!({ "spec": { "replicas": replicas } });
    for object in check::deployments(running, of) {
        merge(running, of.cluster(), &object, &patch).await?;
    }
    Ok(())
}

/// Replaces the pods one after another, as `kubectl rollout restart` does, and waits for them.
async fn restart(running: &Running<'_>, of: &Deployed) -> Result<()> {
    let at = running.site.environment.elapsed().as_millis().to_string();
    let annotation = json!({ "isthmus.dev/restarted-at": at });
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": annotation } } } });
    let objects = check::deployments(running, of);
    for object in &objects {
        merge(running, of.cluster(), object, &patch).await?;
    }
    running.site.ready(of.cluster(), objects).await
}
