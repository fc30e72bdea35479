//! Certificates as they are presented: the holder's first, then who signed it, without the root.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
};

use crate::{
    KeyPair, PkiError, SpiffeId, Validity, VerifyError, derived::Derived, error::at_second,
};

/// A presented chain; never empty. Clones are the same one, of which is worked out once what follows
/// from its bytes: a workload shows its own on every connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Arc<Presented>);

#[derive(Debug, PartialEq, Eq)]
struct Presented {
    certificates: Vec<CertificateDer<'static>>,
    fingerprint: Derived<[u8; 32]>,
    leaf_digest: Derived<String>,
    identity: Derived<Result<SpiffeId, VerifyError>>,
}

/// A chain and the key that proves it is one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// What is presented.
    pub chain: Chain,
    /// What signs.
    pub key: KeyPair,
}

impl Chain {
    /// A chain from its leaf and what is above it, nearest first.
    pub fn new(leaf: CertificateDer<'static>, above: &[CertificateDer<'static>]) -> Self {
        Self::of(std::iter::once(leaf).chain(above.iter().cloned()).collect())
    }

    /// Reads the `CERTIFICATE` blocks of a text, in their order.
    ///
    /// # Errors
    /// If there is none, or one that is not a certificate.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        let certificates = certificates(text)?;
        if certificates.is_empty() {
            return Err(PkiError::NoCertificate);
        }
        Ok(Self::of(certificates))
    }

    fn of(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self(Arc::new(Presented {
            certificates,
            fingerprint: Derived::default(),
            leaf_digest: Derived::default(),
            identity: Derived::default(),
        }))
    }

    /// The chain as PEM.
    pub fn to_pem(&self) -> String {
        to_pem(self.all())
    }

    /// All of them, nearest first.
    pub(crate) fn all(&self) -> &[CertificateDer<'static>] {
        &self.0.certificates
    }

    /// The holder's certificate.
    pub fn leaf(&self) -> &CertificateDer<'static> {
        self.all().first().expect("a chain is never empty")
    }

    /// Who signed it, nearest first.
    pub fn intermediates(&self) -> &[CertificateDer<'static>] {
        self.all().get(1..).unwrap_or_default()
    }

    /// From when until when the holder's certificate counts.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn validity(&self) -> Result<Validity, PkiError> {
        validity(self.leaf())
    }

    /// A digest of the whole chain, for remembering what was verified.
    pub fn fingerprint(&self) -> [u8; 32] {
        *self.0.fingerprint.get(|| fingerprint(self.all()))
    }

    /// The SHA-256 digest of the holder's certificate alone, in hexadecimal digits.
    pub fn leaf_digest(&self) -> &str {
        self.0.leaf_digest.get(|| {
            let digest = fingerprint([self.leaf()]);
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// The identity that it claims, whoever vouches for it.
    pub(crate) fn identity(&self) -> Result<SpiffeId, VerifyError> {
        self.0.identity.get(|| identity_of(self.leaf())).clone()
    }
}

/// A digest of certificates in their order.
pub(crate) fn fingerprint<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    certificates.into_iter().for_each(|der| hash.update(der));
    hash.finalize().into()
}

/// The identity that a leaf claims: its only URI name.
fn identity_of(leaf: &CertificateDer<'static>) -> Result<SpiffeId, VerifyError> {
    let leaf = parsed(leaf)?;
    match uris(&leaf)?.as_slice() {
        [uri] => Ok(uri.parse()?),
        _ => Err(VerifyError::NoIdentity),
    }
}

fn uris(certificate: &X509Certificate<'_>) -> Result<Vec<String>, PkiError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|e| PkiError::Certificate { why: e.to_string() })?;
    let all = names
        .into_iter()
        .flat_map(|found| &found.value.general_names);
    Ok(all
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        })
        .collect())
}

pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let read = |der: CertificateDer<'static>| parsed(&der).map(drop).map(|()| der);
    blocks(text).map(|block| block.and_then(read)).collect()
}

/// The blocks of a text that say that they are certificates.
pub(crate) fn blocks(
    text: &str,
) -> impl Iterator<Item = Result<CertificateDer<'static>, PkiError>> {
    let blocks = CertificateDer::pem_slice_iter(text.as_bytes());
    blocks.map(|block| block.map_err(|e| PkiError::Certificate { why: e.to_string() }))
}

pub(crate) fn parsed<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, PkiError> {
    X509Certificate::from_der(der)
        .map(|(_, certificate)| certificate)
        .map_err(|e| PkiError::Certificate { why: e.to_string() })
}

pub(crate) fn validity(der: &CertificateDer<'_>) -> Result<Validity, PkiError> {
    let certificate = parsed(der)?;
    let validity = certificate.validity();
    Ok(Validity {
        not_before: at_second(validity.not_before.timestamp()),
        not_after: at_second(validity.not_after.timestamp()),
    })
}

pub(crate) fn to_pem<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> String {
    let blocks = certificates.into_iter().map(|der| pem("CERTIFICATE", der));
    blocks.collect()
}

/// One PEM block (RFC 7468): base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let body = STANDARD.encode(der);
    let lines = body.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let text: String = lines
        .flat_map(|line| [line.into_owned(), "\n".to_owned()])
        .collect();
    format!("-----BEGIN {label}-----\n{text}-----END {label}-----\n")
}
