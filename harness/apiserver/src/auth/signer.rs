//! The key that signs service-account tokens, and what it was seen to have signed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::hmac::{self, HMAC_SHA256};

use super::{token, user::User};
use crate::json::Value;

/// How many tokens are remembered. Real servers forget theirs after ten seconds; a signature, as
/// opposed to a token, stays what it is.
const REMEMBERED: usize = 1024;

/// Signs tokens and checks signatures.
///
/// HMAC in place of Kubernetes' RSA: the public half of that key is for those who check tokens
/// without asking the server, and none is given out here (`/openid/v1/jwks`).
pub(crate) struct Signer {
    key: hmac::Key,
    /// Tokens that were made here or whose signature was checked. Every request carries one.
    known: Mutex<Known>,
}

type Known = BTreeMap<String, Arc<Proven>>;

/// What a token says that has the right signature.
#[derive(Debug)]
pub(super) struct Proven {
    pub(super) claims: Value,
    user: OnceLock<User>,
}

impl Proven {
    fn new(claims: Value) -> Arc<Self> {
        Arc::new(Self {
            claims,
            user: OnceLock::new(),
        })
    }

    /// The account that the claims are about.
    pub(super) fn user(&self) -> &User {
        self.user.get_or_init(|| token::user(&self.claims))
    }
}

impl Signer {
    /// The signer whose key is made of these 32 bytes.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(HMAC_SHA256, seed),
            known: Mutex::default(),
        }
    }

    /// A token with these claims.
    pub(super) fn sign(&self, header: &Value, claims: Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(&claims));
        let signature = hmac::sign(&self.key, signed.as_bytes());
        let token = format!("{signed}.{}", BASE64.encode(signature.as_ref()));
        remember(&mut self.known(), &token, Proven::new(claims));
        token
    }

    /// What a token says that this key signed.
    pub(super) fn proven(&self, token: &str) -> Option<Arc<Proven>> {
        let mut known = self.known();
        if let Some(proven) = known.get(token) {
            return Some(Arc::clone(proven));
        }
        let proven = Proven::new(self.check(token)?);
        remember(&mut known, token, Arc::clone(&proven));
        Some(proven)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        hmac::verify(&self.key, signed.as_bytes(), &signature).ok()?;
        let claims = BASE64.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

fn remember(known: &mut Known, token: &str, proven: Arc<Proven>) {
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(token.to_owned(), proven);
}

fn encode(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::json::json;

    #[test]
    fn a_token_is_proven_by_its_own_key_alone_however_often() {
        let (own, same, other) = (signer(1), signer(1), signer(2));
        let claims = json!({"sub": "a"});
        let token = own.sign(&json!({"alg": "HS256"}), claims.clone());
        let proven = |signer: &Signer, token: &str| {
            let proven = signer.proven(token)?;
            Some(proven.claims.clone())
        };
        assert_eq!(proven(&own, &token), Some(claims.clone()), "by who made it");
        assert_eq!(proven(&same, &token), Some(claims.clone()), "by its key");
        assert_eq!(proven(&same, &token), Some(claims), "and again");
        assert_eq!(proven(&other, &token), None);
        let forged = token.replace('.', "x.");
        assert_eq!(proven(&own, &forged), None);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (made, checked) = (signer(1), signer(1));
        for i in 0..=REMEMBERED {
            let token = made.sign(&json!({}), json!(i));
            assert_eq!(checked.proven(&token).unwrap().claims, json!(i));
        }
        assert_eq!(made.known().len(), 1);
        assert_eq!(checked.known().len(), 1);
    }

    fn signer(seed: u8) -> Signer {
        Signer::new(&[seed; 32])
    }
}
