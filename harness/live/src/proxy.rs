//! What a proxy knows of a service: the endpoints it was told, from Envoy's own configuration dump.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use world::{ClusterName, KnownEndpoints, KnownHost, NetworkName, Told};

use crate::exec::document;

/// The command that asks a proxy from within its own container.
pub(crate) const ENDPOINTS: [&str; 4] = [
    "pilot-agent",
    "request",
    "GET",
    "config_dump?include_eds&resource=dynamic_endpoint_configs",
];

/// The port of east-west gateways that pass other networks' TLS on.
pub(crate) const CROSS_NETWORK: u16 = 15443;

/// Envoy's name for what a client reaches by `host` and `port`.
pub(crate) fn name_of(host: &str, port: u16, namespace: &str) -> String {
    format!("outbound|{port}||{}", qualified(host, namespace))
}

/// The whole name of a Service, as the search path of a pod's resolver completes it.
pub(crate) fn qualified(host: &str, namespace: &str) -> String {
    const DOMAIN: &str = "svc.cluster.local";
    match host.split('.').collect::<Vec<_>>()[..] {
        [name] => format!("{name}.{namespace}.{DOMAIN}"),
        [name, namespace] => format!("{name}.{namespace}.{DOMAIN}"),
        [name, namespace, "svc"] => format!("{name}.{namespace}.{DOMAIN}"),
        _ => host.to_owned(),
    }
}

#[derive(Deserialize)]
struct Dump {
    #[serde(default)]
    configs: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    endpoint_config: Option<Assignment>,
}

#[derive(Deserialize)]
struct Assignment {
    cluster_name: String,
    #[serde(default)]
    endpoints: Vec<Locality>,
}

#[derive(Deserialize)]
struct Locality {
    #[serde(default)]
    priority: u32,
    #[serde(default)]
    lb_endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    endpoint: Address,
    #[serde(default)]
    health_status: String,
    #[serde(default)]
    metadata: Value,
    #[serde(default = "one")]
    load_balancing_weight: u32,
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
struct Address {
    address: Value,
}

/// The network of every cluster.
pub(crate) type Networks = BTreeMap<ClusterName, NetworkName>;

/// Reads what a proxy says of Envoy's cluster `name`.
///
/// # Errors
/// If it is no configuration dump.
pub(crate) fn endpoints(
    text: &str,
    name: &str,
    networks: &Networks,
) -> Result<KnownEndpoints, serde_json::Error> {
    let dump: Dump = serde_json::from_str(document(text))?;
    let mut all = dump
        .configs
        .into_iter()
        .filter_map(|entry| entry.endpoint_config);
    let found = all.find(|assignment| assignment.cluster_name == name);
    Ok(match found {
        Some(assignment) => KnownEndpoints::Told(told(&assignment, networks)),
        None => KnownEndpoints::NoService,
    })
}

fn told(assignment: &Assignment, networks: &Networks) -> Told {
    let localities = assignment.endpoints.iter();
    let all: Vec<(u32, &Endpoint)> = localities
        .flat_map(|locality| {
            let endpoints = locality.lb_endpoints.iter();
            endpoints.map(|endpoint| (locality.priority, endpoint))
        })
        .collect();
    let unit = unit(all.iter().map(|(_, endpoint)| *endpoint));
    let mut told = Told::default();
    for (priority, endpoint) in all {
        *told.behind.entry(endpoint.cluster()).or_default() += endpoint.behind(unit);
        told.hosts.push(endpoint.host(priority, networks));
    }
    told
}

/// The weight of one pod: istiod scales all weights up where networks have several gateways.
fn unit<'a>(all: impl Iterator<Item = &'a Endpoint>) -> u32 {
    let direct = all.filter(|endpoint| !endpoint.is_gateway());
    let least = direct.map(|endpoint| endpoint.load_balancing_weight).min();
    least.unwrap_or(1).max(1)
}

impl Endpoint {
    fn port(&self) -> u16 {
        let port = self.endpoint.address.pointer("/socket_address/port_value");
        let port = port.and_then(Value::as_u64).unwrap_or_default();
        u16::try_from(port).unwrap_or_default()
    }

    fn address(&self) -> String {
        let socket = self.endpoint.address.pointer("/socket_address/address");
        let ip = socket.and_then(Value::as_str).unwrap_or_default();
        format!("{ip}:{}", self.port())
    }

    /// Istio describes an endpoint to its clients by five words: workload, namespace, canonical name
    /// and revision, cluster. A gateway has no workload.
    fn words(&self) -> Vec<&str> {
        let workload = self.metadata.pointer("/filter_metadata/istio/workload");
        let words = workload.and_then(Value::as_str).unwrap_or_default();
        words.split(';').collect()
    }

    fn cluster(&self) -> String {
        let words = self.words();
        words.get(4).copied().unwrap_or_default().to_owned()
    }

    fn is_gateway(&self) -> bool {
        self.port() == CROSS_NETWORK && self.words().first().is_none_or(|name| name.is_empty())
    }

    /// Envoy is not told which network a gateway leads to, but of which cluster it is.
    fn network(&self, networks: &Networks) -> String {
        let cluster = self.cluster();
        let mut all = networks.iter();
        let own = all.find(|(name, _)| name.as_str() == cluster);
        own.map_or(cluster.clone(), |(_, network)| network.to_string())
    }

    /// How many pods stand behind it: a gateway weighs as much as the pods it leads to.
    fn behind(&self, unit: u32) -> u32 {
        match self.is_gateway() {
            true => (self.load_balancing_weight / unit).max(1),
            false => 1,
        }
    }

    fn host(&self, priority: u32, networks: &Networks) -> KnownHost {
        KnownHost {
            address: self.address(),
            cluster: self.cluster(),
            healthy: matches!(self.health_status.as_str(), "" | "UNKNOWN" | "HEALTHY"),
            priority,
            gateway_of: self.is_gateway().then(|| self.network(networks)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn endpoint(address: &str, port: u16, workload: &str, weight: u32) -> Value {
        json!({
            "endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}},
            "health_status": "HEALTHY",
            "load_balancing_weight": weight,
            "metadata": {"filter_metadata": {"istio": {"workload": workload}}},
        })
    }

    fn dump(endpoints: Vec<Value>) -> String {
        let name = "outbound|5000||helloworld.sample.svc.cluster.local";
        let assignment = json!({"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]});
        json!({"configs": [{"endpoint_config": assignment}]}).to_string()
    }

    fn read(text: &str) -> KnownEndpoints {
        let network = ("cluster2".parse().unwrap(), "network2".parse().unwrap());
        let name = name_of("helloworld.sample", 5000, "sample");
        endpoints(text, &name, &BTreeMap::from([network])).unwrap()
    }

    #[test]
    fn a_gateway_counts_as_many_pods_as_it_weighs() {
        let pod = "helloworld-v1;sample;helloworld;v1;cluster1";
        let text = dump(vec![
            endpoint("10.10.0.7", 5000, pod, 1),
            endpoint("172.24.0.5", 15443, ";;;;cluster2", 3),
        ]);
        let KnownEndpoints::Told(told) = read(&text) else {
            panic!("told")
        };
        let behind = [("cluster1".to_owned(), 1), ("cluster2".to_owned(), 3)];
        assert_eq!(told.behind, behind.into());
        assert_eq!(told.hosts[1].address, "172.24.0.5:15443");
        assert_eq!(told.hosts[1].gateway_of.as_deref(), Some("network2"));
        assert_eq!(told.hosts[0].gateway_of, None);
    }

    #[test]
    fn weights_that_are_scaled_up_count_in_units_of_a_pod() {
        let pod = "helloworld-v1;sample;helloworld;v1;cluster1";
        let text = dump(vec![
            endpoint("10.10.0.7", 5000, pod, 2),
            endpoint("172.24.0.5", 15443, ";;;;cluster2", 6),
        ]);
        let KnownEndpoints::Told(told) = read(&text) else {
            panic!("told")
        };
        assert_eq!(told.behind["cluster2"], 3);
    }

    #[test]
    fn a_service_that_the_proxy_has_not_heard_of_is_none() {
        assert_eq!(read(r#"{"configs": []}"#), KnownEndpoints::NoService);
        assert!(matches!(read(&dump(vec![])), KnownEndpoints::Told(told) if told.hosts.is_empty()));
    }

    #[test]
    fn names_are_completed_as_a_resolver_does() {
        let whole = "outbound|80||a.b.svc.cluster.local";
        for host in ["a", "a.b", "a.b.svc", "a.b.svc.cluster.local"] {
            assert_eq!(name_of(host, 80, "b"), whole, "{host}");
        }
        assert_eq!(
            name_of("www.example.com.org", 80, "b"),
            "outbound|80||www.example.com.org"
        );
    }
}
