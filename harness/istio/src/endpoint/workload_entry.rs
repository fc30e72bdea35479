//! A WorkloadEntry as an endpoint.

use std::net::IpAddr;

use crate::{
    ClusterId, Decision, NetworkId,
    endpoint::{Labels, labels, rules},
    locality::{LocalityLabel, label},
};

/// The label that states whether an endpoint takes mutual TLS.
pub const TLS_MODE_LABEL: &str = "security.istio.io/tlsMode";
/// The TLS mode of an endpoint with a sidecar.
pub const TLS_MODE_ISTIO: &str = "istio";
/// The TLS mode of an endpoint without one.
pub const TLS_MODE_DISABLED: &str = "disabled";

/// A WorkloadEntry, as far as it makes an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkloadEntry {
    /// Its address: an IP address, a host name, a Unix socket, or nothing.
    pub address: String,
    /// Its labels: those of its metadata, with those of its spec written over them.
    pub labels: Labels,
    /// Its service account; empty if none.
    pub service_account: String,
    /// Its locality field.
    pub locality: String,
    /// Its network field.
    pub network: NetworkId,
}

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

/// Reads a WorkloadEntry of `cluster`. `registry_network` is the network that the registry of the
/// cluster would assign to it; it fills the label, never the network itself.
pub fn workload(
    entry: &WorkloadEntry,
    cluster: &ClusterId,
    registry_network: &NetworkId,
) -> Decision<Workload> {
    let locality = locality(entry);
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
        labels: labels::with_topology(&entry.labels, topology).value,
        network: entry.network.clone(),
        tls_mode: tls_mode(entry),
        dns_only: !entry.address.is_empty() && entry.address.parse::<IpAddr>().is_err(),
        locality,
    };
    Decision::new(workload, rules::WORKLOAD_ENTRY)
}

fn locality(entry: &WorkloadEntry) -> LocalityLabel {
    match entry.locality.as_str() {
        "" => {
            let stated = label::label_value(&entry.labels).unwrap_or_default();
            label::from_label(stated).as_str().into()
        }
        stated => stated.into(),
    }
}

fn tls_mode(entry: &WorkloadEntry) -> String {
    let labelled = entry.labels.get(TLS_MODE_LABEL).cloned();
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
