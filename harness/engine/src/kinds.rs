//! Where a kind is served: discovery, asked once per group and version and remembered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use kube::{
    Client, Resource,
    api::Api,
    core::{DynamicObject, DynamicResourceScope, GroupVersion, GroupVersionKind},
    discovery::{ApiResource, Scope, pinned_group},
};
use tokio::sync::OnceCell;

use crate::{Error, ObjectRef, Result, error::Attempt};

/// The resources of one group and version, once somebody has asked for them.
type Served = Arc<OnceCell<Vec<(ApiResource, Scope)>>>;
type Known = BTreeMap<(String, String), Served>;

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
        self.api_as(object).await
    }

    /// The same for objects that are read in another way.
    pub(crate) async fn api_as<K>(&self, object: &ObjectRef) -> Result<Api<K>>
    where
        K: Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>,
    {
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

    async fn resource(&self, object: &ObjectRef) -> Result<(ApiResource, Scope)> {
        let gvk = object.gvk();
        loop {
            let mut is_own = false;
            let asking = || {
                is_own = true;
                self.discover(&gvk, object)
            };
            let served = self.served(&gvk);
            let found = of_kind(served.get_or_try_init(asking).await?, &gvk.kind);
            // What somebody else asked may have been answered before the kind was defined.
            if found.is_some() || is_own {
                return found.ok_or_else(|| Error::UnknownKind {
                    cluster: self.cluster.clone(),
                    api_version: object.api_version.clone(),
                    kind: object.kind.clone(),
                });
            }
        }
    }

    /// What is known of a group and version; whoever asks while somebody else does waits for the
    /// same answer. An answer without the kind is forgotten: a CustomResourceDefinition may have
    /// been established meanwhile.
    fn served(&self, gvk: &GroupVersionKind) -> Served {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let version = (gvk.group.clone(), gvk.version.clone());
        let served = known.entry(version).or_default();
        if served
            .get()
            .is_some_and(|all| of_kind(all, &gvk.kind).is_none())
        {
            *served = Served::default();
        }
        Arc::clone(served)
    }

    async fn discover(
        &self,
        gvk: &GroupVersionKind,
        object: &ObjectRef,
    ) -> Result<Vec<(ApiResource, Scope)>> {
        let attempt = Attempt {
            action: "discover",
            object,
            cluster: &self.cluster,
        };
        let version = GroupVersion::gv(&gvk.group, &gvk.version);
        let served = match pinned_group(&self.client, &version).await {
            Ok(group) => group.versioned_resources(&gvk.version),
            Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(Vec::new()),
            Err(kube::Error::Discovery(_)) => return Ok(Vec::new()),
            Err(error) => return Err(attempt.failed(error)),
        };
        let resources = served.into_iter().map(|(r, caps)| (r, caps.scope));
        Ok(resources.collect())
    }
}

fn of_kind(served: &[(ApiResource, Scope)], kind: &str) -> Option<(ApiResource, Scope)> {
    served.iter().find(|(r, _)| r.kind == kind).cloned()
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicBool, Ordering},
        time::Duration,
    };

    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::json;
    use tokio::time::sleep;
    use tower::service_fn;

    use super::*;

    const WAY: Duration = Duration::from_millis(10);

    /// A server that serves widgets once they are defined, and whose answers are on their way for
    /// a while.
    fn kinds(defined: &Arc<AtomicBool>) -> Kinds {
        let defined = Arc::clone(defined);
        let service = service_fn(move |_: Request<Body>| {
            let kinds = match defined.load(Ordering::Relaxed) {
                true => json!([{"name": "widgets", "singularName": "widget", "kind": "Widget",
                    "namespaced": true, "verbs": ["get", "list"]}]),
                false => json!([]),
            };
            let answer = json!({"kind": "APIResourceList", "apiVersion": "v1",
                "groupVersion": "example.com/v1", "resources": kinds});
            async move {
                sleep(WAY).await;
                Ok::<_, Infallible>(Response::new(Body::from(answer.to_string().into_bytes())))
            }
        });
        Kinds::new("a", Client::new(service, "default"))
    }

    fn widget() -> ObjectRef {
        ObjectRef::namespaced("example.com/v1", "Widget", "a", "b")
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_a_kind_was_defined_does_not_answer_who_asks_after() {
        let defined = Arc::default();
        let kinds = kinds(&defined);
        let widget = widget();
        let later = async {
            sleep(WAY / 2).await;
            defined.store(true, Ordering::Relaxed);
            kinds.api(&widget).await
        };
        let (before, after) = tokio::join!(kinds.api(&widget), later);
        assert!(matches!(before, Err(Error::UnknownKind { .. })));
        assert!(after.is_ok());
    }
}
