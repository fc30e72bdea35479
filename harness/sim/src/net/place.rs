//! Where an end of a connection stands: what faults and links are matched against.

use std::fmt;

use world::{ClusterName, NetworkName, NodeName, VmName, fault::End};

/// Where something with an address stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a cluster.
    Cluster {
        /// The cluster.
        cluster: ClusterName,
        /// The network its nodes are in.
        network: NetworkName,
        /// Which part of it.
        part: Part,
    },
    /// On a machine outside every cluster.
    Vm {
        /// The machine.
        vm: VmName,
        /// The network it is in.
        network: NetworkName,
    },
    /// Outside every network: reaches what is reachable from everywhere.
    Outside,
}

/// Which part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A node and the pods on it.
    Node(NodeName),
    /// The API server and the controllers.
    ControlPlane,
    /// A load balancer in front of the nodes.
    LoadBalancer,
}

/// Where an address means something. Equal addresses may exist in different scopes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Within a network.
    Network(NetworkName),
    /// Everywhere: load balancers, API servers.
    Everywhere,
}

impl Place {
    /// The cluster, if it is in one.
    pub fn cluster(&self) -> Option<&ClusterName> {
        match self {
            Self::Cluster { cluster, .. } => Some(cluster),
            Self::Vm { .. } | Self::Outside => None,
        }
    }

    /// The network, if it is in one.
    pub fn network(&self) -> Option<&NetworkName> {
        match self {
            Self::Cluster { network, .. } | Self::Vm { network, .. } => Some(network),
            Self::Outside => None,
        }
    }

    /// Whether a fault's end covers this place.
    pub fn is_in(&self, end: &End) -> bool {
        match (end, self) {
            (End::Cluster(name), Self::Cluster { cluster, .. }) => cluster == name,
            (End::ApiServer(name), Self::Cluster { cluster, part, .. }) => {
                cluster == name && *part == Part::ControlPlane
            }
            (End::Vm(name), Self::Vm { vm, .. }) => vm == name,
            (End::Network(name), _) => self.network() == Some(name),
            (End::Cluster(_) | End::ApiServer(_) | End::Vm(_), _) => false,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster { cluster, part, .. } => match part {
                Part::Node(node) => write!(f, "{cluster}/{node}"),
                Part::ControlPlane => write!(f, "{cluster}/control-plane"),
                Part::LoadBalancer => write!(f, "{cluster}/load-balancer"),
            },
            Self::Vm { vm, .. } => write!(f, "vm:{vm}"),
            Self::Outside => f.write_str("outside"),
        }
    }
}
