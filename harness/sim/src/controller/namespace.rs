//! The end of a namespace: everything in it is deleted, and then it may go.

use apiserver::{Gvr, Status};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Namespace;
use serde_json::{Value, json};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

/// The namespaced resources of Kubernetes itself; those of definitions are added to them.
const BUILT_IN: &[(&str, &str, &str)] = &[
    ("apps", "v1", "deployments"),
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("apps", "v1", "replicasets"),
    ("apps", "v1", "controllerrevisions"),
    ("batch", "v1", "cronjobs"),
    ("batch", "v1", "jobs"),
    ("", "v1", "pods"),
    ("", "v1", "services"),
    ("discovery.k8s.io", "v1", "endpointslices"),
    ("", "v1", "endpoints"),
    ("", "v1", "configmaps"),
    ("", "v1", "secrets"),
    ("", "v1", "serviceaccounts"),
    ("", "v1", "events"),
    ("rbac.authorization.k8s.io", "v1", "roles"),
    ("rbac.authorization.k8s.io", "v1", "rolebindings"),
    ("policy", "v1", "poddisruptionbudgets"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("coordination.k8s.io", "v1", "leases"),
    ("networking.k8s.io", "v1", "networkpolicies"),
];

/// Ends namespaces.
pub(crate) struct Namespaces {
    api: Api,
}

impl Namespaces {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("namespace-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let namespace = self.api.view().get::<Namespace>(key);
        let ending = |ns: &Namespace| ns.metadata.deletion_timestamp.is_some();
        let Some(namespace) = namespace.filter(|ns| ending(ns)) else {
            return Ok(Next::Change);
        };
        if self.empty(&key.name).await? {
            self.finalize(&namespace).await?;
        }
        // What is left is pods that end or objects with finalizers: their going is a change.
        Ok(Next::Change)
    }

    /// Deletes what is in a namespace; says whether nothing is left.
    async fn empty(&self, namespace: &str) -> Result<bool, Status> {
        let mut left = 0;
        for gvr in self.resources().await? {
            let objects = match self.api.list(&gvr, namespace).await {
                Ok(objects) => objects,
                // Not served here: nothing of it can be there.
                Err(status) if matches!(status.code, 404 | 405 | 501) => continue,
                Err(status) => return Err(status),
            };
            for object in &objects {
                self.end(&gvr, namespace, object).await?;
            }
            left += self.api.list(&gvr, namespace).await?.len();
        }
        Ok(left == 0)
    }

    async fn end(&self, gvr: &Gvr, namespace: &str, object: &Value) -> Result<(), Status> {
        let meta = &object["metadata"];
        if meta["deletionTimestamp"].is_string() {
            return Ok(());
        }
        let name = meta["name"].as_str().unwrap_or_default();
        self.api.delete_any(gvr, &Key::new(namespace, name)).await
    }

    async fn resources(&self) -> Result<Vec<Gvr>, Status> {
        let definitions = Gvr::new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
        let custom = self.api.list(&definitions, "").await?;
        let custom = custom
            .iter()
            .filter_map(|definition| namespaced(definition));
        let built_in = BUILT_IN
            .iter()
            .map(|(group, version, name)| Gvr::new(group, version, name));
        Ok(custom.chain(built_in).collect())
    }

    async fn finalize(&self, namespace: &Namespace) -> Result<(), Status> {
        let mut object = json!(namespace);
        object["apiVersion"] = "v1".into();
        object["kind"] = "Namespace".into();
        object["spec"]["finalizers"] = json!([]);
        self.api.finalize(object).await
    }
}

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        if let Change::Namespace(delta) = change {
            return vec![delta.key.clone()];
        }
        // Something has gone: the namespace may have been waiting for it.
        let gone = change.meta().filter(|(_, gone)| *gone);
        let namespace = gone.and_then(|(meta, _)| meta.namespace.as_deref());
        let key = Key::new("", namespace.unwrap_or_default());
        let ending = tables
            .namespaces
            .get(&key)
            .is_some_and(|ns| ns.metadata.deletion_timestamp.is_some());
        if ending { vec![key] } else { Vec::new() }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// The resource that a definition defines, if it is namespaced.
fn namespaced(definition: &Value) -> Option<Gvr> {
    let spec = &definition["spec"];
    let versions = spec["versions"].as_array()?;
    let served = versions.iter().find(|version| version["served"] == true)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (spec["scope"] == "Namespaced").then_some(())?;
    Some(Gvr::new(
        &text(&spec["group"])?,
        &text(&served["name"])?,
        &text(&spec["names"]["plural"])?,
    ))
}
