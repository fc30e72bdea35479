//! Where services come from, and which of these places are asked about a proxy.

use crate::{ClusterId, Decision, service::rules};

/// What a registry reads services from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistryKind {
    /// The Services of one Kubernetes cluster.
    Kubernetes,
    /// ServiceEntries of the config cluster.
    ServiceEntry,
}

/// Whether a registry is passed over when a proxy's own services and labels are looked up. A
/// proxy that states no cluster is looked up everywhere.
pub fn skipped_for(
    proxy_cluster: &ClusterId,
    registry_cluster: &ClusterId,
    kind: RegistryKind,
) -> Decision<bool> {
    let skipped = match kind {
        RegistryKind::ServiceEntry => false,
        RegistryKind::Kubernetes => !proxy_cluster.is_unset() && proxy_cluster != registry_cluster,
    };
    Decision::new(skipped, rules::REGISTRY_SEARCHED)
}
