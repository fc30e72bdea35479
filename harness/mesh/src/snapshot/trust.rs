//! Who is believed.

use pki::TrustBundles;

/// The roots that proxies verify peers by, and whose identities servers accept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The roots of each trust domain; of other domains only in a multi-root mesh.
    pub bundles: TrustBundles,
    /// The trust domains of which servers accept peers; empty if they do not check.
    pub accepted: Vec<String>,
}
