//! Where keys come from: 32 bytes that are split by name, so that adding a key changes no other.

use std::fmt;

use sha2::{Digest, Sha256};

/// A secret from which everything else follows. It prints no bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed of a run.
    pub fn new(number: u64) -> Self {
        Self(Sha256::digest(number.to_be_bytes()).into())
    }

    /// The seed of one named thing below this one, for example `cluster1/cacerts`. Randomness is
    /// keyed by name, never by a counter, so that the order of questions does not matter.
    #[must_use]
    pub fn of(&self, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(name.as_bytes());
        Self(hash.finalize().into())
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_its_own_seed_whatever_was_asked_before() {
        let root = Seed::new(7);
        assert_eq!(root.of("a").of("b"), Seed::new(7).of("a").of("b"));
        assert_ne!(root.of("a"), root.of("b"));
        assert_ne!(Seed::new(7), Seed::new(8));
    }

    #[test]
    fn a_seed_is_not_printed() {
        assert_eq!(format!("{:?}", Seed::new(1)), "Seed(..)");
    }
}
