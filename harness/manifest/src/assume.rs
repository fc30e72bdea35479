//! Facts that a plan assumes, so that it can show objects before anything lives.

use std::{collections::BTreeMap, net::Ipv4Addr};

use jiff::Timestamp;
use pki::{Authority, PkiError, Seed, Subject, Validity};
use scenario::topology::Topology;
use world::{Cluster, ClusterName};

use crate::{ApiServer, At, Facts, ManifestError, Need, gateway, stages, vm_needs};

/// Every fact of a topology, as a plan imagines it: load-balancer addresses in the order of their
/// range (the first one is the API server's), tokens by name.
///
/// # Errors
/// If certificates cannot be made.
pub fn assumed(topology: &Topology, seed: Seed, now: Timestamp) -> Result<Facts, ManifestError> {
    let mut facts = Facts::new(seed, now);
    for (name, cluster) in &topology.substrate().clusters {
        let api_server = api_server(name, cluster, &facts);
        let api_server = api_server.map_err(|source| ManifestError::Certificates {
            cluster: name.clone(),
            source,
        })?;
        facts.learn_api_server(name.clone(), api_server);
    }
    let addresses = addresses(topology);
    let of_stages = stages(topology).into_iter().flat_map(|stage| stage.needs());
    let of_vms = topology.vms().keys().flat_map(|vm| vm_needs(topology, vm));
    for need in of_stages.chain(of_vms) {
        let text = imagined(&need, &addresses);
        facts.learn(need, text);
    }
    Ok(facts)
}

fn api_server(name: &ClusterName, cluster: &Cluster, facts: &Facts) -> Result<ApiServer, PkiError> {
    let seed = facts.seed().of(&format!("kubernetes/{name}"));
    let validity = Validity::of_authority(facts.now());
    let ca = Authority::root(&seed, &Subject::kubernetes(), validity)?;
    Ok(ApiServer {
        url: format!("https://{}:6443", load_balancer(cluster, 0)),
        ca: ca.roots().to_pem(),
    })
}

/// The addresses of gateways, in the order of their names within each cluster.
fn addresses(topology: &Topology) -> BTreeMap<At, Ipv4Addr> {
    let mut next: BTreeMap<&ClusterName, usize> = BTreeMap::new();
    let mut addresses = BTreeMap::new();
    for of in topology.gateways() {
        let Some(cluster) = topology.substrate().clusters.get(&of.cluster) else {
            continue;
        };
        let index = next.entry(&of.cluster).or_default();
        *index += 1;
        let namespace = gateway::namespace(topology, of);
        let at = At::new(&of.cluster, namespace, of.name.as_str());
        addresses.insert(at, load_balancer(cluster, *index));
    }
    addresses
}

/// The address at `index` of a cluster's load-balancer range.
fn load_balancer(cluster: &Cluster, index: usize) -> Ipv4Addr {
    let range = cluster.load_balancers;
    range.hosts().nth(index).unwrap_or_else(|| range.addr())
}

fn imagined(need: &Need, addresses: &BTreeMap<At, Ipv4Addr>) -> String {
    match need {
        Need::Address(at) => addresses
            .get(at)
            .map_or_else(|| format!("address of {at}"), Ipv4Addr::to_string),
        Need::ApiServer(_) | Need::Token(_) | Need::RootCertificate(_) | Need::VmToken(_) => {
            need.to_string()
        }
    }
}
