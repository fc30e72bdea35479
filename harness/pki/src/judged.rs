//! Whether roots vouch for a chain, and how long that holds: it follows from their bytes and from
//! which of the certificates are in their time.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::{Validity, VerifyError, chain, error::at_second};

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

/// What was found, and when it would be found again.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) verdict: Result<(), VerifyError>,
    during: Validity,
}

impl Judged {
    /// What was found now of these certificates.
    pub(crate) fn new<'a>(
        verdict: Result<(), VerifyError>,
        certificates: impl Iterator<Item = &'a CertificateDer<'static>>,
        now: Timestamp,
    ) -> Self {
        let spans = certificates.map(|der| steady(der, now));
        let during = match verdict {
            // It says what time it is.
            Err(VerifyError::OutsideValidity { .. }) => NEVER,
            _ => spans.fold(EVER, Validity::overlap),
        };
        Self { verdict, during }
    }

    /// Whether it would be found again.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.during.contains(now)
    }
}

/// How long a certificate stays what it is now: too young, in its time, or too old. Never, if it
/// cannot be read, or in the second in which that changes: verifiers differ in how they round it.
fn steady(der: &CertificateDer<'static>, now: Timestamp) -> Validity {
    let Ok(validity) = chain::validity(der) else {
        return NEVER;
    };
    let before = Validity {
        not_after: at_second(validity.not_before.as_second() - 1),
        ..EVER
    };
    let after = Validity {
        not_before: at_second(validity.not_after.as_second() + 1),
        ..EVER
    };
    let spans = [before, validity, after];
    let current = spans.into_iter().find(|span| span.contains(now));
    current.unwrap_or(NEVER)
}
