//! Which addresses everything of a substrate gets: decided before anything starts, from the
//! substrate alone.

use std::{collections::BTreeMap, net::Ipv4Addr};

use ipnet::Ipv4Net;
use world::{Cluster, ClusterName, Locality, NetworkName, NodeName, Substrate};

/// The largest range of a node's pods. Source: kube-controller-manager's
/// `--node-cidr-mask-size-ipv4`.
const NODE_MASK: u8 = 24;

/// The addresses of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its network.
    pub network: NetworkName,
    /// Its nodes, in order.
    pub nodes: Vec<PlannedNode>,
    /// Where its API server is reached, from every network.
    pub api_server: Ipv4Addr,
    /// The range of Service addresses.
    pub services: Ipv4Net,
    /// The range of load-balancer addresses, the API server's among them.
    pub load_balancers: Ipv4Net,
}

/// The addresses of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedNode {
    /// Its name.
    pub name: NodeName,
    /// Where it stands.
    pub locality: Locality,
    /// Its own address, in its network.
    pub address: Ipv4Addr,
    /// The range of its pods.
    pub pods: Ipv4Net,
}

/// A range that is too small for what is to be in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{range} of {whose} is too small for {what}; give it a shorter prefix")]
pub struct TooSmall {
    range: Ipv4Net,
    whose: String,
    what: &'static str,
}

/// Plans every cluster of a substrate. Node addresses are given in the order of the clusters'
/// names, around the addresses of virtual machines.
///
/// # Errors
/// [`TooSmall`] naming the range.
pub fn plan(substrate: &Substrate) -> Result<BTreeMap<ClusterName, Plan>, TooSmall> {
    let mut free: BTreeMap<&NetworkName, _> = substrate
        .networks
        .iter()
        .map(|(name, network)| (name, free_addresses(substrate, name, network.nodes)))
        .collect();
    let mut plans = BTreeMap::new();
    for (name, cluster) in &substrate.clusters {
        let mut none = std::iter::empty();
        let addresses: &mut dyn Iterator<Item = Ipv4Addr> = match free.get_mut(&cluster.network) {
            Some(free) => free,
            None => &mut none,
        };
        let range = substrate
            .networks
            .get(&cluster.network)
            .map(|network| network.nodes);
        let range = range.unwrap_or_default();
        plans.insert(name.clone(), plan_cluster(name, cluster, range, addresses)?);
    }
    Ok(plans)
}

/// The addresses of a network that nothing has: the first one is a router's, as bridges have it.
fn free_addresses<'a>(
    substrate: &'a Substrate,
    name: &'a NetworkName,
    range: Ipv4Net,
) -> impl Iterator<Item = Ipv4Addr> + 'a {
    let taken = move |address: &Ipv4Addr| {
        let mut machines = substrate.vms.values().filter(move |vm| vm.network == *name);
        machines.any(|vm| vm.address == *address)
    };
    range.hosts().skip(1).filter(move |address| !taken(address))
}

fn plan_cluster(
    name: &ClusterName,
    cluster: &Cluster,
    network: Ipv4Net,
    addresses: &mut dyn Iterator<Item = Ipv4Addr>,
) -> Result<Plan, TooSmall> {
    let small = |range, what| TooSmall {
        range,
        whose: format!("cluster {name}"),
        what,
    };
    let mut ranges = node_ranges(cluster);
    let mut nodes = Vec::new();
    for node in &cluster.nodes {
        nodes.push(PlannedNode {
            name: node.name.clone(),
            locality: node.locality.clone(),
            address: addresses
                .next()
                .ok_or_else(|| small(network, "its nodes"))?,
            pods: ranges
                .next()
                .ok_or_else(|| small(cluster.pods, "a range for every node"))?,
        });
    }
    let api_server = cluster.load_balancers.hosts().last();
    Ok(Plan {
        network: cluster.network.clone(),
        nodes,
        api_server: api_server.ok_or_else(|| small(cluster.load_balancers, "an API server"))?,
        services: cluster.services,
        load_balancers: cluster.load_balancers,
    })
}

/// Equal ranges of pods, one per node: of the usual size, or smaller if the cluster's is small.
fn node_ranges(cluster: &Cluster) -> impl Iterator<Item = Ipv4Net> + use<> {
    let count = u32::try_from(cluster.nodes.len().max(1)).unwrap_or(u32::MAX);
    let bits = u8::try_from(count.next_power_of_two().trailing_zeros()).unwrap_or(u8::MAX);
    let mask = NODE_MASK
        .max(cluster.pods.prefix_len().saturating_add(bits))
        .min(32);
    cluster.pods.subnets(mask).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use world::{Network, Node, Vm, VmName};

    use super::*;

    fn substrate(nodes: usize, pods: &str) -> Substrate {
        let network = NetworkName::new("network1").unwrap();
        let node = |n: usize| Node {
            name: NodeName::new(format!("node{n}")).unwrap(),
            locality: Locality::default(),
        };
        let cluster = Cluster {
            network: network.clone(),
            nodes: (0..nodes).map(node).collect(),
            pods: pods.parse().unwrap(),
            services: "10.96.0.0/16".parse().unwrap(),
            load_balancers: "172.18.1.0/28".parse().unwrap(),
            kubernetes: None,
        };
        let vm = Vm {
            network: network.clone(),
            address: Ipv4Addr::new(172, 16, 0, 3),
            locality: Locality::default(),
        };
        Substrate {
            networks: [(
                network,
                Network {
                    nodes: "172.16.0.0/24".parse().unwrap(),
                },
            )]
            .into(),
            clusters: [(ClusterName::new("cluster1").unwrap(), cluster)].into(),
            vms: [(VmName::new("vm1").unwrap(), vm)].into(),
            links: Vec::new(),
        }
    }

    #[test]
    fn nodes_stand_around_the_machines_of_their_network() {
        let plans = plan(&substrate(2, "10.10.0.0/16")).unwrap();
        let nodes = &plans.values().next().unwrap().nodes;
        let told: Vec<_> = nodes
            .iter()
            .map(|n| (n.address.to_string(), n.pods.to_string()))
            .collect();
        let told: Vec<_> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            told,
            [
                ("172.16.0.2", "10.10.0.0/24"),
                ("172.16.0.4", "10.10.1.0/24")
            ]
        );
    }

    #[test]
    fn a_small_range_of_pods_is_shared_out_and_a_tiny_one_is_refused() {
        let plans = plan(&substrate(3, "10.10.0.0/24")).unwrap();
        let nodes = &plans.values().next().unwrap().nodes;
        assert_eq!(nodes[2].pods.to_string(), "10.10.0.128/26");
        let error = plan(&substrate(3, "10.10.0.0/32")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("10.10.0.0/32 of cluster cluster1 is too small")
        );
    }
}
