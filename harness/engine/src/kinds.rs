//! Where a kind is served: discovery, asked once per group and version and remembered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use kube::{
    Client,
    api::Api,
    core::{DynamicObject, GroupVersion, GroupVersionKind},
    discovery::{ApiResource, Scope, pinned_group},
};

use crate::{Error, ObjectRef, Result, error::Attempt};

type Known = BTreeMap<(String, String), Vec<(ApiResource, Scope)>>;

/// A cluster's client together with what it is known to serve. Clones share what they know.
#[derive(Clone)]
pub struct Kinds {
    cluster: String,
    client: Client,
    known: Arc<Mutex<Known>>,
}

impl Kinds {
    /// Knows nothing yet; `cluster` names the API server in errors.
    pub fn new(cluster: impl Into<String>, client: Client) -> Self {
        Self {
            cluster: cluster.into(),
            client,
            known: Arc::default(),
        }
    }

    /// The name of the cluster, for errors.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The API of the object's kind, in its namespace if the kind has namespaces.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] if the server does not serve it, [`Error::Api`] and
    /// [`Error::Unreachable`] if it could not be asked.
    pub async fn api(&self, object: &ObjectRef) -> Result<Api<DynamicObject>> {
        let (resource, scope) = self.resource(object).await?;
        let client = self.client.clone();
        Ok(match (scope, &object.namespace) {
            (Scope::Cluster, _) => Api::all_with(client, &resource),
            (Scope::Namespaced, Some(ns)) => Api::namespaced_with(client, ns, &resource),
            (Scope::Namespaced, None) => Api::default_namespaced_with(client, &resource),
        })
    }

    /// The API of the object's kind over all namespaces, for lists.
    ///
    /// # Errors
    /// As [`Kinds::api`].
    pub async fn everywhere(&self, object: &ObjectRef) -> Result<Api<DynamicObject>> {
        let (resource, _) = self.resource(object).await?;
        Ok(Api::all_with(self.client.clone(), &resource))
    }

    /// A kind that is unknown is asked for again each time: a CustomResourceDefinition may have
    /// been established meanwhile.
    async fn resource(&self, object: &ObjectRef) -> Result<(ApiResource, Scope)> {
        let gvk = object.gvk();
        if let Some(found) = self.remembered(&gvk) {
            return Ok(found);
        }
        self.discover(&gvk, object).await?;
        self.remembered(&gvk).ok_or_else(|| Error::UnknownKind {
            cluster: self.cluster.clone(),
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
        })
    }

    fn remembered(&self, gvk: &GroupVersionKind) -> Option<(ApiResource, Scope)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let group = known.get(&(gvk.group.clone(), gvk.version.clone()))?;
        group.iter().find(|(r, _)| r.kind == gvk.kind).cloned()
    }

    async fn discover(&self, gvk: &GroupVersionKind, object: &ObjectRef) -> Result<()> {
        let attempt = Attempt {
            action: "discover",
            object,
            cluster: &self.cluster,
        };
        let version = GroupVersion::gv(&gvk.group, &gvk.version);
        let served = match pinned_group(&self.client, &version).await {
            Ok(group) => group.versioned_resources(&gvk.version),
            Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(()),
            Err(kube::Error::Discovery(_)) => return Ok(()),
            Err(error) => return Err(attempt.failed(error)),
        };
        let resources = served.into_iter().map(|(r, caps)| (r, caps.scope));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(
            (gvk.group.clone(), gvk.version.clone()),
            resources.collect(),
        );
        Ok(())
    }
}
