//! Whether a presented chain is believed, and whom it names. The path is checked by webpki, the
//! verifier inside rustls; what it does not look at (a root's own validity, the SPIFFE URI
//! that the chain claims) is checked here, because Envoy's verifier does look.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::{
    Chain, PkiError, Roots, SpiffeId, TrustBundles, VerifyError, chain, judged::Judged,
    remembered::Remembered, signature::ALGORITHMS,
};

/// A client as a Kubernetes API server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientName {
    /// The common name.
    pub user: String,
    /// The organisations.
    pub groups: Vec<String>,
}

/// Which end of a connection presented the chain.
#[derive(Debug, Clone, Copy)]
enum Usage {
    Server,
    Client,
}

impl TrustBundles {
    /// Who the workload that presents `chain` is. Both ends of mTLS are checked alike: a workload's
    /// certificate is good for both.
    ///
    /// # Errors
    /// If the chain carries no identity, or the roots of its trust domain do not vouch for it now.
    pub fn verify(&self, chain: &Chain, now: Timestamp) -> Result<SpiffeId, VerifyError> {
        let id = chain.identity()?;
        let roots = self
            .of(&id.trust_domain)
            .ok_or_else(|| VerifyError::UnknownTrustDomain {
                trust_domain: id.trust_domain.clone(),
            })?;
        roots.path(chain, now, Usage::Client)?;
        Ok(id)
    }
}

impl Roots {
    /// Who the workload that presents `chain` is, whatever its trust domain.
    ///
    /// # Errors
    /// If the chain carries no identity, or no root vouches for it now.
    pub fn verify_workload(&self, chain: &Chain, now: Timestamp) -> Result<SpiffeId, VerifyError> {
        self.path(chain, now, Usage::Client)?;
        chain.identity()
    }

    /// Whether the server that presents `chain` is `name` (a DNS name or an address).
    ///
    /// # Errors
    /// If it is another, or no root vouches for it now.
    pub fn verify_server(
        &self,
        chain: &Chain,
        name: &str,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        self.path(chain, now, Usage::Server)?;
        let other = || VerifyError::OtherName {
            name: name.to_owned(),
        };
        let name = ServerName::try_from(name).map_err(|_| other())?;
        let leaf = EndEntityCert::try_from(chain.leaf()).map_err(|e| unreadable(&e))?;
        leaf.verify_is_valid_for_subject_name(&name)
            .map_err(|_| other())
    }

    /// Who the API client that presents `chain` is.
    ///
    /// # Errors
    /// If no root vouches for it now, or it has no common name.
    pub fn verify_client(&self, chain: &Chain, now: Timestamp) -> Result<ClientName, VerifyError> {
        self.path(chain, now, Usage::Client)?;
        let leaf = chain::parsed(chain.leaf())?;
        let subject = leaf.subject();
        let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            value.as_str().map(str::to_owned).ok()
        };
        Ok(ClientName {
            user: subject
                .iter_common_name()
                .find_map(text)
                .ok_or(VerifyError::NoIdentity)?,
            groups: subject.iter_organization().filter_map(text).collect(),
        })
    }

    /// Whether a path leads from the chain to one of these roots: judged once, for as long as the
    /// same certificates are in their time. In a mesh everybody is shown the chains of all others,
    /// and who is refused tries again.
    fn path(&self, chain: &Chain, now: Timestamp, usage: Usage) -> Result<(), VerifyError> {
        static JUDGED: Remembered<Judged> = Remembered::new();
        let (roots, shown) = (self.fingerprint(), chain.fingerprint());
        let words: [&[u8]; 3] = [&roots, &shown, &[usage as u8]];
        let judge = || {
            let verdict = self.judge(chain, now, usage);
            Judged::new(verdict, self.iter().chain(chain.all()), now)
        };
        let judged = JUDGED.of_while(&words, |judged| judged.holds(now), judge);
        judged.verdict
    }

    fn judge(&self, chain: &Chain, now: Timestamp, usage: Usage) -> Result<(), VerifyError> {
        let leaf = EndEntityCert::try_from(chain.leaf()).map_err(|e| unreadable(&e))?;
        let (valid, expired) = self.at(now);
        match path_to(&leaf, &valid, chain, now, usage) {
            Ok(()) => Ok(()),
            // Only a root that is out of its time would have vouched: that is the reason to name.
            Err(webpki::Error::UnknownIssuer)
                if path_to(&leaf, &expired, chain, now, usage).is_ok() =>
            {
                Err(outside(&expired, now))
            }
            Err(error) => Err(explained(&error, chain, now)),
        }
    }
}

fn path_to(
    leaf: &EndEntityCert<'_>,
    roots: &[&CertificateDer<'static>],
    chain: &Chain,
    now: Timestamp,
    usage: Usage,
) -> Result<(), webpki::Error> {
    let anchors: Vec<TrustAnchor<'_>> = roots
        .iter()
        .map(|root| anchor_from_trusted_cert(root))
        .collect::<Result<_, _>>()?;
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = match usage {
        Usage::Server => KeyUsage::server_auth(),
        Usage::Client => KeyUsage::client_auth(),
    };
    let above = chain.intermediates();
    leaf.verify_for_usage(ALGORITHMS, &anchors, above, time, usage, None, None)
        .map(|_| ())
}

fn explained(error: &webpki::Error, chain: &Chain, now: Timestamp) -> VerifyError {
    match error {
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
            let all: Vec<_> = chain.all().iter().collect();
            outside(&all, now)
        }
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            VerifyError::UnknownIssuer {
                issuer: chain::parsed(chain.leaf())
                    .map(|leaf| leaf.issuer().to_string())
                    .unwrap_or_default(),
            }
        }
        webpki::Error::RequiredEkuNotFoundContext(_) => VerifyError::OtherUse,
        other => VerifyError::Other {
            why: other.to_string(),
        },
    }
}

/// Names the first certificate whose time is over or has not come.
fn outside(certificates: &[&CertificateDer<'static>], now: Timestamp) -> VerifyError {
    certificates
        .iter()
        .filter_map(|der| chain::validity(der).ok())
        .find(|validity| !validity.contains(now))
        .map_or_else(
            || VerifyError::Other {
                why: "a certificate is outside its validity".to_owned(),
            },
            |validity| VerifyError::OutsideValidity { validity, now },
        )
}

fn unreadable(error: &webpki::Error) -> VerifyError {
    VerifyError::Unreadable(PkiError::Certificate {
        why: error.to_string(),
    })
}
