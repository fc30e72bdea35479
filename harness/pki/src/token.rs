//! Bound service-account tokens: JWTs as an API server issues them for a TokenRequest, and their
//! review.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use world::NamespaceName;

use crate::{KeyPair, Seed, TokenError, Validity, error::at_second};

/// The audience of tokens by which workloads and VMs ask istiod for certificates.
pub const ISTIO_CA: &str = "istio-ca";

/// A service account of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: NamespaceName,
    /// Its name.
    pub name: String,
}

/// What a believed token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// Whose token it is.
    pub service_account: ServiceAccount,
    /// For whom it is made.
    pub audiences: Vec<String>,
    /// When it counts.
    pub validity: Validity,
}

/// The side of an API server that signs tokens.
#[derive(Debug, Clone)]
pub struct TokenIssuer {
    url: String,
    key: KeyPair,
}

/// The side of an API server that reviews them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenVerifier {
    url: String,
    key: VerifyingKey,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    aud: Vec<String>,
    exp: i64,
    iat: i64,
    iss: String,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
    nbf: i64,
    sub: String,
}

#[derive(Serialize, Deserialize)]
struct Kubernetes {
    namespace: NamespaceName,
    serviceaccount: Named,
}

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
}

impl TokenIssuer {
    /// The issuer of a cluster. `url` tells issuers apart in messages; on every cluster Kubernetes
    /// calls it `https://kubernetes.default.svc.cluster.local`, so the key is what matters.
    pub fn new(seed: &Seed, url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            key: KeyPair::from_seed(seed),
        }
    }

    /// A token for `account`, for `audiences`, during `validity`.
    pub fn issue(
        &self,
        account: &ServiceAccount,
        audiences: &[&str],
        validity: Validity,
    ) -> String {
        let payload = Payload {
            aud: audiences.iter().map(|&a| a.to_owned()).collect(),
            exp: validity.not_after.as_second(),
            iat: validity.not_before.as_second(),
            iss: self.url.clone(),
            kubernetes: Kubernetes {
                namespace: account.namespace.clone(),
                serviceaccount: Named {
                    name: account.name.clone(),
                },
            },
            nbf: validity.not_before.as_second(),
            sub: account.to_string(),
        };
        let body = format!("{}.{}", encoded(&self.header()), encoded(&payload));
        let signature = BASE64.encode(self.key.sign_fixed(body.as_bytes()));
        format!("{body}.{signature}")
    }

    /// The reviewing side.
    pub fn verifier(&self) -> TokenVerifier {
        TokenVerifier {
            url: self.url.clone(),
            key: self.key.verifying(),
        }
    }

    fn header(&self) -> Header {
        Header {
            alg: "ES256".to_owned(),
            kid: BASE64.encode(Sha256::digest(self.key.public())),
            typ: "JWT".to_owned(),
        }
    }
}

impl TokenVerifier {
    /// Whose token it is.
    ///
    /// # Errors
    /// If it is not a token, another issuer's, another audience's, or not valid now.
    pub fn verify(
        &self,
        token: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<TokenClaims, TokenError> {
        let claims = self.signed(token)?;
        if !claims.audiences.iter().any(|found| found == audience) {
            return Err(TokenError::Audience {
                found: claims.audiences,
                wanted: audience.to_owned(),
            });
        }
        if !claims.validity.contains(now) {
            let validity = claims.validity;
            return Err(TokenError::OutsideValidity { validity, now });
        }
        Ok(claims)
    }

    /// What the token says, if this issuer signed it.
    fn signed(&self, token: &str) -> Result<TokenClaims, TokenError> {
        let malformed = |why| TokenError::Malformed { why };
        let (body, signature) = token
            .rsplit_once('.')
            .ok_or_else(|| malformed("it has no signature"))?;
        let (_, payload) = body
            .split_once('.')
            .ok_or_else(|| malformed("it has no payload"))?;
        let signature = decoded(signature)?;
        Signature::from_slice(&signature)
            .and_then(|signature| self.key.verify(body.as_bytes(), &signature))
            .map_err(|_| TokenError::Signature {
                issuer: self.url.clone(),
            })?;
        let payload: Payload = serde_json::from_slice(&decoded(payload)?)
            .map_err(|_| malformed("its payload is not a service account's"))?;
        Ok(payload.into())
    }
}

impl From<Payload> for TokenClaims {
    fn from(payload: Payload) -> Self {
        Self {
            service_account: ServiceAccount {
                namespace: payload.kubernetes.namespace,
                name: payload.kubernetes.serviceaccount.name,
            },
            audiences: payload.aud,
            validity: Validity {
                not_before: at_second(payload.nbf),
                not_after: at_second(payload.exp),
            },
        }
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

fn encoded(part: &impl Serialize) -> String {
    let json = serde_json::to_vec(part).expect("claims are plain strings and numbers");
    BASE64.encode(json)
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenError> {
    let why = "a part of it is not base64url";
    BASE64
        .decode(part)
        .map_err(|_| TokenError::Malformed { why })
}
