//! What an agent's container says of its proxy.

use std::{collections::BTreeMap, time::Duration};

use apiserver::Pod;
use istio::{kinds::IstioDuration, network::split_horizon::ProxyKind};
use k8s_openapi::api::core::v1::Container;
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
    /// How long a certificate it asks istiod for.
    pub(super) certificate_life: Duration,
}

/// Settings of agents that could change an answer and that nothing here reads.
const UNREAD: &[&str] = &[
    "CA_ROOT_CA",
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "MINIMUM_DRAIN_DURATION",
    "SECRET_GRACE_PERIOD_RATIO",
    "SECRET_GRACE_PERIOD_RATIO_JITTER",
    "XDS_ROOT_CA",
];

/// Refuses by its name what is set and not read.
pub(super) fn refuse_unread(is_set: impl Fn(&str) -> bool) -> Result<(), String> {
    match UNREAD.iter().find(|name| is_set(name)) {
        Some(name) => Err(format!("{name} is not modelled: leave it out")),
        None => Ok(()),
    }
}

/// How long a certificate an agent asks for, whatever istiod's default is. Source: `SECRET_TTL` in
/// pilot/cmd/pilot-agent/options/options.go, a day if it is not set.
pub(super) fn certificate_life(written: &str) -> Result<Duration, String> {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let asked: Result<IstioDuration, _> = match written {
        "" => return Ok(DAY),
        written => written.parse(),
    };
    let asked = asked.map_err(|error| format!("SECRET_TTL: {error}"))?;
    Ok(asked.get())
}

/// The name of a proxy, unique in a run.
pub(super) fn name(home: &Home) -> String {
    let start = match home {
        Home::Pod(start) => start,
        Home::Machine(start) => return format!("vm:{}/proxy", start.name),
    };
    let meta = &start.meta;
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
    // What is written for a proxy becomes its agent's environment.
    let either = |name: &str| match variable(name) {
        "" => metadata[name].as_str().unwrap_or_default().to_owned(),
        written => written.to_owned(),
    };
    refuse_unread(|name| !either(name).is_empty())?;
    let captures_dns = either("ISTIO_META_DNS_CAPTURE") == "true";
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
        certificate_life: certificate_life(&either("SECRET_TTL"))?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_asks_for_a_day_unless_it_is_told_otherwise() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3600));
        assert_eq!(certificate_life(""), hours(24));
        assert_eq!(certificate_life("1h"), hours(1));
        assert!(certificate_life("soon").unwrap_err().contains("SECRET_TTL"));
    }

    #[test]
    fn a_setting_that_is_not_read_is_refused_by_its_name() {
        let told = refuse_unread(|name| name == "SECRET_GRACE_PERIOD_RATIO");
        assert!(told.unwrap_err().contains("SECRET_GRACE_PERIOD_RATIO"));
        assert_eq!(refuse_unread(|_| false), Ok(()));
    }
}
