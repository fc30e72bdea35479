//! Who a workload is: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`.

use std::{fmt, str::FromStr};

use world::{NamespaceName, PeerIdentity};

use crate::PkiError;

/// The name under which one administration vouches for identities, for example `cluster.local`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustDomain(String);

/// A workload's identity in the form Istio gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    /// Who vouches.
    pub trust_domain: TrustDomain,
    /// The namespace of the service account.
    pub namespace: NamespaceName,
    /// The service account.
    pub service_account: String,
}

impl TrustDomain {
    /// Istio's default.
    pub fn cluster_local() -> Self {
        Self("cluster.local".to_owned())
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = PkiError;

    /// Letters, digits, `.`, `-` and `_`, in lower case (SPIFFE-ID §2.1).
    fn from_str(text: &str) -> Result<Self, PkiError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(PkiError::TrustDomain {
                text: text.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl SpiffeId {
    /// The identity of a service account.
    pub fn new(
        trust_domain: TrustDomain,
        namespace: NamespaceName,
        service_account: impl Into<String>,
    ) -> Self {
        Self {
            trust_domain,
            namespace,
            service_account: service_account.into(),
        }
    }
}

impl FromStr for SpiffeId {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        let wrong = || PkiError::Identity {
            text: text.to_owned(),
        };
        let parts: Vec<&str> = text
            .strip_prefix("spiffe://")
            .ok_or_else(wrong)?
            .split('/')
            .collect();
        match parts.as_slice() {
            [domain, "ns", namespace, "sa", account] if !account.is_empty() => Ok(Self {
                trust_domain: domain.parse()?,
                namespace: namespace.parse().map_err(|_| wrong())?,
                service_account: (*account).to_owned(),
            }),
            _ => Err(wrong()),
        }
    }
}

impl From<&SpiffeId> for PeerIdentity {
    fn from(id: &SpiffeId) -> PeerIdentity {
        PeerIdentity(id.to_string().into())
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trust_domain,
            namespace,
            service_account,
        } = self;
        write!(
            f,
            "spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_as_it_was_written() {
        let text = "spiffe://cluster.local/ns/sample/sa/sleep";
        assert_eq!(text.parse::<SpiffeId>().unwrap().to_string(), text);
    }

    #[test]
    fn an_identity_names_domain_namespace_and_account() {
        for bad in [
            "",
            "http://cluster.local/ns/a/sa/b",
            "spiffe://cluster.local/ns/a",
            "spiffe://cluster.local/ns/a/sa/",
            "spiffe:///ns/a/sa/b",
            "spiffe://Cluster.Local/ns/a/sa/b",
            "spiffe://cluster.local/ns/a/sa/b/c",
        ] {
            assert!(bad.parse::<SpiffeId>().is_err(), "{bad}");
        }
    }
}
