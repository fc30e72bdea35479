//! Long-lived tokens: a Secret of type `kubernetes.io/service-account-token` is filled in, and
//! goes with its account.
//!
//! Source: kube-controller-manager's tokens controller. A Secret that names an account which is
//! not there (yet) is deleted.

use apiserver::{Gvr, Request, Status, User, json::json};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};

use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

/// The type of Secrets that hold a token.
const KIND: &str = "kubernetes.io/service-account-token";
/// The annotation that names the account.
const ACCOUNT: &str = "kubernetes.io/service-account.name";
/// The annotation that says which of the accounts that had this name is meant.
const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
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
        let account = secret.as_deref().and_then(account_of);
        let Some((secret, name)) = secret.as_deref().zip(account) else {
            return Ok(Next::Change);
        };
        match self.account(&key.namespace, name, secret).await? {
            Some(uid) if is_filled(secret) => drop(uid),
            Some(uid) => self.fill(key, secret, name, &uid).await?,
            None => self.api.delete::<Secret>(key).await?,
        }
        Ok(Next::Change)
    }

    /// The uid of the account that a Secret names, if it is the one that is meant. The view may not
    /// show it yet, so the server is asked before it counts as absent.
    async fn account(
        &self,
        namespace: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<Option<String>, Status> {
        let key = Key::new(namespace, name);
        let uid = match self.api.view().get::<ServiceAccount>(&key) {
            Some(account) => account.metadata.uid.clone(),
            None => {
                let gvr = Gvr::core("serviceaccounts");
                let live = self.api.get_any(&gvr, &key).await?;
                live.and_then(|live| live["metadata"]["uid"].as_str().map(str::to_owned))
            }
        };
        let meant = annotation(secret, ACCOUNT_UID);
        Ok(uid.filter(|uid| meant.is_none_or(|meant| meant == uid)))
    }

    async fn fill(&self, key: &Key, secret: &Secret, name: &str, uid: &str) -> Result<(), Status> {
        let token = self.token(key, secret, name).await?;
        let ca = self.api.server().config().cluster_ca.as_deref();
        let data = json!({
            "token": STANDARD.encode(token),
            "ca.crt": STANDARD.encode(ca.unwrap_or_default()),
            "namespace": STANDARD.encode(&key.namespace),
        });
        let annotations = json!({ACCOUNT: name, ACCOUNT_UID: uid});
        let patch = json!({"data": data, "metadata": {"annotations": annotations}});
        self.api.patch::<Secret>(key, patch).await.map(drop)
    }

    async fn token(&self, key: &Key, secret: &Secret, account: &str) -> Result<String, Status> {
        let uid = &secret.metadata.uid;
        let bound = json!({"kind": "Secret", "apiVersion": "v1", "name": key.name, "uid": uid});
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "metadata": {"namespace": key.namespace, "name": account},
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

/// The account of a token Secret; `None` if it is another Secret.
fn account_of(secret: &Secret) -> Option<&str> {
    let of_a_token = secret.type_.as_deref() == Some(KIND);
    annotation(secret, ACCOUNT).filter(|_| of_a_token)
}

fn annotation<'a>(secret: &'a Secret, name: &str) -> Option<&'a str> {
    let annotations = secret.metadata.annotations.as_ref()?;
    annotations.get(name).map(String::as_str)
}

fn is_filled(secret: &Secret) -> bool {
    let has = |key: &str| {
        secret
            .data
            .as_ref()
            .is_some_and(|data| data.contains_key(key))
    };
    ["token", "ca.crt", "namespace"].into_iter().all(has)
}

impl Controller for Tokens {
    fn name(&self) -> &'static str {
        "tokens-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Secret(delta) => vec![delta.key.clone()],
            // Its Secrets are filled in, or go with it.
            Change::ServiceAccount(delta) => {
                let secrets = tables.secrets.within(&delta.key.namespace);
                let its = secrets.filter(|one| account_of(one) == Some(&delta.key.name));
                its.map(|secret| Key::of(&secret.metadata)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}
