//! A WorkloadEntry as an endpoint.

use std::net::IpAddr;

use crate::{
    ClusterId, Decision, NetworkId,
    endpoint::{Labels, labels, rules},
    kinds::WorkloadEntry,
    locality::{LocalityLabel, label},
    version::Mechanisms,
};

/// The label that states whether an endpoint takes mutual TLS.
pub const TLS_MODE_LABEL: &str = "security.istio.io/tlsMode";
/// The TLS mode of an endpoint with a sidecar.
pub const TLS_MODE_ISTIO: &str = "istio";
/// The TLS mode of an endpoint without one.
pub const TLS_MODE_DISABLED: &str = "disabled";

/// What a WorkloadEntry makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The labels of its endpoints.
    pub labels: Labels,
    /// The network that counts for split horizon.
    pub network: NetworkId,
    /// Where it is.
    pub locality: LocalityLabel,
    /// How it takes TLS: the value of [`TLS_MODE_LABEL`].
    pub tls_mode: String,
    /// Whether only ServiceEntries that resolve names can use it.
    pub dns_only: bool,
}

/// Reads a WorkloadEntry of `cluster`. Its own labels are written over those of its metadata.
/// `registry_network` is the network that the registry of the
/// cluster would assign to it; it fills the label, never the network itself.
pub fn workload(
    entry: &WorkloadEntry,
    metadata_labels: &Labels,
    cluster: &ClusterId,
    registry_network: &NetworkId,
    mechanisms: &Mechanisms,
) -> Decision<Workload> {
    let mut own = metadata_labels.clone();
    own.extend(entry.labels.clone());
    let locality = locality(entry, &own, mechanisms);
    let labelled = match entry.network.is_unset() {
        true => registry_network,
        false => &entry.network,
    };
    let topology = labels::Topology {
        place: locality.place(),
        cluster,
        network: labelled,
        node: "",
    };
    let workload = Workload {
        labels: labels::with_topology(&own, topology).value,
        network: entry.network.clone(),
        tls_mode: tls_mode(entry, &own),
        dns_only: !entry.address.is_empty() && entry.address.parse::<IpAddr>().is_err(),
        locality,
    };
    Decision::new(workload, rules::WORKLOAD_ENTRY)
}

fn locality(entry: &WorkloadEntry, labels: &Labels, mechanisms: &Mechanisms) -> LocalityLabel {
    match entry.locality.as_str() {
        "" => {
            let stated = label::label_value(labels, mechanisms).unwrap_or_default();
            label::from_label(stated).as_str().into()
        }
        stated => stated.into(),
    }
}

fn tls_mode(entry: &WorkloadEntry, labels: &Labels) -> String {
    let labelled = labels.get(TLS_MODE_LABEL).cloned();
    let by_account = match entry.service_account.is_empty() {
        true => TLS_MODE_DISABLED,
        false => TLS_MODE_ISTIO,
    };
    labelled.unwrap_or_else(|| by_account.to_owned())
}

/// Whether a WorkloadEntry counts. `checked` says whether it carries the health-check annotation,
/// `healthy` what its Healthy condition says, if it has one.
pub fn counts(checked: bool, healthy: Option<bool>) -> Decision<bool> {
    match checked {
        true => Decision::new(healthy.unwrap_or(false), rules::WORKLOAD_ENTRY_UNHEALTHY),
        false => Decision::new(true, rules::WORKLOAD_ENTRY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_counts_only_where_it_is_checked() {
        assert!(counts(false, None).value && counts(false, Some(false)).value);
        assert!(counts(true, Some(true)).value);
        assert!(!counts(true, Some(false)).value && !counts(true, None).value);
    }

    #[test]
    fn the_registry_s_network_fills_the_label_alone() {
        let entry = WorkloadEntry {
            locality: "r1".to_owned(),
            labels: [(label::LOCALITY.to_owned(), "r2.z2".to_owned())].into(),
            ..WorkloadEntry::default()
        };
        let found = workload(
            &entry,
            &Labels::new(),
            &"c1".into(),
            &"n1".into(),
            &Mechanisms::newest(),
        )
        .value;
        assert!(found.network.is_unset() && !found.dns_only);
        assert_eq!(found.labels[labels::NETWORK], "n1");
        assert_eq!(
            found.locality.as_str(),
            "r1",
            "the field wins over the label"
        );
        assert_eq!(found.tls_mode, TLS_MODE_DISABLED);
    }
}
