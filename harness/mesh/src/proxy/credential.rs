//! Who a proxy is, and whom it believes.

use istio::identity::SpiffeId;
use jiff::Timestamp;
use pki::{Chain, PkiError, Roots, TrustBundles, VerifyError};

use crate::xds::Signed;

/// A proxy's certificate with the roots that came with it.
#[derive(Debug)]
pub struct Identity {
    chain: Chain,
    roots: Roots,
}

impl Identity {
    /// What istiod signed.
    ///
    /// # Errors
    /// If the roots that it sent along are no certificates.
    pub fn new(signed: Signed) -> Result<Self, PkiError> {
        Ok(Self {
            chain: signed.chain,
            roots: Roots::from_pem(&signed.roots)?,
        })
    }

    /// What it presents.
    pub(super) fn presented(&self) -> Chain {
        self.chain.clone()
    }

    /// Its own identity, as its certificate states it.
    pub(super) fn uri(&self, now: Timestamp) -> Option<SpiffeId> {
        let own = self.known(&self.chain, &TrustBundles::default(), now);
        own.ok()
    }

    /// Whom a presented chain names: the roots that came with the own certificate vouch for
    /// everybody, the bundles that istiod pushes for their own trust domains.
    pub(super) fn believes(
        &self,
        presented: Option<&Chain>,
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let presented = presented.ok_or(VerifyError::NoIdentity)?;
        self.known(presented, bundles, now)
    }

    fn known(
        &self,
        chain: &Chain,
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let by_roots = self.roots.verify_workload(chain, now);
        let by_bundles = |error| bundles.verify(chain, now).map_err(|_| error);
        let who = by_roots.or_else(by_bundles)?;
        let domain = who.trust_domain.as_str();
        Ok(SpiffeId::new(
            domain,
            who.namespace.as_str(),
            &who.service_account,
        ))
    }
}
