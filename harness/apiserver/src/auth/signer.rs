//! The key that signs service-account tokens, and what it was seen to have signed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::Value;

/// How many tokens are remembered. Real servers forget theirs after ten seconds; a signature, as
/// opposed to a token, stays what it is.
const REMEMBERED: usize = 1024;

/// Signs tokens and checks signatures.
///
/// Ed25519 in place of Kubernetes' RSA: ring cannot make RSA keys, and these signatures are the
/// same bytes for the same words.
pub(crate) struct Signer {
    key: Ed25519KeyPair,
    /// The claims of tokens whose signature was checked. Every request carries one.
    proven: Mutex<BTreeMap<String, Value>>,
}

impl Signer {
    /// The signer whose key is made of these 32 bytes.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self {
            key: Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes are an Ed25519 seed"),
            proven: Mutex::default(),
        }
    }

    /// A token with these claims.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(signature.as_ref()))
    }

    /// The claims of a token that this key signed.
    pub(super) fn claims(&self, token: &str) -> Option<Value> {
        let mut proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = proven.get(token) {
            return Some(claims.clone());
        }
        let claims = self.check(token)?;
        if proven.len() >= REMEMBERED {
            proven.clear();
        }
        proven.insert(token.to_owned(), claims.clone());
        Some(claims)
    }

    fn check(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        let public = UnparsedPublicKey::new(&ED25519, self.key.public_key());
        public.verify(signed.as_bytes(), &signature).ok()?;
        let claims = BASE64.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

fn encode(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_proven_by_its_own_key_alone_however_often() {
        let (own, other) = (Signer::new(&[1; 32]), Signer::new(&[2; 32]));
        let claims = json!({"sub": "a"});
        let token = own.sign(&json!({"alg": "EdDSA"}), &claims);
        assert_eq!(own.claims(&token), Some(claims.clone()));
        assert_eq!(own.claims(&token), Some(claims));
        assert_eq!(other.claims(&token), None);
        let forged = token.replace('.', "x.");
        assert_eq!(own.claims(&forged), None);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let signer = Signer::new(&[1; 32]);
        for i in 0..=REMEMBERED {
            let token = signer.sign(&json!({}), &json!(i));
            assert_eq!(signer.claims(&token), Some(json!(i)));
        }
        assert_eq!(signer.proven.lock().unwrap().len(), 1);
    }
}
