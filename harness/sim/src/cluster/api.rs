//! How controllers write: requests to the API server in this process, through admission like
//! anybody's. A write returns when the view shows it, so that no controller acts twice on what it
//! has not seen yet (real ones keep "expectations" for that).

use std::sync::Arc;

use apiserver::{
    ApiServer, Gvr, Object, Options, PatchKind, Pod, Request, Response, Status, User,
    json::{Value, json},
};
use k8s_openapi::Resource;

use super::{Key, Tables, View, tables::Watched};

/// A controller's access to its API server.
#[derive(Clone)]
pub struct Api {
    server: ApiServer,
    view: View,
    user: User,
}

/// What a write came to.
pub type Written = Result<Arc<Object>, Status>;

impl Api {
    pub(super) fn new(server: ApiServer, view: View, user: User) -> Self {
        Self { server, view, user }
    }

    /// The same access under the name of a controller.
    pub fn named(&self, controller: &str) -> Self {
        Self {
            user: User::controller(controller),
            ..self.clone()
        }
    }

    /// The API server itself.
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// What this API server's objects look like now.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Creates an object.
    ///
    /// # Errors
    /// The server's refusal, or an admission webhook's.
    pub async fn create<K: Watched>(&self, object: impl Into<Value>) -> Written {
        self.write::<K>(Request::create(&gvr::<K>(), object, &self.user))
            .await
    }

    /// Merges `patch` into an object.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn patch<K: Watched>(&self, key: &Key, patch: impl Into<Value>) -> Written {
        self.write::<K>(self.merge::<K>(key, patch)).await
    }

    /// Merges `status` into an object's status.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn patch_status<K: Watched>(&self, key: &Key, status: impl Into<Value>) -> Written {
        let patch = Value::from_iter([("status", status.into())]);
        self.write::<K>(self.merge::<K>(key, patch).at("status"))
            .await
    }

    /// Merges `status` into an object's status, and annotations into its metadata on the way:
    /// built-in kinds take those through their status without counting a generation.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn patch_status_and_annotations<K: Watched>(
        &self,
        key: &Key,
        status: impl Into<Value>,
        annotations: impl Into<Value>,
    ) -> Written {
        let metadata = Value::from_iter([("annotations", annotations.into())]);
        let patch = Value::from_iter([("status", status.into()), ("metadata", metadata)]);
        self.write::<K>(self.merge::<K>(key, patch).at("status"))
            .await
    }

    /// Replaces an object.
    ///
    /// # Errors
    /// The server's refusal, a conflict if the object has changed since it was read.
    pub async fn update<K: Watched>(&self, object: impl Into<Value>) -> Written {
        self.write::<K>(Request::update(&gvr::<K>(), object, &self.user))
            .await
    }

    /// Deletes an object at once, or lets it end if it is a pod that runs. One that is gone is no
    /// error.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn delete<K: Watched>(&self, key: &Key) -> Result<(), Status> {
        self.remove::<K>(key, Value::Null).await
    }

    /// Deletes a pod whose containers have ended: nothing is left to wait for.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn delete_now<K: Watched>(&self, key: &Key) -> Result<(), Status> {
        self.remove::<K>(key, json!({"gracePeriodSeconds": 0}))
            .await
    }

    /// Binds a pod to a node.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn bind(&self, pod: &Key, node: &str) -> Result<(), Status> {
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"namespace": pod.namespace, "name": pod.name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let pods = Gvr::core("pods");
        let mut request = Request::create(&pods, binding, &self.user).at("binding");
        request.name = Some(pod.name.to_string());
        let uid = self.uid::<Pod>(pod);
        self.server.call(request).await?;
        self.shown::<Pod>(pod, uid, |pod| {
            pod.spec
                .as_ref()
                .is_some_and(|spec| spec.node_name.is_some())
        })
        .await;
        Ok(())
    }

    /// Every object of a resource in a namespace, of whatever kind.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn list(&self, gvr: &Gvr, namespace: &str) -> Result<Vec<Arc<Object>>, Status> {
        let answer = self
            .server
            .call(Request::list(gvr, namespace, &self.user))
            .await?;
        Ok(answer
            .into_list()
            .map(|list| list.items)
            .unwrap_or_default())
    }

    /// An object of whatever kind as the server has it, if it is there.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn get_any(&self, gvr: &Gvr, key: &Key) -> Result<Option<Arc<Object>>, Status> {
        let request = Request::get(gvr, &key.namespace, &key.name, &self.user);
        match self.server.call(request).await {
            Ok(answer) => Ok(answer.object().cloned()),
            Err(status) if status.code == 404 => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Deletes an object of whatever kind, with these `DeleteOptions`; one that is gone is no
    /// error.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn delete_any(
        &self,
        gvr: &Gvr,
        key: &Key,
        options: impl Into<Value>,
    ) -> Result<(), Status> {
        let mut request = Request::delete(gvr, &key.namespace, &key.name, &self.user);
        request.body = options.into();
        match self.server.call(request).await {
            Ok(_) => Ok(()),
            Err(status) if status.code == 404 => Ok(()),
            Err(status) => Err(status),
        }
    }

    /// Merges `patch` into an object of whatever kind; one that is gone is no error.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn patch_any(
        &self,
        gvr: &Gvr,
        key: &Key,
        patch: impl Into<Value>,
    ) -> Result<(), Status> {
        let Key { namespace, name } = key;
        let request = Request::patch(PatchKind::Merge, gvr, namespace, name, patch, &self.user);
        match self.server.call(request).await {
            Ok(_) => Ok(()),
            Err(status) if status.code == 404 => Ok(()),
            Err(status) => Err(status),
        }
    }

    /// Takes the last hold from a namespace that is ending.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn finalize(&self, namespace: impl Into<Value>) -> Result<(), Status> {
        let request = Request::update(&Gvr::core("namespaces"), namespace, &self.user);
        self.server.call(request.at("finalize")).await.map(drop)
    }

    fn merge<K: Watched>(&self, key: &Key, patch: impl Into<Value>) -> Request {
        let Key { namespace, name } = key;
        Request::patch(
            PatchKind::Merge,
            &gvr::<K>(),
            namespace,
            name,
            patch,
            &self.user,
        )
    }

    async fn write<K: Watched>(&self, request: Request) -> Written {
        let request = request.with(Options {
            field_manager: Some(self.user.name.to_string()),
            ..Options::default()
        });
        let answer = self.server.call(request).await?;
        let object = answer.object().cloned();
        let object = object.expect("a write is answered by its object");
        let revision = object["metadata"]["resourceVersion"].as_str();
        let revision = revision
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0);
        let shown = |tables: &Tables| (K::table(tables).revision >= revision).then_some(());
        self.view.until(shown).await;
        Ok(object)
    }

    async fn remove<K: Watched>(&self, key: &Key, options: impl Into<Value>) -> Result<(), Status> {
        let Key { namespace, name } = key;
        let mut request = Request::delete(&gvr::<K>(), namespace, name, &self.user);
        request.body = options.into();
        let uid = self.uid::<K>(key);
        match self.server.call(request).await {
            Ok(Response::Object { .. } | Response::Text(_)) => {}
            Ok(Response::List(_) | Response::Watch(_)) => {}
            Err(status) if status.code == 404 => return Ok(()),
            Err(status) => return Err(status),
        }
        let leaving = |object: &K| object.metadata().deletion_timestamp.is_some();
        self.shown::<K>(key, uid, leaving).await;
        Ok(())
    }

    fn uid<K: Watched>(&self, key: &Key) -> Option<String> {
        self.view.get::<K>(key)?.metadata().uid.clone()
    }

    /// Waits until the view shows the object of this uid as `as_wanted`, or not at all.
    async fn shown<K: Watched>(
        &self,
        key: &Key,
        uid: Option<String>,
        as_wanted: impl Fn(&K) -> bool,
    ) {
        let look = |tables: &Tables| match K::table(tables).get(key) {
            Some(object) if object.metadata().uid == uid => as_wanted(object).then_some(()),
            _ => Some(()),
        };
        self.view.until(look).await;
    }
}

fn gvr<K: Resource>() -> Gvr {
    Gvr::new(K::GROUP, K::VERSION, K::URL_PATH_SEGMENT)
}
