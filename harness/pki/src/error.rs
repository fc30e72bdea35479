//! What can be wrong with certificates, and what to do about it.

use jiff::Timestamp;

use crate::{TrustDomain, Validity};

/// Why something could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    /// Not a trust domain.
    #[error("'{text}' is not a trust domain: use lower-case letters, digits, '.', '-' and '_'")]
    TrustDomain {
        /// What was written.
        text: String,
    },
    /// Not a workload identity.
    #[error(
        "'{text}' is not a workload identity: write \
         spiffe://<trust domain>/ns/<namespace>/sa/<service account>"
    )]
    Identity {
        /// What was written.
        text: String,
    },
    /// Not a name that a certificate can hold.
    #[error("'{text}' cannot stand in a certificate: use ASCII characters")]
    Name {
        /// What was written.
        text: String,
    },
    /// Not a private key that isthmus can sign with.
    #[error("read the private key: {why}; give an ECDSA P-256 key in PKCS#8 or SEC1 PEM")]
    Key {
        /// What the reader said.
        why: String,
    },
    /// Not a certificate.
    #[error("read the certificate: {why}")]
    Certificate {
        /// What the reader said.
        why: String,
    },
    /// No `CERTIFICATE` block where one is needed.
    #[error("find a certificate: the PEM text has no CERTIFICATE block")]
    NoCertificate,
    /// A certificate could not be made.
    #[error("sign the certificate: {why}")]
    Sign {
        /// What the signer said.
        why: String,
    },
    /// A Secret `cacerts` lacks one of its files.
    #[error("read cacerts: the key {key} is missing; istiod needs all four files")]
    CaCertsKey {
        /// The missing file.
        key: &'static str,
    },
    /// The files of a Secret `cacerts` do not belong together; istiod refuses to start with it.
    #[error("use cacerts: {why}")]
    CaCertsMismatch {
        /// What does not fit.
        why: &'static str,
    },
}

/// Why a presented chain is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No trusted root signed it.
    #[error("no trusted root signed the certificate (issuer '{issuer}')")]
    UnknownIssuer {
        /// The issuer that the leaf names.
        issuer: String,
    },
    /// Its time is over, or that of an intermediate or root.
    #[error("the certificate is valid from {validity}, and it is {now}")]
    OutsideValidity {
        /// The span of the certificate that is out of it.
        validity: Validity,
        /// The verifier's clock.
        now: Timestamp,
    },
    /// It names another server.
    #[error("the certificate is not for '{name}'")]
    OtherName {
        /// The name that was dialled.
        name: String,
    },
    /// It is not made for this end of a connection.
    #[error("the certificate is not made for this use")]
    OtherUse,
    /// It carries no, or more than one, workload identity.
    #[error("the certificate carries no workload identity")]
    NoIdentity,
    /// Nobody's roots are known for its trust domain.
    #[error("no root is known for the trust domain {trust_domain}; exchange trust bundles")]
    UnknownTrustDomain {
        /// The domain of the presented identity.
        trust_domain: TrustDomain,
    },
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] PkiError),
    /// Another reason of the verifier.
    #[error("the certificate does not hold: {why}")]
    Other {
        /// What the verifier said.
        why: String,
    },
}

/// A second of the epoch as a timestamp; one beyond the calendar is held at its end.
pub(crate) fn at_second(second: i64) -> Timestamp {
    let end = if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(second).unwrap_or(end)
}
