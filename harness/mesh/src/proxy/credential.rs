//! Who a proxy is, and whom it believes.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use pki::{Chain, PkiError, Roots, SpiffeId, TrustBundles, Validity, VerifyError};
use rustls_pki_types::CertificateDer;

use crate::xds::Signed;

/// The whole calendar.
const EVER: Validity = Validity {
    not_before: Timestamp::MIN,
    not_after: Timestamp::MAX,
};

/// A span without an instant.
const NEVER: Validity = Validity {
    not_before: Timestamp::MAX,
    not_after: Timestamp::MIN,
};

/// A proxy's certificate with the roots that came with it.
#[derive(Debug)]
pub struct Identity {
    chain: Chain,
    print: [u8; 32],
    roots: Roots,
    believed: Mutex<BTreeMap<[u8; 32], Believed>>,
}

/// A chain that was verified, and when that holds.
#[derive(Debug, Clone)]
struct Believed {
    who: SpiffeId,
    during: Validity,
}

impl Identity {
    /// What istiod signed.
    ///
    /// # Errors
    /// If the roots that it sent along are no certificates.
    pub fn new(signed: Signed) -> Result<Self, PkiError> {
        Ok(Self {
            print: signed.chain.fingerprint(),
            chain: signed.chain,
            roots: Roots::from_pem(&signed.roots)?,
            believed: Mutex::default(),
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
        if let Some(known) = self
            .lock()
            .get(&print)
            .filter(|known| known.during.contains(now))
        {
            return Ok(known.who.clone());
        }
        let own = self.roots.verify_workload(chain, now);
        let who = own.or_else(|error| bundles.verify(chain, now).map_err(|_| error))?;
        let believed = Believed {
            who: who.clone(),
            during: self.during(chain),
        };
        self.lock().insert(print, believed);
        Ok(who)
    }

    /// When everything that may have vouched counts; never if something cannot be read. A clock may
    /// jump back, so the beginning matters as well.
    fn during(&self, chain: &Chain) -> Validity {
        let all = std::iter::once(chain.leaf()).chain(chain.intermediates());
        let spans = all.chain(self.roots.iter()).map(|der| {
            let validity = Chain::new(der.clone(), &[]).validity();
            validity.unwrap_or(NEVER)
        });
        spans.fold(EVER, |a, b| a.overlap(b))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<[u8; 32], Believed>> {
        self.believed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A chain as it came over the wire; `None` if nothing did.
pub(super) fn chain_of(presented: &[Vec<u8>]) -> Option<Chain> {
    let mut all = presented.iter().cloned().map(CertificateDer::from);
    let leaf = all.next()?;
    Some(Chain::new(leaf, &all.collect::<Vec<_>>()))
}
