//! What is asked of an authority: a certificate for a workload, a server or a client.

use std::net::IpAddr;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType,
};

use crate::{PkiError, SpiffeId};

/// A certificate's holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// A mesh workload: its identity as URI, good for both ends of a connection, no subject, as
    /// istiod issues it.
    Workload(SpiffeId),
    /// A server known by names or addresses, for example an API server or istiod itself.
    Server {
        /// DNS names.
        names: Vec<String>,
        /// Addresses.
        addresses: Vec<IpAddr>,
    },
    /// A client of a Kubernetes API server: the common name is the user, organisations are groups.
    Client {
        /// The user.
        user: String,
        /// The groups.
        groups: Vec<String>,
    },
}

impl Leaf {
    /// A server known by DNS names only.
    pub fn server(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Server {
            names: names.into_iter().map(Into::into).collect(),
            addresses: Vec::new(),
        }
    }

    pub(crate) fn params(&self) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.subject();
        params.subject_alt_names = self.names()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = self.usages();
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }

    fn subject(&self) -> DistinguishedName {
        let mut subject = DistinguishedName::new();
        match self {
            Self::Workload(_) => {}
            Self::Server { names, .. } => {
                if let Some(name) = names.first() {
                    subject.push(DnType::CommonName, name.as_str());
                }
            }
            Self::Client { user, groups } => {
                for group in groups {
                    subject.push(DnType::OrganizationName, group.as_str());
                }
                subject.push(DnType::CommonName, user.as_str());
            }
        }
        subject
    }

    fn names(&self) -> Result<Vec<SanType>, PkiError> {
        let text = |text: &str| {
            text.try_into().map_err(|_| PkiError::Name {
                text: text.to_owned(),
            })
        };
        match self {
            Self::Workload(id) => Ok(vec![SanType::URI(text(&id.to_string())?)]),
            Self::Server { names, addresses } => names
                .iter()
                .map(|name| text(name).map(SanType::DnsName))
                .chain(addresses.iter().map(|ip| Ok(SanType::IpAddress(*ip))))
                .collect(),
            Self::Client { .. } => Ok(Vec::new()),
        }
    }

    fn usages(&self) -> Vec<ExtendedKeyUsagePurpose> {
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
        match self {
            Self::Workload(_) => vec![ServerAuth, ClientAuth],
            Self::Server { .. } => vec![ServerAuth],
            Self::Client { .. } => vec![ClientAuth],
        }
    }
}
