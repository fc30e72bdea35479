//! The form of an identity: `spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT`.

use std::{fmt, str::FromStr};

use world::Text;

use super::rules;
use crate::Decision;

/// What every SPIFFE identity begins with.
pub const SCHEME: &str = "spiffe://";

/// Who a workload is. The cluster is not part of it: a service account is the same in every
/// cluster of a trust domain. It is written down once: clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    text: Text,
    /// How long the trust domain is in it, and the namespace.
    trust_domain: usize,
    namespace: usize,
}

/// What stands between the trust domain and the namespace, and between that and the account.
const NAMESPACE: &str = "/ns/";
const ACCOUNT: &str = "/sa/";

/// Why there is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// A text of another form.
    #[error("'{text}' is not an identity: write spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT")]
    NotSpiffe {
        /// What was written.
        text: String,
    },
    /// A workload without namespace or service account has no identity.
    #[error("namespace '{namespace}' and service account '{service_account}' must both be set")]
    Incomplete {
        /// The namespace, possibly empty.
        namespace: String,
        /// The service account, possibly empty.
        service_account: String,
    },
}

/// The identity that a control plane of `trust_domain` issues to a workload.
///
/// # Errors
/// The decision holds an error if namespace or service account are empty.
pub fn workload_identity(
    trust_domain: &str,
    namespace: &str,
    service_account: &str,
) -> Decision<Result<SpiffeId, IdentityError>> {
    let complete = !namespace.is_empty() && !service_account.is_empty();
    let value = match complete {
        true => Ok(SpiffeId::new(
            &trust_domain.replace('@', "."),
            namespace,
            service_account,
        )),
        false => Err(IdentityError::Incomplete {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
        }),
    };
    Decision::new(value, rules::SPIFFE_ID)
}

impl SpiffeId {
    /// The identity of a service account, whether or not any control plane would issue it.
    pub fn new(trust_domain: &str, namespace: &str, service_account: &str) -> Self {
        let text = [
            SCHEME,
            trust_domain,
            NAMESPACE,
            namespace,
            ACCOUNT,
            service_account,
        ];
        Self {
            text: text.concat().into(),
            trust_domain: trust_domain.len(),
            namespace: namespace.len(),
        }
    }

    /// The domain whose root signs; empty in identities that some policy mentions.
    pub fn trust_domain(&self) -> &str {
        &self.principal()[..self.trust_domain]
    }

    /// The Kubernetes namespace.
    pub fn namespace(&self) -> &str {
        &self.principal()[self.trust_domain + NAMESPACE.len()..][..self.namespace]
    }

    /// The Kubernetes service account.
    pub fn service_account(&self) -> &str {
        let before = self.trust_domain + NAMESPACE.len() + self.namespace + ACCOUNT.len();
        &self.principal()[before..]
    }

    /// The same workload in another trust domain.
    pub fn in_trust_domain(&self, trust_domain: &str) -> Self {
        Self::new(trust_domain, self.namespace(), self.service_account())
    }

    /// The whole identity, as certificates state it.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The identity as AuthorizationPolicies write it: without the scheme.
    pub fn principal(&self) -> &str {
        &self.text[SCHEME.len()..]
    }
}

impl FromStr for SpiffeId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let parts: Vec<&str> = match text.strip_prefix(SCHEME) {
            Some(rest) => rest.split('/').collect(),
            None => Vec::new(),
        };
        match parts[..] {
            [trust_domain, "ns", namespace, "sa", service_account] => {
                Ok(Self::new(trust_domain, namespace, service_account))
            }
            _ => Err(IdentityError::NotSpiffe {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_as_it_was_written() {
        let text = "spiffe://east.example/ns/shop/sa/cart";
        let id: SpiffeId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(id.principal(), "east.example/ns/shop/sa/cart");
    }

    #[test]
    fn a_text_of_another_form_is_no_identity() {
        for text in [
            "east.example/ns/shop/sa/cart",
            "spiffe://east.example/ns/shop/sa",
            "spiffe://east.example/ns/shop/sa/cart/extra",
            "spiffe://east.example/sa/cart/ns/shop",
            "spiffe://east.example/ns/shop/user/cart",
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_workload_without_namespace_or_account_has_no_identity() {
        assert!(workload_identity("td", "", "cart").value.is_err());
        assert!(workload_identity("td", "shop", "").value.is_err());
    }

    #[test]
    fn an_at_sign_in_the_trust_domain_becomes_a_dot() {
        let id = workload_identity("me@example", "shop", "cart")
            .value
            .unwrap();
        assert_eq!(id.trust_domain(), "me.example");
    }

    #[test]
    fn only_the_trust_domain_changes_between_trust_domains() {
        let id = workload_identity("west", "shop", "cart").value.unwrap();
        assert_eq!(
            id.in_trust_domain("east").to_string(),
            "spiffe://east/ns/shop/sa/cart"
        );
    }
}
