//! Bridges of this host, and which node and load balancer stands where on them.
//!
//! Of every bridge's range the first quarter is for nodes, the second for whatever Docker attaches
//! by itself; of the shared bridge's, the upper half is for load balancers, a slice per cluster.

use std::{collections::BTreeMap, net::Ipv4Addr};

use ipnet::Ipv4Net;
use world::{ClusterName, NetworkName, Substrate};

use crate::{
    Error, Result,
    docker::{Attachment, Docker, NetworkSpec},
    label::{NETWORK, Owner, RUN},
    lock::Lock,
    node::spec::{self, NodePlan},
    range,
};

/// The nodes of every cluster, as they are to be made.
pub(crate) type Layout = BTreeMap<ClusterName, Vec<NodePlan>>;

/// The bridge that every cluster's API server and load balancers are on, as labels call it.
const WAN: &str = "wan";

/// The prefix of the slice of load-balancer addresses that a cluster has: 64 of them.
const SLICE: u8 = 26;

/// The first address of machines, counted from the start of the range; nodes are below.
const MACHINES: u32 = 512;
/// That of the client outside every cluster, on the shared bridge.
const OUTSIDE: u32 = 511;

/// A bridge of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bridge {
    /// The daemon's id of the network.
    pub(crate) id: String,
    /// Its range; the first address is the bridge itself.
    pub(crate) range: Ipv4Net,
}

/// The bridges of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bridges {
    /// One per declared network.
    pub(crate) networks: BTreeMap<NetworkName, Bridge>,
    /// The one that every cluster's API server and load balancers are on.
    pub(crate) wan: Bridge,
}

/// Makes sure that nothing carries the run's name yet.
pub(crate) async fn unclaimed(docker: &Docker, owner: &Owner) -> Result<()> {
    let ours = [format!("{RUN}={}", owner.run)];
    let networks = docker.networks(&ours).await?;
    let containers = docker.containers(&ours).await?;
    if networks.is_empty() && containers.is_empty() {
        return Ok(());
    }
    Err(Error::RunExists {
        run: owner.run.clone(),
    })
}

/// One bridge per network and the shared one, on ranges nobody uses. Processes of this host take
/// turns; another client of the same daemon may still take a range in between, which the daemon
/// then refuses, and the next one is tried.
pub(crate) async fn create(
    docker: &Docker,
    substrate: &Substrate,
    owner: &Owner,
) -> Result<Bridges> {
    let _turn = Lock::hold("ranges").await?;
    let declared = substrate.networks.keys().map(ToString::to_string);
    let names: Vec<String> = std::iter::once(WAN.to_owned()).chain(declared).collect();
    let mut used = docker.used_ranges().await?;
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    used.extend(range::routed(&routes));
    let mut bridges = Vec::new();
    for name in &names {
        bridges.push(one(docker, name, owner, &mut used).await?);
    }
    let wan = bridges.remove(0);
    Ok(Bridges {
        networks: substrate.networks.keys().cloned().zip(bridges).collect(),
        wan,
    })
}

/// A bridge on the first range that the daemon does not refuse.
async fn one(
    docker: &Docker,
    name: &str,
    owner: &Owner,
    used: &mut Vec<Ipv4Net>,
) -> Result<Bridge> {
    loop {
        let range = range::free(name, used)?;
        used.push(range);
        match docker.create_network(&network(name, range, owner)).await {
            Ok(id) => return Ok(Bridge { id, range }),
            Err(Error::RangeTaken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

fn network(name: &str, range: Ipv4Net, owner: &Owner) -> NetworkSpec {
    let mut labels = owner.labels();
    labels.insert(NETWORK.to_owned(), name.to_owned());
    NetworkSpec {
        name: format!("{}-{name}", owner.run),
        range,
        dynamic: dynamic(range),
        labels,
    }
}

/// The bridges of a run that stands already; `None` if one is missing.
pub(crate) async fn find(
    docker: &Docker,
    substrate: &Substrate,
    run: &str,
) -> Result<Option<Bridges>> {
    let found = docker.networks(&[format!("{RUN}={run}")]).await?;
    let bridge = |name: &str| {
        let network = found
            .iter()
            .find(|one| one.labels.get(NETWORK).is_some_and(|label| label == name))?;
        Some(Bridge {
            id: network.id.clone(),
            range: network.range?,
        })
    };
    let networks = substrate.networks.keys();
    let networks: Option<BTreeMap<_, _>> = networks
        .map(|name| Some((name.clone(), bridge(name.as_str())?)))
        .collect();
    Ok(networks
        .zip(bridge(WAN))
        .map(|(networks, wan)| Bridges { networks, wan }))
}

/// Where Docker takes addresses from that nobody asked for.
fn dynamic(range: Ipv4Net) -> Option<Ipv4Net> {
    range.subnets(range.prefix_len() + 2).ok()?.nth(1)
}

impl Bridge {
    /// The bridge's own address.
    pub(crate) fn gateway(&self) -> Ipv4Addr {
        self.at(1)
    }

    fn at(&self, offset: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.range.network()) + offset)
    }

    fn attachment(&self, offset: u32) -> Attachment {
        Attachment {
            network: self.id.clone(),
            address: self.at(offset),
        }
    }

    /// Where the machine at this place stands: behind the nodes, in the same quarter.
    pub(crate) fn machine(&self, place: usize) -> Attachment {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.attachment(MACHINES.saturating_add(place))
    }

    /// Where a client outside every cluster stands.
    pub(crate) fn outside(&self) -> Attachment {
        self.attachment(OUTSIDE)
    }

    /// The load-balancer addresses of the cluster at this place; `None` beyond the last slice.
    fn slice(&self, place: usize) -> Option<Ipv4Net> {
        let upper = self
            .range
            .subnets(self.range.prefix_len() + 1)
            .ok()?
            .nth(1)?;
        upper.subnets(SLICE).ok()?.nth(place)
    }
}

impl Bridges {
    /// The nodes of every cluster. Addresses follow the order of names, so the same topology gets
    /// the same ones.
    pub(crate) fn nodes(&self, substrate: &Substrate, run: &str) -> Layout {
        let mut next = 2;
        let mut plan = |cluster: &ClusterName, index| {
            let home = &self.networks[&substrate.clusters[cluster].network];
            let offset = next;
            next += 1;
            NodePlan {
                declared: cluster.clone(),
                cluster: spec::cluster(run, cluster),
                index,
                home: home.attachment(offset),
                wan: self.wan.attachment(offset),
            }
        };
        let clusters = substrate.clusters.iter();
        clusters
            .map(|(name, cluster)| {
                let nodes = (0..cluster.nodes.len())
                    .map(|index| plan(name, index))
                    .collect();
                (name.clone(), nodes)
            })
            .collect()
    }

    /// The load-balancer addresses of every cluster.
    pub(crate) fn balancers(
        &self,
        substrate: &Substrate,
    ) -> Result<BTreeMap<ClusterName, Ipv4Net>> {
        let slice = |(place, name): (usize, &ClusterName)| {
            let slice = self.wan.slice(place).ok_or_else(|| Error::NoRange {
                what: format!("the load balancers of {name}"),
                pool: self.wan.range,
            })?;
            Ok((name.clone(), slice))
        };
        substrate.clusters.keys().enumerate().map(slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_strangers_and_load_balancers_never_share_an_address() {
        let range: Ipv4Net = "172.24.0.0/20".parse().unwrap();
        let bridge = Bridge {
            id: "wan".to_owned(),
            range,
        };
        assert_eq!(dynamic(range), Some("172.24.4.0/22".parse().unwrap()));
        assert_eq!(bridge.slice(0), Some("172.24.8.0/26".parse().unwrap()));
        assert_eq!(bridge.slice(31), Some("172.24.15.192/26".parse().unwrap()));
        assert_eq!(bridge.slice(32), None);
        assert_eq!(bridge.gateway(), Ipv4Addr::new(172, 24, 0, 1));
        assert_eq!(bridge.outside().address, Ipv4Addr::new(172, 24, 1, 255));
        assert_eq!(bridge.machine(0).address, Ipv4Addr::new(172, 24, 2, 0));
    }
}
