//! Who a proxy is, and whom it believes.

use std::sync::Arc;

use jiff::Timestamp;
use pki::{Chain, PkiError, SpiffeId, TrustBundles, VerifyError};
use rustls_pki_types::CertificateDer;

use super::verified::{Found, Verified, Vouching};
use crate::xds::Signed;

/// A proxy's certificate with the roots that came with it.
#[derive(Debug)]
pub struct Identity {
    chain: Chain,
    print: [u8; 32],
    roots: Arc<Vouching>,
    /// Chains for which the bundles that istiod pushed vouched, and those roots did not.
    by_bundles: Found,
}

impl Identity {
    /// What istiod signed.
    ///
    /// # Errors
    /// If the roots that it sent along are no certificates.
    pub fn new(signed: Signed) -> Result<Self, PkiError> {
        Self::among(&Verified::default(), signed)
    }

    /// The same for a proxy that makes use of what others have verified.
    ///
    /// # Errors
    /// As [`Identity::new`].
    pub fn among(others: &Verified, signed: Signed) -> Result<Self, PkiError> {
        Ok(Self {
            print: signed.chain.fingerprint(),
            chain: signed.chain,
            roots: others.by(&signed.roots)?,
            by_bundles: Found::default(),
        })
    }

    /// What it presents, in DER, its own certificate first.
    pub(super) fn presented(&self) -> Vec<Vec<u8>> {
        let above = self.chain.intermediates().iter();
        let all = std::iter::once(self.chain.leaf()).chain(above);
        all.map(|der| der.as_ref().to_vec()).collect()
    }

    /// Its own identity, as its certificate states it.
    pub(super) fn uri(&self, now: Timestamp) -> Option<String> {
        let own = self.known(&self.chain, self.print, &TrustBundles::default(), now);
        own.ok().map(|id| id.to_string())
    }

    /// Whom a presented chain names: the roots that came with the own certificate vouch for
    /// everybody, the bundles that istiod pushes for their own trust domains. What was verified
    /// once holds while all of the certificates do.
    pub(super) fn believes(
        &self,
        presented: &[Vec<u8>],
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let chain = chain_of(presented).ok_or(VerifyError::NoIdentity)?;
        self.known(&chain, chain.fingerprint(), bundles, now)
    }

    fn known(
        &self,
        chain: &Chain,
        print: [u8; 32],
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let known = self.roots.known(print, now);
        if let Some(who) = known.or_else(|| self.by_bundles.known(print, now)) {
            return Ok(who);
        }
        self.roots.verify(chain, print, now).or_else(|error| {
            let who = bundles.verify(chain, now).map_err(|_| error)?;
            Ok(self.by_bundles.keep(chain, print, who, self.roots.roots()))
        })
    }
}

/// A chain as it came over the wire; `None` if nothing did.
pub(super) fn chain_of(presented: &[Vec<u8>]) -> Option<Chain> {
    let mut all = presented.iter().cloned().map(CertificateDer::from);
    let leaf = all.next()?;
    Some(Chain::new(leaf, &all.collect::<Vec<_>>()))
}
