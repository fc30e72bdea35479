//! One host seen by several cluster registries.

use std::collections::BTreeMap;

use crate::{ClusterId, Decision, service::rules};

/// What one cluster's registry knows of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The cluster.
    pub cluster: ClusterId,
    /// The addresses the host has there.
    pub addresses: Vec<String>,
    /// The identities its endpoints run under there.
    pub service_accounts: Vec<String>,
}

/// One service of the mesh, put together from its clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The cluster whose object supplies ports, protocols, resolution, labels and visibility.
    pub defined_by: ClusterId,
    /// The address for proxies whose own cluster has none; empty if the defining object has none.
    pub default_address: Option<String>,
    /// The addresses per cluster.
    pub cluster_vips: BTreeMap<ClusterId, Vec<String>>,
    /// The identities of its endpoints in all clusters, each once, in the order of registries.
    pub service_accounts: Vec<String>,
}

/// Merges what registries know of one host, in the order in which the control plane holds them:
/// its own cluster first, then remote clusters as their secrets were read. `None` if none knows
/// the host.
pub fn merge(registered: &[Registered]) -> Decision<Option<Merged>> {
    let Some((first, later)) = registered.split_first() else {
        return Decision::new(None, rules::FIRST_REGISTRY);
    };
    let mut merged = Merged {
        defined_by: first.cluster.clone(),
        default_address: first.addresses.first().cloned(),
        cluster_vips: BTreeMap::new(),
        service_accounts: Vec::new(),
    };
    registered.iter().for_each(|entry| add(&mut merged, entry));
    let because = match later.is_empty() {
        true => rules::FIRST_REGISTRY,
        false => rules::MERGED,
    };
    Decision::new(Some(merged), because)
}

fn add(merged: &mut Merged, entry: &Registered) {
    let vips = merged
        .cluster_vips
        .entry(entry.cluster.clone())
        .or_default();
    if vips.is_empty() {
        vips.clone_from(&entry.addresses);
    }
    for account in &entry.service_accounts {
        if !merged.service_accounts.contains(account) {
            merged.service_accounts.push(account.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(cluster: &str, address: &str, account: &str) -> Registered {
        Registered {
            cluster: cluster.into(),
            addresses: vec![address.to_owned()],
            service_accounts: vec![account.to_owned()],
        }
    }

    #[test]
    fn the_first_registry_defines_and_the_others_add() {
        let all = [
            registered("b", "10.0.0.1", "x"),
            registered("a", "10.1.0.1", "x"),
            registered("b", "10.2.0.1", "y"),
        ];
        let decided = merge(&all);
        assert_eq!(decided.because, rules::MERGED);
        let merged = decided.value.unwrap();
        assert_eq!(merged.defined_by, "b".into());
        assert_eq!(merged.default_address.as_deref(), Some("10.0.0.1"));
        assert_eq!(merged.cluster_vips[&ClusterId::from("b")], ["10.0.0.1"]);
        assert_eq!(merged.cluster_vips.len(), 2);
        assert_eq!(merged.service_accounts, ["x", "y"]);
    }

    #[test]
    fn one_registry_merges_nothing_and_none_is_no_service() {
        assert_eq!(
            merge(&[registered("a", "10.0.0.1", "x")]).because,
            rules::FIRST_REGISTRY
        );
        assert_eq!(merge(&[]).value, None);
    }
}
