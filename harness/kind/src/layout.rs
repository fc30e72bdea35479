//! Which node stands where: addresses of nodes on this host's bridges.

use std::{collections::BTreeMap, net::Ipv4Addr};

use ipnet::Ipv4Net;
use world::{ClusterName, NetworkName, Substrate};

use crate::{docker::Attachment, node::spec::NodePlan};

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
}

impl Bridges {
    /// The nodes of every cluster. Addresses follow the order of names, so the same topology gets
    /// the same ones.
    pub(crate) fn nodes(
        &self,
        substrate: &Substrate,
        prefix: &str,
    ) -> BTreeMap<ClusterName, Vec<NodePlan>> {
        let mut next = 2;
        let mut plan = |cluster: &ClusterName, index| {
            let home = &self.networks[&substrate.clusters[cluster].network];
            let offset = next;
            next += 1;
            NodePlan {
                cluster: format!("{prefix}{cluster}"),
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
}
