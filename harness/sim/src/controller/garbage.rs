//! Garbage collection: what an object owned goes after it, before it, or is let go.
//!
//! It sees owners and dependants within one namespace, of the kinds that controllers look at and
//! Secrets; owners of other kinds leave their dependants behind.

use apiserver::{Gvr, Status};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Collects garbage. Its keys are a namespace and the uid of an owner.
pub(crate) struct Garbage {
    api: Api,
}

/// An object that has an owner.
struct Dependant {
    gvr: Gvr,
    key: Key,
    leaving: bool,
    /// Its owner references without the one in question.
    others: Vec<Value>,
}

/// An owner that is still there.
struct Owner {
    gvr: Gvr,
    key: Key,
    finalizers: Vec<String>,
}

impl Garbage {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("generic-garbage-collector"),
        }
    }

    async fn sync(&self, namespace: &str, uid: &str) -> Reconciled {
        let owner = self
            .api
            .view()
            .read(|tables| leaving_owner(tables, namespace, uid));
        let Some(owner) = owner else {
            if self
                .api
                .view()
                .read(|tables| is_gone(tables, namespace, uid))
            {
                self.collect(namespace, uid).await?;
            }
            return Ok(Next::Change);
        };
        let has = |finalizer: &str| owner.finalizers.iter().any(|f| f == finalizer);
        if has(ORPHAN) {
            for one in self.dependants(namespace, uid).await? {
                let patch = json!({"metadata": {"ownerReferences": one.others}});
                self.api.patch_any(&one.gvr, &one.key, patch).await?;
            }
            self.release(&owner, ORPHAN).await?;
        } else if has(FOREGROUND) && self.collect(namespace, uid).await? == 0 {
            self.release(&owner, FOREGROUND).await?;
        }
        Ok(Next::Change)
    }

    /// Deletes what `uid` alone owned; says how many dependants are left.
    async fn collect(&self, namespace: &str, uid: &str) -> Result<usize, Status> {
        let dependants = self.dependants(namespace, uid).await?;
        for one in dependants.iter().filter(|one| !one.leaving) {
            if one.others.is_empty() {
                self.api.delete_any(&one.gvr, &one.key).await?;
            } else {
                let patch = json!({"metadata": {"ownerReferences": one.others}});
                self.api.patch_any(&one.gvr, &one.key, patch).await?;
            }
        }
        Ok(dependants.len())
    }

    async fn dependants(&self, namespace: &str, uid: &str) -> Result<Vec<Dependant>, Status> {
        let mut found = Vec::new();
        self.api.view().read(|tables| {
            tables.each_within(namespace, |gvr, meta| {
                found.extend(dependant(gvr, meta, uid))
            });
        });
        let secrets = Gvr::core("secrets");
        for secret in self.api.list(&secrets, namespace).await? {
            let meta = serde_json::from_value::<ObjectMeta>(secret["metadata"].clone());
            let meta = meta.unwrap_or_default();
            found.extend(dependant(secrets.clone(), &meta, uid));
        }
        Ok(found)
    }

    async fn release(&self, owner: &Owner, finalizer: &str) -> Result<(), Status> {
        let left: Vec<_> = owner
            .finalizers
            .iter()
            .filter(|f| *f != finalizer)
            .collect();
        let patch = json!({"metadata": {"finalizers": left}});
        self.api.patch_any(&owner.gvr, &owner.key, patch).await
    }
}

impl Controller for Garbage {
    fn name(&self) -> &'static str {
        "generic-garbage-collector"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        let Some((meta, gone)) = change.meta() else {
            return Vec::new();
        };
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let mut keys = Vec::new();
        if gone || meta.deletion_timestamp.is_some() {
            keys.extend(meta.uid.as_ref().map(|uid| Key::new(namespace, uid)));
        }
        if gone {
            let owners = meta.owner_references.iter().flatten();
            keys.extend(owners.map(|owner| Key::new(namespace, &owner.uid)));
        }
        keys
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(&key.namespace, &key.name).boxed()
    }
}

fn dependant(gvr: Gvr, meta: &ObjectMeta, uid: &str) -> Option<Dependant> {
    let owners = meta.owner_references.as_deref()?;
    if !owners.iter().any(|owner| owner.uid == uid) {
        return None;
    }
    Some(Dependant {
        gvr,
        key: Key::of(meta),
        leaving: meta.deletion_timestamp.is_some(),
        others: owners
            .iter()
            .filter(|owner| owner.uid != uid)
            .map(|owner| json!(owner))
            .collect(),
    })
}

fn leaving_owner(tables: &Tables, namespace: &str, uid: &str) -> Option<Owner> {
    let mut found = None;
    tables.each_within(namespace, |gvr, meta| {
        if meta.uid.as_deref() == Some(uid) && meta.deletion_timestamp.is_some() {
            found = Some(Owner {
                gvr,
                key: Key::of(meta),
                finalizers: meta.finalizers.clone().unwrap_or_default(),
            });
        }
    });
    found
}

fn is_gone(tables: &Tables, namespace: &str, uid: &str) -> bool {
    let mut gone = true;
    tables.each_within(namespace, |_, meta| {
        gone &= meta.uid.as_deref() != Some(uid)
    });
    gone
}
