//! What certificate chains were found to say, remembered for all proxies of a run that hold the same
//! roots: whether roots vouch for a chain follows from the two and the time, whoever asks. In a mesh of
//! many proxies every one of them is shown the chains of all others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use istio::identity::SpiffeId;
use jiff::Timestamp;
use pki::{Chain, PkiError, Roots, Validity, VerifyError};
use sim::program::Shown;

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

/// Everything that was verified in a run. Clones are of the same run.
#[derive(Debug, Clone, Default)]
pub struct Verified(Arc<Mutex<BTreeMap<String, Arc<Vouching>>>>);

/// Roots, and the chains that they were found to vouch for.
#[derive(Debug)]
pub(super) struct Vouching {
    roots: Roots,
    found: Found,
}

/// Chains that were verified, by their digests.
#[derive(Debug, Default)]
pub(super) struct Found(Mutex<BTreeMap<[u8; 32], Believed>>);

/// Whom a chain names, and when that holds.
#[derive(Debug, Clone)]
struct Believed {
    who: SpiffeId,
    during: Validity,
}

impl Verified {
    /// What these roots vouch for.
    ///
    /// # Errors
    /// If they are no certificates.
    pub(super) fn by(&self, pem: &str) -> Result<Arc<Vouching>, PkiError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(pem) {
            return Ok(Arc::clone(known));
        }
        let vouching = Arc::new(Vouching {
            roots: Roots::from_pem(pem)?,
            found: Found::default(),
        });
        all.insert(pem.to_owned(), Arc::clone(&vouching));
        Ok(vouching)
    }
}

impl Vouching {
    /// Whom a chain names, if the roots are known to vouch for it.
    pub(super) fn known(&self, print: [u8; 32], now: Timestamp) -> Option<SpiffeId> {
        self.found.known(print, now)
    }

    /// Whom a chain names, if the roots vouch for it.
    pub(super) fn verify(&self, shown: &Shown, now: Timestamp) -> Result<SpiffeId, VerifyError> {
        let who = self.roots.verify_workload(shown.chain(), now)?;
        Ok(self.found.keep(shown, who, &self.roots))
    }

    /// The roots.
    pub(super) fn roots(&self) -> &Roots {
        &self.roots
    }
}

impl Found {
    /// Whom a chain names, if it was verified and still holds.
    pub(super) fn known(&self, print: [u8; 32], now: Timestamp) -> Option<SpiffeId> {
        let all = self.lock();
        let known = all.get(&print).filter(|known| known.during.contains(now));
        known.map(|known| known.who.clone())
    }

    /// Remembers whom a chain names, for as long as the chain and the roots of whoever asked hold.
    pub(super) fn keep(&self, shown: &Shown, who: pki::SpiffeId, roots: &Roots) -> SpiffeId {
        let domain = who.trust_domain.as_str();
        let who = SpiffeId::new(domain, who.namespace.as_str(), &who.service_account);
        let believed = Believed {
            who: who.clone(),
            during: during(shown.chain(), roots),
        };
        self.lock().insert(shown.print(), believed);
        who
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Believed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When everything that may have vouched counts; never if something cannot be read. A clock may jump
/// back, so the beginning matters as well.
fn during(chain: &Chain, roots: &Roots) -> Validity {
    let all = std::iter::once(chain.leaf()).chain(chain.intermediates());
    let spans = all.chain(roots.iter()).map(|der| {
        let validity = Chain::new(der.clone(), &[]).validity();
        validity.unwrap_or(NEVER)
    });
    spans.fold(EVER, |a, b| a.overlap(b))
}
