//! A cluster as it was before a trial: what the trial has added is deleted, and that nothing else
//! differs is shown by comparing objects. A cluster of which that cannot be shown is not used again.

use std::{collections::BTreeSet, time::Duration};

use engine::{Deadline, Kinds, ObjectRef, delete};
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams},
};
use tokio::time::sleep;

use crate::inventory::{Difference, Inventory};

/// Between two looks at a cluster that is being emptied or is still settling.
const LOOK: Duration = Duration::from_millis(250);

/// Why a cluster cannot be used again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unclean {
    /// The API was not to be had.
    #[error("look at the objects of a cluster")]
    Look(#[source] kube::Error),
    /// Something could not be deleted.
    #[error("delete what a trial has added")]
    Delete(#[source] engine::Error),
    /// It is not as it was.
    #[error("{} objects were left and {} were altered, such as {first}", .left, .altered)]
    Differs {
        /// How many objects of the trial are still there.
        left: usize,
        /// How many objects were not the trial's to touch.
        altered: usize,
        /// One of them.
        first: String,
    },
}

/// What a fresh cluster holds, once its own controllers have made everything that they make.
pub(crate) async fn settled(client: &Client, deadline: Deadline) -> Result<Inventory, Unclean> {
    let mut before = Inventory::take(client).await.map_err(Unclean::Look)?;
    loop {
        sleep(LOOK).await;
        let now = Inventory::take(client).await.map_err(Unclean::Look)?;
        let difference = before.difference(&now);
        if difference.is_none() {
            return Ok(now);
        }
        if deadline.remaining().is_zero() {
            return Err(differs(&difference));
        }
        before = now;
    }
}

/// Deletes what was added to a cluster and shows that it is as it was.
pub(crate) async fn reset(
    client: &Client,
    pristine: &Inventory,
    deadline: Deadline,
) -> Result<(), Unclean> {
    let kinds = Kinds::new("a cluster in use", client.clone());
    loop {
        let now = Inventory::take(client).await.map_err(Unclean::Look)?;
        let difference = pristine.difference(&now);
        if difference.is_none() {
            return Ok(());
        }
        // What was altered does not mend itself; what was added takes a while to go.
        if !difference.altered.is_empty() || deadline.remaining().is_zero() {
            return Err(differs(&difference));
        }
        clear(client, &kinds, &difference.added).await?;
        sleep(LOOK).await;
    }
}

fn differs(difference: &Difference) -> Unclean {
    let first = difference.altered.iter().chain(&difference.added).next();
    Unclean::Differs {
        left: difference.added.len(),
        altered: difference.altered.len(),
        first: first.map(ToString::to_string).unwrap_or_default(),
    }
}

/// Deletes in an order in which nothing is in the way of the rest: what is asked before any write
/// first, definitions last, and of namespaces only these, because everything in them goes along.
async fn clear(client: &Client, kinds: &Kinds, added: &[ObjectRef]) -> Result<(), Unclean> {
    let namespaces: BTreeSet<&str> = added
        .iter()
        .filter(|object| object.kind == "Namespace")
        .map(|object| object.name.as_str())
        .collect();
    try_join_all(namespaces.iter().map(|name| end_pods(client, name)))
        .await
        .map_err(Unclean::Look)?;
    let inside = |object: &ObjectRef| {
        let namespace = object.namespace.as_deref();
        namespace.is_some_and(|namespace| namespaces.contains(namespace))
    };
    let mut rest: Vec<&ObjectRef> = added.iter().filter(|object| !inside(object)).collect();
    rest.sort_by_key(|object| rank(object));
    for object in rest {
        delete::one(kinds, object).await.map_err(Unclean::Delete)?;
    }
    Ok(())
}

fn rank(object: &ObjectRef) -> u8 {
    match object.kind.as_str() {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" | "APIService" => 0,
        "CustomResourceDefinition" => 2,
        _ => 1,
    }
}

/// Nobody waits for the last words of pods whose trial is over.
async fn end_pods(client: &Client, namespace: &str) -> kube::Result<()> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let found = pods.list(&ListParams::default()).await?;
    let now = DeleteParams::default().grace_period(0);
    for pod in &found.items {
        match pods.delete(&pod.name_any(), &now).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            done => drop(done?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_go_before_what_they_are_asked_about_and_definitions_go_last() {
        let mut kinds = [
            "CustomResourceDefinition",
            "Namespace",
            "ValidatingWebhookConfiguration",
        ];
        kinds.sort_by_key(|kind| rank(&ObjectRef::cluster_wide("v1", kind, "a")));
        assert_eq!(
            kinds,
            [
                "ValidatingWebhookConfiguration",
                "Namespace",
                "CustomResourceDefinition"
            ]
        );
    }
}
