//! Where things are, and the labels that say so.

use istio::{
    ClusterId, NetworkId,
    endpoint::{
        Labels,
        labels::{self, Topology},
        workload_entry,
    },
    identity::workload_identity,
    kinds::{MeshNetworks, WorkloadEntry},
    locality::{LocalityLabel, Place, label},
    network::membership::{self, PodNetwork},
    version::Mechanisms,
};
use serde::Deserialize;

use crate::case::Case;

pub(crate) fn pod_locality(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        pod_labels: Labels,
        node_known: bool,
        node_labels: Labels,
    }
    let input: Input = case.input()?;
    let node = input.node_known.then_some(&input.node_labels);
    let locality = label::of_pod(&input.pod_labels, node, &Mechanisms::newest()).value;
    case.came_out("locality", locality.as_str());
    Ok(())
}

pub(crate) fn locality_label(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        label: String,
    }
    let input: Input = case.input()?;
    case.came_out("locality", label::from_label(&input.label));
    Ok(())
}

pub(crate) fn locality_rule_match(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        locality: String,
        rule: String,
    }
    let input: Input = case.input()?;
    let matches = Place::of(&input.locality).matches(&input.rule);
    case.came_out("match", matches.value);
    Ok(())
}

pub(crate) fn endpoint_topology_labels(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        node: String,
        node_locality: String,
        cluster: ClusterId,
        cluster_network: String,
        pod_labels: Labels,
    }
    let input: Input = case.input()?;
    let pod = PodNetwork {
        pod_label: input.pod_labels.get(labels::NETWORK).map(String::as_str),
        system_namespace_label: Some(&input.cluster_network),
        cluster: input.cluster.as_str(),
        address: "",
    };
    let network = membership::of_pod(pod, &MeshNetworks::default()).value;
    let locality = LocalityLabel::from(input.node_locality.as_str());
    let topology = Topology {
        place: locality.place(),
        cluster: &input.cluster,
        network: &network,
        node: &input.node,
    };
    let labels = labels::with_topology(&input.pod_labels, topology).value;
    case.came_out("labels", labels);
    Ok(())
}

pub(crate) fn workload_entry(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        namespace: String,
        cluster: ClusterId,
        address: String,
        service_account: String,
        labels: Labels,
        metadata_labels: Labels,
        locality: String,
        network: NetworkId,
        network_lookup_result: NetworkId,
    }
    let input: Input = case.input()?;
    let entry = WorkloadEntry {
        address: input.address,
        labels: input.labels,
        service_account: input.service_account.clone(),
        locality: input.locality,
        network: input.network,
        ..WorkloadEntry::default()
    };
    let found = workload_entry::workload(
        &entry,
        &input.metadata_labels,
        &input.cluster,
        &input.network_lookup_result,
        &Mechanisms::newest(),
    );
    let workload = found.value;
    let account = &input.service_account;
    let identity = workload_identity("cluster.local", &input.namespace, account).value;
    let account = identity
        .map(|identity| identity.to_string())
        .unwrap_or_default();
    case.came_out("labels", workload.labels);
    case.came_out("service_account", account);
    case.came_out("network", workload.network.as_str());
    case.came_out("locality", workload.locality.as_str());
    case.came_out("tls_mode", workload.tls_mode);
    case.came_out("dns_only", workload.dns_only);
    Ok(())
}
