//! The files by which a machine joins, as `istioctl x workload entry configure` writes them.

use std::{collections::BTreeMap, net::Ipv4Addr};

use istio::network::split_horizon::ProxyKind;
use serde_json::Value;
use sim::program::{Files, MachineStart};

use super::environment::{DISCOVERY, Environment, certificate_life, refuse_unread};
use crate::xds::Node;

/// Where the files are. Source: istioctl/pkg/workload, tools/packaging/common/istio-start.sh.
const CLUSTER_ENV: &str = "/var/lib/istio/envoy/cluster.env";
const MESH: &str = "/etc/istio/config/mesh";
const HOSTS: &str = "/etc/hosts";
pub(super) const ROOT: &str = "/etc/certs/root-cert.pem";
pub(super) const TOKEN: &str = "/var/run/secrets/tokens/istio-token";

/// What a machine's files say of its proxy.
pub(super) fn read(start: &MachineStart) -> Result<Environment, String> {
    let variables = variables(&text(&start.files, CLUSTER_ENV)?);
    let mesh: Value = serde_yaml::from_str(&text(&start.files, MESH)?)
        .map_err(|error| format!("{MESH}: {error}"))?;
    let config = &mesh["defaultConfig"];
    let metadata = |name: &str| config["proxyMetadata"][name].as_str().unwrap_or_default();
    let variable = |name: &str| variables.get(name).map_or("", String::as_str);
    refuse_unread(|name| !metadata(name).is_empty() || variables.contains_key(name))?;
    let discovery = config["discoveryAddress"].as_str().unwrap_or(DISCOVERY);
    let ca = match variable("CA_ADDR") {
        "" => discovery,
        written => written,
    };
    let labels = match metadata("ISTIO_METAJSON_LABELS") {
        "" => BTreeMap::new(),
        text => {
            serde_json::from_str(text).map_err(|error| format!("ISTIO_METAJSON_LABELS: {error}"))?
        }
    };
    let group = metadata("ISTIO_META_AUTO_REGISTER_GROUP");
    Ok(Environment {
        node: Node {
            kind: ProxyKind::Sidecar,
            name: start.name.to_string(),
            namespace: variable("ISTIO_NAMESPACE").to_owned(),
            service_account: variable("SERVICE_ACCOUNT").to_owned(),
            cluster: metadata("ISTIO_META_CLUSTER_ID").into(),
            network: metadata("ISTIO_META_NETWORK").into(),
            address: start.host.address().to_string(),
            labels,
            annotations: BTreeMap::new(),
            network_view: Vec::new(),
            node: String::new(),
            locality: Some(start.locality.to_string()),
            register_group: (!group.is_empty()).then(|| group.to_owned()),
        },
        discovery: discovery.to_owned(),
        ca: ca.to_owned(),
        captures_dns: metadata("ISTIO_META_DNS_CAPTURE") == "true",
        certificate_life: certificate_life(metadata("SECRET_TTL"))?,
    })
}

/// Ports whose connections from outside are left alone.
pub(super) fn excluded_ports(start: &MachineStart) -> Result<Vec<u16>, String> {
    let variables = variables(&text(&start.files, CLUSTER_ENV)?);
    let written = variables.get("ISTIO_LOCAL_EXCLUDE_PORTS");
    let ports = written.iter().flat_map(|text| text.split(','));
    let ports = ports.filter(|text| !text.is_empty()).map(|text| {
        let wrong = || format!("ISTIO_LOCAL_EXCLUDE_PORTS '{text}' is no port");
        text.trim().parse().map_err(|_| wrong())
    });
    ports.collect()
}

/// The address that the file of hosts gives a name.
pub(super) fn host(files: &Files, name: &str) -> Option<Ipv4Addr> {
    let text = text(files, HOSTS).ok()?;
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word == name).then_some(address)
    })
}

fn text(files: &Files, path: &str) -> Result<String, String> {
    let file = files
        .get(path)
        .ok_or_else(|| format!("{path} is not there"))?;
    Ok(String::from_utf8_lossy(file).into_owned())
}

/// Lines `NAME='value'`, as a shell reads them.
fn variables(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    pairs
        .map(|(name, value)| {
            let value = value.trim_matches(['\'', '"']);
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_belong_to_the_shell() {
        let read = variables("ISTIO_NAMESPACE='vm'\nISTIO_SERVICE_CIDR=*\n\n");
        assert_eq!(read["ISTIO_NAMESPACE"], "vm");
        assert_eq!(read["ISTIO_SERVICE_CIDR"], "*");
    }

    #[test]
    fn a_name_is_found_behind_its_address() {
        let file = b"127.0.0.1 localhost\n172.18.0.9 istiod.istio-system.svc other\n";
        let files = Files::from([(HOSTS.to_owned(), file.to_vec())]);
        let found = host(&files, "istiod.istio-system.svc");
        assert_eq!(found, Some(Ipv4Addr::new(172, 18, 0, 9)));
        assert_eq!(host(&files, "istiod"), None);
    }
}
