//! Breaking what is underneath, and mending it.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use ipnet::Ipv4Net;
use world::{
    Capability, ClusterName, SubstrateFault,
    fault::{Direction, End},
};

use crate::{
    Result,
    docker::Docker,
    machine::{self, Machines},
    standing::Standing,
};

/// What has been broken, so that it can be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Frozen containers.
    Paused(Vec<String>),
    /// Killed containers.
    Stopped(Vec<String>),
    /// Rules in nodes.
    Dropped(Rules),
}

/// Rules in nodes: container and the words of the rule.
type Rules = Vec<(String, Vec<String>)>;

/// Where something can be broken.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) clusters: &'a BTreeMap<ClusterName, Standing>,
    pub(crate) machines: &'a Machines,
}

/// Injects a fault.
pub(crate) async fn inject(
    docker: &Docker,
    fault: &SubstrateFault,
    site: Site<'_>,
) -> engine::Result<Broken> {
    match fault {
        SubstrateFault::PauseCluster(cluster) => {
            let nodes = named(site, cluster)?.nodes.clone();
            Ok(pause(docker, nodes).await?)
        }
        SubstrateFault::PauseNode(cluster, node) => {
            let found = named(site, cluster)?.node(node);
            let id = found.ok_or_else(|| engine::Error::Substrate {
                why: format!("cluster {cluster} has no node called {node}"),
            })?;
            Ok(pause(docker, vec![id.to_owned()]).await?)
        }
        SubstrateFault::StopCluster(cluster) => {
            let nodes = named(site, cluster)?.nodes.clone();
            Ok(stop(docker, nodes).await?)
        }
        SubstrateFault::PauseApiServer(cluster) => {
            let first = named(site, cluster)?.nodes[0].clone();
            Ok(drop_packets(docker, vec![(first, words(API_FROM_OUTSIDE))]).await?)
        }
        SubstrateFault::Partition {
            from,
            to,
            direction,
        } => {
            let ends = [ends(site, from)?, ends(site, to)?];
            Ok(drop_packets(docker, partition(ends, *direction)).await?)
        }
        SubstrateFault::PausePods { .. } => Err(engine::Error::NotCapable(Capability::PausePods)),
        SubstrateFault::Latency { .. } => Err(engine::Error::NotCapable(Capability::Latency)),
        SubstrateFault::Loss { .. } => Err(engine::Error::NotCapable(Capability::Loss)),
        SubstrateFault::ClockSkew { .. } => Err(engine::Error::NotCapable(Capability::ClockSkew)),
    }
}

/// Requests to the API server from other machines; workloads of the cluster itself call its Service
/// address, which is translated later on the way, and go on.
const API_FROM_OUTSIDE: &str = "! -i lo -p tcp --dport 6443";

fn named<'a>(site: Site<'a>, cluster: &ClusterName) -> engine::Result<&'a Standing> {
    site.clusters
        .get(cluster)
        .ok_or_else(|| engine::Error::NoCluster(cluster.clone()))
}

fn words(rule: &str) -> Vec<String> {
    rule.split_whitespace().map(str::to_owned).collect()
}

/// One end of a partition: who drops packets to it, and what packets from it look like.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    nodes: Vec<String>,
    sources: Vec<Ipv4Net>,
    /// The pods of its own that its nodes must not lose, where ranges overlap.
    own: Option<Ipv4Net>,
    /// Only this TCP port of it.
    port: Option<u16>,
}

impl Place {
    fn of(cluster: &Standing) -> Self {
        Self {
            nodes: cluster.nodes.clone(),
            sources: cluster.sources.clone(),
            own: Some(cluster.pods),
            port: None,
        }
    }

    /// A machine drops nothing itself: whoever is at the other end does.
    fn machine(machine: &machine::Standing) -> Self {
        Self {
            nodes: Vec::new(),
            sources: vec![machine.address.into(), machine.wan.into()],
            own: None,
            port: None,
        }
    }

    fn api_server(cluster: &Standing) -> Self {
        Self {
            nodes: vec![cluster.nodes[0].clone()],
            port: Some(6443),
            ..Self::of(cluster)
        }
    }
}

/// What an end consists of.
fn ends(site: Site<'_>, end: &End) -> engine::Result<Vec<Place>> {
    match end {
        End::Cluster(cluster) => Ok(vec![Place::of(named(site, cluster)?)]),
        End::ApiServer(cluster) => Ok(vec![Place::api_server(named(site, cluster)?)]),
        End::Network(network) => {
            let members = site.clusters.values().filter(|one| one.network == *network);
            Ok(members.map(Place::of).collect())
        }
        End::Vm(vm) => Ok(vec![Place::machine(site.machines.get(vm)?)]),
    }
}

/// Every node of the second end drops what comes from the first, and the other way round if asked.
fn partition([from, to]: [Vec<Place>; 2], direction: Direction) -> Rules {
    let mut rules = one_way(&from, &to);
    if direction == Direction::Both {
        rules.extend(one_way(&to, &from));
    }
    rules
}

fn one_way(from: &[Place], to: &[Place]) -> Rules {
    let pairs = from
        .iter()
        .flat_map(|from| to.iter().map(move |to| (from, to)));
    pairs.flat_map(|(from, to)| between(from, to)).collect()
}

/// The rules of the nodes of `to`. A range that is its own as well is left out: such packets come
/// from elsewhere with a node's address, or not at all.
fn between(from: &Place, to: &Place) -> Rules {
    let port = match (to.port, from.port) {
        (Some(port), _) => format!(" -p tcp --dport {port}"),
        (None, Some(port)) => format!(" -p tcp --sport {port}"),
        (None, None) => String::new(),
    };
    if to.nodes.is_empty() {
        return towards(from, to);
    }
    let foreign = from.sources.iter().filter(|range| Some(**range) != to.own);
    let rules: Vec<_> = foreign
        .map(|range| words(&format!("-s {range}{port}")))
        .collect();
    let rule = |node: &String| {
        let rules = rules.iter().cloned();
        rules.map(|rule| (node.clone(), rule)).collect::<Vec<_>>()
    };
    to.nodes.iter().flat_map(rule).collect()
}

/// The rules of the nodes of `from`, where `to` has none: what pods send there does not leave.
fn towards(from: &Place, to: &Place) -> Rules {
    let pairs = from
        .nodes
        .iter()
        .flat_map(|node| to.sources.iter().map(move |address| (node, address)));
    pairs
        .map(|(node, address)| (node.clone(), words(&format!("-d {address}"))))
        .collect()
}

async fn pause(docker: &Docker, nodes: Vec<String>) -> Result<Broken> {
    for node in &nodes {
        docker.pause(node).await?;
    }
    Ok(Broken::Paused(nodes))
}

async fn stop(docker: &Docker, nodes: Vec<String>) -> Result<Broken> {
    for node in &nodes {
        docker.kill(node).await?;
    }
    Ok(Broken::Stopped(nodes))
}

async fn drop_packets(docker: &Docker, rules: Rules) -> Result<Broken> {
    iptables(docker, "-I", &rules).await?;
    Ok(Broken::Dropped(rules))
}

/// Every node at once, because a partition does not come rule by rule.
async fn iptables(docker: &Docker, verb: &str, rules: &Rules) -> Result<()> {
    let nodes: BTreeSet<&String> = rules.iter().map(|(node, _)| node).collect();
    let scripts = nodes.into_iter().map(|node| {
        let own = rules.iter().filter(|(of, _)| of == node);
        let script: String = own.map(|(_, rule)| command(verb, rule)).collect();
        let node = node.clone();
        async move { docker.script(&node, &script).await }
    });
    let scripts: Vec<_> = scripts.collect();
    try_join_all(scripts).await.map(drop)
}

/// Before any other table, so that no established connection is let through.
fn command(verb: &str, rule: &[String]) -> String {
    let words = rule.join(" ");
    format!("iptables -w -t raw {verb} PREROUTING {words} -j DROP\n")
}

impl Broken {
    /// Mends it.
    pub(crate) async fn heal(self, docker: &Docker) -> Result<()> {
        match self {
            Self::Paused(nodes) => {
                for node in &nodes {
                    docker.unpause(node).await?;
                }
            }
            Self::Stopped(nodes) => {
                for node in &nodes {
                    docker.start(node).await?;
                }
            }
            Self::Dropped(rules) => iptables(docker, "-D", &rules).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(node: &str, address: &str, pods: &str) -> Place {
        let pods: Ipv4Net = pods.parse().unwrap();
        Place {
            nodes: vec![node.to_owned()],
            sources: vec![address.parse().unwrap(), pods],
            own: Some(pods),
            port: None,
        }
    }

    fn rules(from: Place, to: Place, direction: Direction) -> Vec<String> {
        let rules = partition([vec![from], vec![to]], direction);
        rules
            .into_iter()
            .map(|(node, rule)| format!("{node}: {}", rule.join(" ")))
            .collect()
    }

    #[test]
    fn one_way_drops_at_the_second_end_only() {
        let a = place("a", "172.24.0.2/32", "10.10.0.0/16");
        let b = place("b", "172.24.0.3/32", "10.20.0.0/16");
        assert_eq!(
            rules(a.clone(), b.clone(), Direction::Forth),
            ["b: -s 172.24.0.2/32", "b: -s 10.10.0.0/16"]
        );
        assert_eq!(rules(a, b, Direction::Both).len(), 4);
    }

    #[test]
    fn where_ranges_overlap_a_node_keeps_its_own_pods() {
        let a = place("a", "172.24.0.2/32", "10.10.0.0/16");
        let b = place("b", "172.24.0.3/32", "10.10.0.0/16");
        assert_eq!(rules(a, b, Direction::Forth), ["b: -s 172.24.0.2/32"]);
    }

    #[test]
    fn a_machine_is_cut_off_by_the_nodes_at_the_other_end() {
        let cluster = place("a", "172.24.0.2/32", "10.10.0.0/16");
        let machine = Place {
            nodes: Vec::new(),
            sources: vec!["172.24.2.0/32".parse().unwrap()],
            own: None,
            port: None,
        };
        assert_eq!(
            rules(cluster, machine, Direction::Both),
            ["a: -d 172.24.2.0/32", "a: -s 172.24.2.0/32"]
        );
    }

    #[test]
    fn an_api_server_is_cut_off_by_its_port_both_ways() {
        let a = place("a", "172.24.0.2/32", "10.10.0.0/16");
        let api = Place {
            port: Some(6443),
            sources: vec!["172.24.0.3/32".parse().unwrap()],
            ..place("b", "172.24.0.3/32", "10.20.0.0/16")
        };
        let both = rules(a, api, Direction::Both);
        assert!(both.contains(&"b: -s 172.24.0.2/32 -p tcp --dport 6443".to_owned()));
        assert!(both.contains(&"a: -s 172.24.0.3/32 -p tcp --sport 6443".to_owned()));
    }
}
