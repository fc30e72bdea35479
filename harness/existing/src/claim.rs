//! Namespaces of our own: made before anything is put into them, and removed with all that is in them.

use engine::{Deadline, Kinds, ObjectRef, condition, wait};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, PostParams, Preconditions},
};
use serde_json::json;
use world::ClusterName;

use crate::{Error, Result};

/// The label of a namespace that says which run it was made for.
pub const RUN: &str = "dev.isthmus.run";

/// Makes a namespace for a run, or finds the one that was made for it before.
///
/// # Errors
/// [`Error::Taken`] if somebody else has one of this name.
pub(crate) async fn make(
    client: &Client,
    cluster: &ClusterName,
    namespace: &str,
    run: &str,
) -> Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    let labelled = json!({"metadata": {"name": namespace, "labels": {RUN: run}}});
    let wanted = serde_json::from_value(labelled).expect("a namespace has this form");
    match api.create(&PostParams::default(), &wanted).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            let found = api.get(namespace).await;
            let found = found.map_err(|error| failed("look at a namespace", cluster, error))?;
            match found.labels().get(RUN).map(String::as_str) == Some(run) {
                true => Ok(()),
                false => Err(Error::Taken {
                    namespace: namespace.to_owned(),
                    cluster: cluster.clone(),
                }),
            }
        }
        Err(error) => Err(failed("make a namespace", cluster, error)),
    }
}

/// Removes the namespaces of a run and waits until they are gone.
///
/// # Errors
/// What could not be removed; the label [`RUN`] finds it again.
pub(crate) async fn remove(
    client: &Client,
    cluster: &ClusterName,
    run: &str,
    deadline: Deadline,
) -> Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    let labelled = ListParams::default().labels(&format!("{RUN}={run}"));
    let found = api.list(&labelled).await;
    let found = found.map_err(|error| failed("find our namespaces", cluster, error))?;
    for namespace in &found.items {
        // The very one that was found: never one that somebody has made since under its name.
        let same = Preconditions {
            uid: namespace.uid(),
            ..Preconditions::default()
        };
        let params = DeleteParams {
            preconditions: Some(same),
            ..DeleteParams::default()
        };
        match api.delete(&namespace.name_any(), &params).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            done => drop(done.map_err(|error| failed("remove a namespace", cluster, error))?),
        }
    }
    let kinds = Kinds::new(cluster.as_str(), client.clone());
    let gone = found.items.iter().map(|namespace| {
        let object = ObjectRef::cluster_wide("v1", "Namespace", namespace.name_any());
        (object, condition::absent())
    });
    let gone = wait::all(&kinds, gone, deadline).await;
    gone.map_err(|error| failed("wait until our namespaces are gone", cluster, error))
}

pub(crate) fn failed(
    doing: &'static str,
    cluster: &ClusterName,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Cluster {
        doing,
        cluster: cluster.clone(),
        source: source.into(),
    }
}
