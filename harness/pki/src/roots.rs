//! Who is believed: root certificates, and which of them vouch for which trust domain.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::{PkiError, TrustDomain, Validity, chain, derived::Derived, remembered::Remembered};

/// A set of root certificates, for example the file `root-cert.pem`.
///
/// Kept in the order of their bytes and without doubles, so that equal sets are equal texts. Clones
/// are the same set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots(Arc<Trusted>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Trusted {
    roots: Vec<Root>,
    fingerprint: Derived<[u8; 32]>,
}

/// A root certificate, read once: every handshake asks whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Root {
    certificate: CertificateDer<'static>,
    /// What is no certificate vouches for nobody.
    during: Result<Validity, PkiError>,
}

/// Certificates of a set.
pub(crate) type Certificates<'a> = Vec<&'a CertificateDer<'static>>;

/// The roots of one's own trust domain and of those with which bundles were exchanged. Each vouches
/// for its own domain only: a foreign root cannot make identities of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustBundles(BTreeMap<TrustDomain, Roots>);

impl Roots {
    /// Reads the `CERTIFICATE` blocks of a text.
    ///
    /// # Errors
    /// If there is none, or one that is not a certificate.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        static READ: Remembered<Result<Roots, PkiError>> = Remembered::new();
        READ.of(&[text.as_bytes()], || Self::read(text))
    }

    fn read(text: &str) -> Result<Self, PkiError> {
        let roots: Self = chain::blocks(text).collect::<Result<_, _>>()?;
        if let Some(error) = roots
            .all()
            .iter()
            .find_map(|root| root.during.clone().err())
        {
            return Err(error);
        }
        match roots.all().is_empty() {
            true => Err(PkiError::NoCertificate),
            false => Ok(roots),
        }
    }

    /// The roots as PEM, in a fixed order.
    pub fn to_pem(&self) -> String {
        chain::to_pem(self.iter())
    }

    /// These and those.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).cloned().collect()
    }

    /// Whether the very certificate is among them.
    pub fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.iter().any(|root| root == certificate)
    }

    /// The certificates.
    pub fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.all().iter().map(|root| &root.certificate)
    }

    /// A digest of all of them, for remembering what they vouch for.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        *self.0.fingerprint.get(|| chain::fingerprint(self.iter()))
    }

    fn all(&self) -> &[Root] {
        &self.0.roots
    }

    /// The certificates that count at a time, and those that do not.
    pub(crate) fn at(&self, now: Timestamp) -> (Certificates<'_>, Certificates<'_>) {
        let (mut valid, mut others) = (Vec::new(), Vec::new());
        for root in self.all() {
            let counts = root
                .during
                .as_ref()
                .is_ok_and(|during| during.contains(now));
            let side = if counts { &mut valid } else { &mut others };
            side.push(&root.certificate);
        }
        (valid, others)
    }
}

impl FromIterator<CertificateDer<'static>> for Roots {
    fn from_iter<I: IntoIterator<Item = CertificateDer<'static>>>(certificates: I) -> Self {
        let mut all: Vec<_> = certificates.into_iter().collect();
        all.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
        all.dedup();
        Self(Arc::new(Trusted {
            roots: all.into_iter().map(Root::read).collect(),
            fingerprint: Derived::default(),
        }))
    }
}

impl Root {
    fn read(certificate: CertificateDer<'static>) -> Self {
        let during = chain::validity(&certificate);
        Self {
            certificate,
            during,
        }
    }
}

impl TrustBundles {
    /// The bundles of a workload in `trust_domain`.
    pub fn new(trust_domain: TrustDomain, roots: Roots) -> Self {
        Self(BTreeMap::from([(trust_domain, roots)]))
    }

    /// Believes `roots` for `trust_domain` as well.
    pub fn trust(&mut self, trust_domain: TrustDomain, roots: &Roots) {
        let known = self.0.entry(trust_domain).or_default();
        *known = known.union(roots);
    }

    /// The roots that vouch for `trust_domain`.
    pub fn of(&self, trust_domain: &TrustDomain) -> Option<&Roots> {
        self.0.get(trust_domain)
    }
}
