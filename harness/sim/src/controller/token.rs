//! Long-lived tokens: a Secret of type `kubernetes.io/service-account-token` is filled in.

use apiserver::{Gvr, Request, User};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::json;

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

/// The type of Secrets that hold a token.
const KIND: &str = "kubernetes.io/service-account-token";
/// The annotation that names the account.
const ACCOUNT: &str = "kubernetes.io/service-account.name";
/// Such a token has no end; a century is as good.
const SECONDS: i64 = 100 * 365 * 24 * 3600;

/// Fills in token Secrets.
pub(crate) struct Tokens {
    api: Api,
}

impl Tokens {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("tokens-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let secret = self.api.view().get::<Secret>(key);
        let account = secret.as_deref().and_then(wanted);
        let Some((secret, account)) = secret.zip(account) else {
            return Ok(Next::Change);
        };
        let of = Key::new(key.namespace.as_str(), account.as_str());
        if self.api.view().get::<ServiceAccount>(&of).is_none() {
            return Ok(Next::Change);
        }
        let uid = secret.metadata.uid.as_deref().unwrap_or_default();
        let token = self.token(key, &account, uid).await?;
        let ca = self
            .api
            .server()
            .config()
            .cluster_ca
            .clone()
            .unwrap_or_default();
        let data = json!({
            "token": STANDARD.encode(token),
            "ca.crt": STANDARD.encode(ca),
            "namespace": STANDARD.encode(&key.namespace),
        });
        self.api.patch::<Secret>(key, json!({"data": data})).await?;
        Ok(Next::Change)
    }

    async fn token(
        &self,
        secret: &Key,
        account: &str,
        uid: &str,
    ) -> Result<String, apiserver::Status> {
        let bound = json!({"kind": "Secret", "apiVersion": "v1", "name": secret.name, "uid": uid});
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "metadata": {"namespace": secret.namespace, "name": account},
            "spec": {"expirationSeconds": SECONDS, "boundObjectRef": bound},
        });
        let user = User::controller("tokens-controller");
        let mut request = Request::create(&Gvr::core("serviceaccounts"), body, &user).at("token");
        request.name = Some(account.to_owned());
        let answer = self.api.server().call(request).await?;
        let token = answer.object().and_then(|o| o["status"]["token"].as_str());
        Ok(token.unwrap_or_default().to_owned())
    }
}

/// The account for which a token is wanted; `None` if the Secret wants none, or has one.
fn wanted(secret: &Secret) -> Option<String> {
    let filled = secret
        .data
        .as_ref()
        .is_some_and(|data| data.contains_key("token"));
    if secret.type_.as_deref() != Some(KIND) || filled {
        return None;
    }
    secret.metadata.annotations.as_ref()?.get(ACCOUNT).cloned()
}

impl Controller for Tokens {
    fn name(&self) -> &'static str {
        "tokens-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Secret(delta) => vec![delta.key.clone()],
            // A Secret may have been there before its account.
            Change::ServiceAccount(delta) => {
                let here = tables.secrets.all();
                let here = here.filter(|(key, _)| key.namespace == delta.key.namespace);
                here.map(|(key, _)| key.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}
