//! Certificates as one end of a connection shows them.

use std::sync::{Arc, OnceLock};

use pki::Chain;

/// A certificate chain that is shown; whoever shows it has its key. A workload shows its own on every
/// connection: clones are the same one, whose digest is made once.
#[derive(Debug, Clone)]
pub struct Shown(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chain: Chain,
    leaf: OnceLock<String>,
}

impl Shown {
    /// Shows a chain.
    pub fn new(chain: Chain) -> Self {
        Self(Arc::new(Inner {
            chain,
            leaf: OnceLock::new(),
        }))
    }

    /// What is shown.
    pub fn chain(&self) -> &Chain {
        &self.0.chain
    }

    /// The SHA-256 digest of the holder's own certificate, in hexadecimal digits.
    pub fn leaf_digest(&self) -> &str {
        self.0.leaf.get_or_init(|| {
            let alone = Chain::new(self.chain().leaf().clone(), &[]);
            let bytes = alone.fingerprint();
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }
}

/// Two are equal if they show the same certificates.
impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.chain() == other.chain()
    }
}

impl Eq for Shown {}
