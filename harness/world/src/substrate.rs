//! What stands there before any mesh: networks, clusters, nodes, links and virtual machines.
//!
//! An engine brings a [`Substrate`] up; nothing in it says what a mesh on it should do.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::{ClusterName, Locality, NetworkName, NodeName, Version, VmName};

/// Everything an engine brings up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substrate {
    /// The networks; workloads in one reach each other by address.
    pub networks: BTreeMap<NetworkName, Network>,
    /// The clusters.
    pub clusters: BTreeMap<ClusterName, Cluster>,
    /// The machines outside every cluster.
    pub vms: BTreeMap<VmName, Vm>,
    /// How networks are joined; a pair that is absent has the engine's ordinary link.
    pub links: Vec<Link>,
}

/// A network: a range of node addresses in which everything reaches everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The range of node and VM addresses.
    pub nodes: Ipv4Net,
}

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// The network its nodes and pods are in.
    pub network: NetworkName,
    /// Its nodes; never empty. The first one runs the Kubernetes control plane.
    pub nodes: Vec<Node>,
    /// The range of pod addresses.
    pub pods: Ipv4Net,
    /// The range of Service addresses.
    pub services: Ipv4Net,
    /// The range of load-balancer addresses, reachable from every network.
    pub load_balancers: Ipv4Net,
    /// The Kubernetes version asked for; `None` leaves it to the engine.
    pub kubernetes: Option<Version>,
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name, unique in the cluster.
    pub name: NodeName,
    /// Where it stands; written into its labels.
    pub locality: Locality,
}

/// A virtual machine outside every cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vm {
    /// The network it is attached to.
    pub network: NetworkName,
    /// Its address in that network.
    pub address: Ipv4Addr,
    /// Where it stands.
    pub locality: Locality,
}

/// What a packet meets between two networks (or within one, if both names are equal).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The two ends, in the order of their names.
    pub between: (NetworkName, NetworkName),
    /// One-way delay.
    pub latency: Duration,
    /// Share of packets lost, in parts per million.
    pub loss_ppm: u32,
    /// Bits per second; `None` is unlimited.
    pub bandwidth: Option<u64>,
}
