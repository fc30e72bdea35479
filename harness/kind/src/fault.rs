//! Breaking what is underneath, and mending it.

use std::collections::BTreeMap;

use world::{
    Capability, ClusterName, SubstrateFault,
    fault::{Direction, End},
};

use crate::{Result, docker::Docker, standing::Standing};

/// What has been broken, so that it can be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Frozen containers.
    Paused(Vec<String>),
    /// Killed containers.
    Stopped(Vec<String>),
    /// Rules in nodes: container and the words of the rule.
    Dropped(Vec<(String, Vec<String>)>),
}

/// Injects a fault.
pub(crate) async fn inject(
    docker: &Docker,
    fault: &SubstrateFault,
    standing: &BTreeMap<ClusterName, Standing>,
) -> engine::Result<Broken> {
    let nodes = |cluster: &ClusterName| {
        let found = standing.get(cluster);
        found
            .map(|cluster| cluster.nodes.clone())
            .ok_or_else(|| engine::Error::NoCluster(cluster.clone()))
    };
    match fault {
        SubstrateFault::PauseCluster(cluster) => Ok(pause(docker, nodes(cluster)?).await?),
        SubstrateFault::StopCluster(cluster) => Ok(stop(docker, nodes(cluster)?).await?),
        SubstrateFault::PauseApiServer(cluster) => {
            let first = nodes(cluster)?.swap_remove(0);
            Ok(drop_packets(docker, vec![(first, words(API_FROM_OUTSIDE))]).await?)
        }
        SubstrateFault::Partition {
            from: End::Cluster(from),
            to: End::Cluster(to),
            direction,
        } => {
            let ends = [named(standing, from)?, named(standing, to)?];
            Ok(drop_packets(docker, partition(ends, *direction)).await?)
        }
        SubstrateFault::Partition { .. } => Err(engine::Error::NotCapable(Capability::Partition)),
        SubstrateFault::PauseNode(..) => Err(engine::Error::NotCapable(Capability::Pause)),
        SubstrateFault::Latency { .. } => Err(engine::Error::NotCapable(Capability::Latency)),
        SubstrateFault::Loss { .. } => Err(engine::Error::NotCapable(Capability::Loss)),
        SubstrateFault::ClockSkew { .. } => Err(engine::Error::NotCapable(Capability::ClockSkew)),
    }
}

/// Requests to the API server from other machines; workloads of the cluster itself call its Service
/// address, which is translated later on the way, and go on.
const API_FROM_OUTSIDE: &str = "! -i lo -p tcp --dport 6443";

fn named<'a>(
    standing: &'a BTreeMap<ClusterName, Standing>,
    cluster: &ClusterName,
) -> engine::Result<&'a Standing> {
    standing
        .get(cluster)
        .ok_or_else(|| engine::Error::NoCluster(cluster.clone()))
}

fn words(rule: &str) -> Vec<String> {
    rule.split_whitespace().map(str::to_owned).collect()
}

/// Every node of the second end drops what comes from the first, and the other way round if asked.
fn partition([from, to]: [&Standing; 2], direction: Direction) -> Vec<(String, Vec<String>)> {
    let one_way = |from: &Standing, to: &Standing| {
        let sources: Vec<_> = from
            .sources
            .iter()
            .map(|range| words(&format!("-s {range}")))
            .collect();
        let nodes = to.nodes.clone().into_iter();
        nodes
            .flat_map(move |node| {
                sources
                    .clone()
                    .into_iter()
                    .map(move |rule| (node.clone(), rule))
            })
            .collect::<Vec<_>>()
    };
    let mut rules = one_way(from, to);
    if direction == Direction::Both {
        rules.extend(one_way(to, from));
    }
    rules
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

async fn drop_packets(docker: &Docker, rules: Vec<(String, Vec<String>)>) -> Result<Broken> {
    for (node, rule) in &rules {
        iptables(docker, node, "-I", rule).await?;
    }
    Ok(Broken::Dropped(rules))
}

/// Before any other table, so that no established connection is let through.
async fn iptables(docker: &Docker, node: &str, verb: &str, rule: &[String]) -> Result<()> {
    let mut command = vec!["iptables", "-w", "-t", "raw", verb, "PREROUTING"];
    command.extend(rule.iter().map(String::as_str));
    command.extend(["-j", "DROP"]);
    docker.must(node, &command, None).await.map(drop)
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
            Self::Dropped(rules) => {
                for (node, rule) in &rules {
                    iptables(docker, node, "-D", rule).await?;
                }
            }
        }
        Ok(())
    }
}
