//! Which networks a proxy asked to see.

use std::collections::BTreeSet;

use crate::{Decision, NetworkId, network::rules};

/// The networks of `ISTIO_META_REQUESTED_NETWORK_VIEW`; none requested means all are seen. An
/// east-west gateway requests its own, so that it never forwards to a third network.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkView(BTreeSet<NetworkId>);

impl NetworkView {
    /// A view of the requested networks.
    pub fn new(requested: impl IntoIterator<Item = NetworkId>) -> Self {
        Self(requested.into_iter().collect())
    }

    /// Whether endpoints of `network` are part of the view; those of no network always are.
    pub fn sees(&self, network: &NetworkId) -> bool {
        self.0.is_empty() || network.is_unset() || self.0.contains(network)
    }

    /// The same, as a decision.
    pub fn decide(&self, network: &NetworkId) -> Decision<bool> {
        Decision::new(self.sees(network), rules::VIEW)
    }
}
