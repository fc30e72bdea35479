//! Who a proxy is, and whom it believes.

use std::sync::Arc;

use istio::identity::SpiffeId;
use jiff::Timestamp;
use pki::{PkiError, TrustBundles, VerifyError};
use sim::program::Shown;

use super::verified::{Found, Verified, Vouching};
use crate::xds::Signed;

/// A proxy's certificate with the roots that came with it.
#[derive(Debug)]
pub struct Identity {
    shown: Shown,
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
            shown: Shown::new(signed.chain),
            roots: others.by(&signed.roots)?,
            by_bundles: Found::default(),
        })
    }

    /// What it presents.
    pub(super) fn presented(&self) -> Shown {
        self.shown.clone()
    }

    /// Its own identity, as its certificate states it.
    pub(super) fn uri(&self, now: Timestamp) -> Option<SpiffeId> {
        let own = self.known(&self.shown, &TrustBundles::default(), now);
        own.ok()
    }

    /// Whom a presented chain names: the roots that came with the own certificate vouch for
    /// everybody, the bundles that istiod pushes for their own trust domains. What was verified
    /// once holds while all of the certificates do.
    pub(super) fn believes(
        &self,
        presented: Option<&Shown>,
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let presented = presented.ok_or(VerifyError::NoIdentity)?;
        self.known(presented, bundles, now)
    }

    fn known(
        &self,
        shown: &Shown,
        bundles: &TrustBundles,
        now: Timestamp,
    ) -> Result<SpiffeId, VerifyError> {
        let print = shown.print();
        let known = self.roots.known(print, now);
        if let Some(who) = known.or_else(|| self.by_bundles.known(print, now)) {
            return Ok(who);
        }
        self.roots.verify(shown, now).or_else(|error| {
            let who = bundles.verify(shown.chain(), now).map_err(|_| error)?;
            Ok(self.by_bundles.keep(shown, who, self.roots.roots()))
        })
    }
}
