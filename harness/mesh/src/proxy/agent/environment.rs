//! What an agent's container says of its proxy.

use std::collections::BTreeMap;

use istio::network::split_horizon::ProxyKind;
use k8s_openapi::api::core::v1::{Container, Pod};
use serde_json::Value;
use sim::program::Start;

use super::home::Home;
use crate::xds::Node;

/// Where istiod is unless anything is written. Source: the mesh's default `discoveryAddress`.
pub(super) const DISCOVERY: &str = "istiod.istio-system.svc:15012";

/// What an agent knows from the start.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    pub(super) node: Node,
    /// Where its configuration comes from, as `host:port`.
    pub(super) discovery: String,
    /// Where its certificate comes from.
    pub(super) ca: String,
    /// Whether its workload's DNS queries come to it.
    pub(super) captures_dns: bool,
}

/// The name of a proxy, unique in a run.
pub(super) fn name(home: &Home) -> String {
    let start = match home {
        Home::Pod(start) => start,
        Home::Machine(start) => return format!("vm:{}/proxy", start.name),
    };
    let meta = &start.pod.metadata;
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    let pod = meta.name.as_deref().unwrap_or_default();
    format!("{}/proxy {namespace}/{pod}", start.cluster)
}

/// Reads the arguments and variables of the container.
pub(super) fn read(start: &Start, arguments: &[String]) -> Result<Environment, String> {
    let kind = match arguments.first().map(String::as_str) {
        Some("sidecar") => ProxyKind::Sidecar,
        Some("router") => ProxyKind::Router,
        other => return Err(format!("proxy {other:?} is not modelled")),
    };
    let variables = variables(&start.container);
    let variable = |name: &str| variables.get(name).map_or("", String::as_str);
    let config = match variable("PROXY_CONFIG") {
        "" => Value::Null,
        text => serde_json::from_str(text).map_err(|error| format!("PROXY_CONFIG: {error}"))?,
    };
    let metadata = &config["proxyMetadata"];
    let captures = match variable("ISTIO_META_DNS_CAPTURE") {
        "" => metadata["ISTIO_META_DNS_CAPTURE"]
            .as_str()
            .unwrap_or_default(),
        written => written,
    };
    let captures_dns = captures == "true";
    let discovery = config["discoveryAddress"].as_str().unwrap_or(DISCOVERY);
    let ca = match variable("CA_ADDR") {
        "" => discovery,
        written => written,
    };
    Ok(Environment {
        node: node(kind, start, &variables),
        discovery: discovery.to_owned(),
        ca: ca.to_owned(),
        captures_dns,
    })
}

fn node(kind: ProxyKind, start: &Start, variables: &BTreeMap<String, String>) -> Node {
    let pod: &Pod = &start.pod;
    let meta = &pod.metadata;
    let spec = pod.spec.as_ref();
    let variable = |name: &str| variables.get(name).map_or("", String::as_str);
    let account = spec.and_then(|spec| spec.service_account_name.clone());
    let view = variable("ISTIO_META_REQUESTED_NETWORK_VIEW").split(',');
    Node {
        kind,
        name: meta.name.clone().unwrap_or_default(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        service_account: account.unwrap_or_else(|| "default".to_owned()),
        cluster: variable("ISTIO_META_CLUSTER_ID").into(),
        network: variable("ISTIO_META_NETWORK").into(),
        address: start.host.address().to_string(),
        labels: meta.labels.clone().unwrap_or_default(),
        annotations: meta.annotations.clone().unwrap_or_default(),
        network_view: view
            .filter(|name| !name.is_empty())
            .map(Into::into)
            .collect(),
        node: spec.and_then(|s| s.node_name.clone()).unwrap_or_default(),
        locality: None,
        register_group: None,
    }
}

/// The variables that are written as they are; those that refer to the pod are read from it.
fn variables(container: &Container) -> BTreeMap<String, String> {
    let all = container.env.iter().flatten();
    all.filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .collect()
}
