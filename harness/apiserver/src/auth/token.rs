//! Service-account tokens: JSON Web Tokens signed with a secret from the seed.

use std::{collections::BTreeMap, sync::Arc};

use super::user::User;
use crate::{
    json::{Text, Value, json},
    object::{self, text},
    server::{ApiServer, State},
    store::{Key, Table},
    tables::{PODS, SECRETS, SERVICE_ACCOUNTS},
};

const CREDENTIAL: Text = Text::new_static("authentication.kubernetes.io/credential-id");
const POD_NAME: Text = Text::new_static("authentication.kubernetes.io/pod-name");
const POD_UID: Text = Text::new_static("authentication.kubernetes.io/pod-uid");

/// What a token says.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) namespace: String,
    pub(crate) account: String,
    pub(crate) account_uid: String,
    pub(crate) audiences: Vec<String>,
    /// How long it is valid.
    pub(crate) seconds: i64,
    /// The object with which it ends.
    pub(crate) bound: Option<Value>,
}

/// Signs a token.
pub(crate) fn issue(server: &ApiServer, claims: &Claims) -> String {
    let now = server.config().clock.now().as_second();
    let mut kubernetes = json!({
        "namespace": claims.namespace,
        "serviceaccount": {"name": claims.account, "uid": claims.account_uid},
    });
    if let Some(bound) = &claims.bound {
        let kind = text(bound, &["kind"]).to_lowercase();
        kubernetes[kind.as_str()] =
            json!({"name": text(bound, &["name"]), "uid": text(bound, &["uid"])});
    }
    let words = format!("{now}/{}", kubernetes);
    let payload = json!({
        "iss": server.config().issuer, "aud": claims.audiences,
        "sub": format!("system:serviceaccount:{}:{}", claims.namespace, claims.account),
        "iat": now, "nbf": now, "exp": now + claims.seconds,
        "jti": crate::ident::uuid(server.seed().digest(&["jti", &words])),
        "kubernetes.io": kubernetes,
    });
    let header = json!({"alg": "HS256", "kid": "isthmus"});
    server.signer().sign(&header, payload)
}

/// The account that shows a token which this server signed, is in time, and is for this audience
/// (any, if none is named).
pub(crate) fn verify(server: &ApiServer, token: &str, audience: Option<&str>) -> Option<User> {
    let proven = server.signer().proven(token)?;
    let claims = &proven.claims;
    let now = server.config().clock.now().as_second();
    let in_time = claims["nbf"].as_i64()? <= now && now < claims["exp"].as_i64()?;
    let meant = audience.is_none_or(|a| object::list(claims, &["aud"]).iter().any(|x| x == a));
    (in_time && meant && lives(server, claims)).then(|| proven.user().clone())
}

/// Whether the account, and what the token is bound to, are still the ones it was issued for.
fn lives(server: &ApiServer, claims: &Value) -> bool {
    let kubernetes = &claims["kubernetes.io"];
    let namespace = text(kubernetes, &["namespace"]);
    let same = |state: &State, field: &str, table: &Table| match kubernetes.get(field) {
        None => true,
        Some(reference) => {
            let key = Key::new(namespace, text(reference, &["name"]));
            let found = state.store.get(table, &key);
            found.is_some_and(|object| object::uid(object) == text(reference, &["uid"]))
        }
    };
    server.read(|state| {
        same(state, "serviceaccount", &SERVICE_ACCOUNTS)
            && same(state, "pod", &PODS)
            && same(state, "secret", &SECRETS)
    })
}

/// The account that verified claims are about.
pub(super) fn user(claims: &Value) -> User {
    let kubernetes = &claims["kubernetes.io"];
    let namespace = text(kubernetes, &["namespace"]);
    let account = &kubernetes["serviceaccount"];
    let credential = format!("JTI={}", text(claims, &["jti"]));
    let mut extra = BTreeMap::from([(CREDENTIAL, vec![credential.into()])]);
    if let Some(pod) = kubernetes.get("pod") {
        extra.insert(POD_NAME, vec![text(pod, &["name"]).into()]);
        extra.insert(POD_UID, vec![text(pod, &["uid"]).into()]);
    }
    User {
        extra: Arc::new(extra),
        ..User::service_account(namespace, text(account, &["name"]), text(account, &["uid"]))
    }
}
