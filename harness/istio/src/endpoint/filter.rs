//! Endpoints that a client is not told of, whatever comes later.

use std::net::IpAddr;

use crate::{
    RuleId,
    endpoint::{Endpoint, Health, Question, labels, rules},
};

/// The label by which a workload announces that it drains.
const DRAINING_LABEL: &str = "istio.io/draining";

/// Why an endpoint is left out; `None` if it is not.
pub(crate) fn left_out(question: &Question<'_>, endpoint: &Endpoint) -> Option<RuleId> {
    belongs(question, endpoint)
        .or_else(|| in_scope(question, endpoint))
        .or_else(|| serves(question, endpoint))
}

/// Whether it is an endpoint of the service port and subset at all.
fn belongs(question: &Question<'_>, endpoint: &Endpoint) -> Option<RuleId> {
    let host_name = !endpoint.address.is_empty()
        && endpoint.port != 0
        && endpoint.address.parse::<IpAddr>().is_err();
    match () {
        () if *endpoint.port_name != *question.port_name => Some(rules::PORT_NAME),
        () if host_name => Some(rules::HOST_NAME_ADDRESS),
        () if !labels::selects(question.subset, &endpoint.labels) => Some(rules::SUBSET),
        () => None,
    }
}

/// Whether client and service reach that far. An endpoint without an address passes: whether a
/// gateway stands in for it is decided with the paths.
fn in_scope(question: &Question<'_>, endpoint: &Endpoint) -> Option<RuleId> {
    let client = question.client;
    let same_cluster = client.cluster == endpoint.cluster;
    let same_node = same_cluster && client.node == endpoint.node;
    let own = endpoint
        .discoverability
        .allows(&client.cluster, &endpoint.cluster);
    match () {
        () if question.service.node_local && !same_node => Some(rules::NODE_LOCAL),
        () if !client.view.sees(&endpoint.network) => Some(rules::NETWORK_VIEW),
        () if question.service.cluster_local && !same_cluster => Some(rules::CLUSTER_LOCAL),
        () if !own => Some(rules::NOT_DISCOVERABLE),
        () => None,
    }
}

/// Whether its health lets it serve.
fn serves(question: &Question<'_>, endpoint: &Endpoint) -> Option<RuleId> {
    let labelled = endpoint.labels.get(DRAINING_LABEL);
    let draining = labelled.is_some_and(|value| !value.is_empty());
    match endpoint.health {
        Health::NotReady if !question.send_not_ready => Some(rules::NOT_READY),
        Health::Terminating => Some(rules::TERMINATING),
        Health::Draining if !question.service.persistent_sessions => Some(rules::DRAINING),
        Health::Ready | Health::NotReady if draining && !question.service.persistent_sessions => {
            Some(rules::DRAINING)
        }
        Health::Ready | Health::NotReady | Health::Draining => None,
    }
}
