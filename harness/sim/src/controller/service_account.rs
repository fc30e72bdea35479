//! The `default` ServiceAccount of every namespace, which is put back when it is deleted.
//!
//! The API server furnishes new namespaces with it already, so that the first pod need not wait.

use apiserver::json::json;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

const DEFAULT: &str = "default";

/// Keeps the `default` account; its keys are namespaces.
pub(crate) struct ServiceAccounts {
    api: Api,
}

impl ServiceAccounts {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("serviceaccount-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let namespace = self.api.view().get::<Namespace>(key);
        let stays = |one: &Namespace| one.metadata.deletion_timestamp.is_none();
        let account = Key::new(key.name.as_str(), DEFAULT);
        let is_there = self.api.view().get::<ServiceAccount>(&account).is_some();
        if is_there || !namespace.is_some_and(|namespace| stays(&namespace)) {
            return Ok(Next::Change);
        }
        let object = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": key.name, "name": DEFAULT}});
        match self.api.create::<ServiceAccount>(object).await {
            // Somebody was faster.
            Err(status) if status.code == 409 => Ok(Next::Change),
            made => made.map(|_| Next::Change),
        }
    }
}

impl Controller for ServiceAccounts {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Namespace(delta) => vec![delta.key.clone()],
            Change::ServiceAccount(delta) if delta.new.is_none() && delta.key.name == DEFAULT => {
                vec![Key::new("", delta.key.namespace.as_str())]
            }
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}
