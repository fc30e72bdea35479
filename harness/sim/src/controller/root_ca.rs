//! The certificate authority of the API server in every namespace, as `kube-root-ca.crt`, which is
//! put back when it is deleted or changed.
//!
//! The API server furnishes new namespaces with it already, so that the first pod need not wait.

use apiserver::json::json;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

const NAME: &str = "kube-root-ca.crt";

/// Publishes the authority; its keys are namespaces.
pub(crate) struct RootCaPublisher {
    api: Api,
}

impl RootCaPublisher {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("root-ca-cert-publisher"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let namespace = self.api.view().get::<Namespace>(key);
        let stays = |one: &Namespace| one.metadata.deletion_timestamp.is_none();
        let wanted = self.api.server().root_certificate(&key.name);
        let Some(wanted) = wanted.filter(|_| namespace.is_some_and(|one| stays(&one))) else {
            return Ok(Next::Change);
        };
        let name = Key::new(key.name.as_str(), NAME);
        let written = match self.api.view().get::<ConfigMap>(&name) {
            None => self.api.create::<ConfigMap>(wanted).await,
            Some(map) if json!(map.data) == wanted["data"] => return Ok(Next::Change),
            // What has been added to the data goes too, which a merge would leave.
            Some(_) => self.api.update::<ConfigMap>(wanted).await,
        };
        match written {
            // Somebody was faster.
            Err(status) if status.code == 409 => Ok(Next::Change),
            written => written.map(|_| Next::Change),
        }
    }
}

impl Controller for RootCaPublisher {
    fn name(&self) -> &'static str {
        "root-ca-cert-publisher"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Namespace(delta) => vec![delta.key.clone()],
            Change::ConfigMap(delta) if delta.key.name == NAME => {
                vec![Key::new("", delta.key.namespace.as_str())]
            }
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}
