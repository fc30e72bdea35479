//! Hosts and the names of clusters.

use istio::routing::{ClusterKey, cluster_name, host, short_name::full_host};
use serde::Deserialize;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostMatch {
    rule_hosts: Vec<String>,
    needle: String,
}

pub(crate) fn host_match(case: &mut Case<'_>) -> Result<(), String> {
    let input: HostMatch = case.input()?;
    let hosts = input.rule_hosts.iter().map(String::as_str);
    case.came_out("best", host::most_specific(hosts, &input.needle).value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShortName {
    name: String,
    config_namespace: String,
    domain: String,
}

pub(crate) fn short_name(case: &mut Case<'_>) -> Result<(), String> {
    let input: ShortName = case.input()?;
    let full = full_host(&input.name, &input.config_namespace, &input.domain);
    case.came_out("fqdn", full.value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubsetKey {
    hostname: String,
    subset: String,
    port: u16,
}

pub(crate) fn subset_key_build(case: &mut Case<'_>) -> Result<(), String> {
    let input: SubsetKey = case.input()?;
    let key = ClusterKey::outbound(input.port, &input.subset, input.hostname.as_str());
    case.came_out("cluster_name", key.cluster_name().value);
    case.came_out("sni", key.sni().value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
}

pub(crate) fn subset_key_parse(case: &mut Case<'_>) -> Result<(), String> {
    let Key { key } = case.input()?;
    let parts = cluster_name::parse(&key).value;
    case.came_out("direction", parts.direction);
    case.came_out("port", parts.port);
    case.came_out("subset", parts.subset);
    // Istio has a parser for the host alone, which reads malformed names differently.
    let host = match case.expects("direction") {
        true => parts.host,
        false => cluster_name::host_of(&key).value,
    };
    case.came_out("host", host);
    Ok(())
}

pub(crate) fn subset_key_valid(case: &mut Case<'_>) -> Result<(), String> {
    let Key { key } = case.input()?;
    case.came_out("valid", cluster_name::is_cluster_name(&key).value);
    Ok(())
}
