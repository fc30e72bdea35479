//! What was verified once, for everybody in this process.
//!
//! Verifying a path is the dearest thing that a simulated connection does, and its answer depends
//! on nothing but the certificates, the use and the time. Only successes are kept: a refusal names
//! the time it was asked at.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use crate::{Chain, Roots, Validity, chain, remembered::Remembered};

static PROVEN: Remembered<Validity> = Remembered::new();

/// A chain under a set of roots for one use, by its digest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path([u8; 32]);

impl Path {
    pub(crate) fn of(roots: &Roots, chain: &Chain, usage: u8) -> Self {
        let mut hash = Sha256::new();
        hash.update([usage]);
        let all = roots.iter().map(|root| (0_u8, root));
        for (kind, der) in all.chain(certificates(chain).map(|der| (1, der))) {
            // Lengths, so that no two lists of certificates are the same bytes.
            hash.update([kind]);
            hash.update(der.len().to_be_bytes());
            hash.update(der);
        }
        Self(hash.finalize().into())
    }

    /// Whether it was shown to hold at a time that counts as this one does.
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        PROVEN
            .known(&self.0)
            .is_some_and(|during| during.contains(now))
    }

    /// It holds now, and so as long as everything counts that may have been part of it.
    pub(crate) fn keep(self, chain: &Chain, valid_roots: &[&CertificateDer<'static>]) {
        let all = certificates(chain).chain(valid_roots.iter().copied());
        let spans: Result<Vec<_>, _> = all.map(chain::validity).collect();
        let Some(during) = spans
            .ok()
            .and_then(|s| s.into_iter().reduce(Validity::overlap))
        else {
            return;
        };
        PROVEN.keep(self.0, during);
    }
}

fn certificates(chain: &Chain) -> impl Iterator<Item = &CertificateDer<'static>> {
    std::iter::once(chain.leaf()).chain(chain.intermediates())
}
