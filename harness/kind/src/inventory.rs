//! What a cluster holds, so that it can be said whether a trial has left anything in it.
//!
//! What a controller owns follows from its owner and is left out, and so is what changes by itself:
//! events, leases, endpoints, and every status.

use std::collections::BTreeMap;

use engine::ObjectRef;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::{
    Api, Client, Discovery, ResourceExt as _,
    api::{DynamicObject, ListParams},
    discovery::{ApiResource, verbs},
};
use serde_json::Value;

use crate::digest;

/// Kinds that come and go while nobody does anything.
const RESTLESS: [&str; 4] = ["Event", "Lease", "Endpoints", "ComponentStatus"];

/// How many lists are asked for at once.
const AT_ONCE: usize = 8;

/// What a server says to a path that it does not know, or no longer; not always with a reason of Kubernetes'.
const NOT_FOUND: u16 = 404;

/// The objects of a cluster, each with a digest of what was asked of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inventory(BTreeMap<ObjectRef, String>);

/// How a cluster differs from what it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Objects that were not there.
    pub(crate) added: Vec<ObjectRef>,
    /// Objects that are gone, or say something else than before.
    pub(crate) altered: Vec<ObjectRef>,
}

impl Inventory {
    /// Looks at every object of every kind that the API server serves.
    pub(crate) async fn take(client: &Client) -> kube::Result<Self> {
        let served = Discovery::new(client.clone()).run_aggregated().await?;
        let kinds = served
            .groups()
            .flat_map(|group| group.recommended_resources());
        let kinds = kinds
            .filter(|(kind, can)| {
                can.supports_operation(verbs::LIST) && !RESTLESS.contains(&kind.kind.as_str())
            })
            .map(|(kind, _)| listed(client.clone(), kind));
        let lists: Vec<_> = stream::iter(kinds.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Self(lists.into_iter().flatten().collect()))
    }

    /// How `later` differs from this.
    pub(crate) fn difference(&self, later: &Self) -> Difference {
        let added = later
            .0
            .keys()
            .filter(|object| !self.0.contains_key(*object));
        let altered = self
            .0
            .iter()
            .filter(|(object, digest)| later.0.get(*object) != Some(*digest));
        Difference {
            added: added.cloned().collect(),
            altered: altered.map(|(object, _)| object.clone()).collect(),
        }
    }
}

impl Difference {
    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.added.is_empty() && self.altered.is_empty()
    }
}

async fn listed(client: Client, kind: ApiResource) -> kube::Result<Vec<(ObjectRef, String)>> {
    let api: Api<DynamicObject> = Api::all_with(client, &kind);
    let list = match api.list(&ListParams::default()).await {
        // A definition that a trial brought may go between the two questions; its objects went before.
        Err(kube::Error::Api(status)) if status.code == NOT_FOUND => return Ok(Vec::new()),
        list => list?,
    };
    let objects = list.items.iter().filter(|object| !is_owned(object));
    Ok(objects
        .map(|object| (reference(&kind, object), fingerprint(object)))
        .collect())
}

/// Whether a controller keeps it up by itself.
fn is_owned(object: &DynamicObject) -> bool {
    let mut owners = object.owner_references().iter();
    owners.any(|owner| owner.controller == Some(true))
}

fn reference(kind: &ApiResource, object: &DynamicObject) -> ObjectRef {
    ObjectRef {
        api_version: kind.api_version.clone(),
        kind: kind.kind.clone(),
        namespace: object.namespace(),
        name: object.name_any(),
    }
}

/// What somebody asked of an object; not what became of it, nor how often it was written.
fn fingerprint(object: &DynamicObject) -> String {
    let mut object = object.clone();
    object.metadata.managed_fields = None;
    object.metadata.resource_version = None;
    object.metadata.generation = None;
    if let Value::Object(fields) = &mut object.data {
        fields.remove("status");
    }
    let text = serde_json::to_vec(&object).expect("an object has text keys only");
    digest::of_bytes(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> DynamicObject {
        serde_json::from_value(value).unwrap()
    }

    fn config(data: &str, version: &str, status: &str) -> DynamicObject {
        object(
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": data }, "status": status,
            "metadata": { "name": "a", "namespace": "b", "uid": "1", "resourceVersion": version } }),
        )
    }

    #[test]
    fn only_what_was_asked_of_an_object_counts() {
        let before = fingerprint(&config("x", "1", "new"));
        assert_eq!(before, fingerprint(&config("x", "2", "old")));
        assert_ne!(before, fingerprint(&config("y", "1", "new")));
    }

    #[test]
    fn an_object_that_was_made_anew_is_another_one() {
        let mut again = config("x", "1", "new");
        again.metadata.uid = Some("2".to_owned());
        assert_ne!(fingerprint(&config("x", "1", "new")), fingerprint(&again));
    }

    #[test]
    fn pods_of_a_replica_set_follow_from_it_and_bare_ones_do_not() {
        let pod = |owners: Value| {
            object(json!({ "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": "a", "ownerReferences": owners } }))
        };
        let owner = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1", "controller": true }]);
        assert!(is_owned(&pod(owner)));
        assert!(!is_owned(&pod(json!([]))));
    }

    #[test]
    fn what_is_new_is_told_apart_from_what_is_gone_or_changed() {
        let named = |name: &str| ObjectRef::cluster_wide("v1", "Namespace", name);
        let of = |objects: &[(&str, &str)]| {
            let objects = objects.iter();
            Inventory(
                objects
                    .map(|(name, digest)| (named(name), (*digest).to_owned()))
                    .collect(),
            )
        };
        let before = of(&[("kept", "1"), ("changed", "1"), ("gone", "1")]);
        let difference = before.difference(&of(&[("kept", "1"), ("changed", "2"), ("new", "1")]));
        assert_eq!(difference.added, [named("new")]);
        assert_eq!(difference.altered, [named("changed"), named("gone")]);
        assert!(before.difference(&before).is_none());
    }
}
