//! What can be broken underneath the mesh. Faults that are Kubernetes objects (scale, delete,
//! rotate) are not here: they are ordinary API calls on every engine.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{ClusterName, NetworkName, NodeName, VmName};

/// Which way a partition or delay acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Packets from the first end to the second.
    Forth,
    /// Both ways.
    Both,
}

/// One end of a fault between places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// Every node, pod and load-balancer address of a cluster.
    Cluster(ClusterName),
    /// Everything in a network.
    Network(NetworkName),
    /// The API server of a cluster.
    ApiServer(ClusterName),
    /// One machine.
    Vm(VmName),
}

/// A fault of the substrate; each stays until it is healed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubstrateFault {
    /// Packets between the ends vanish.
    Partition {
        /// The first end.
        from: End,
        /// The second end.
        to: End,
        /// Which way.
        direction: Direction,
    },
    /// Every node of a cluster stands still: nothing answers, connections stay open.
    PauseCluster(ClusterName),
    /// One node stands still.
    PauseNode(ClusterName, NodeName),
    /// The pods that have these labels now stand still: nothing answers, connections stay open. Pods
    /// that come later run.
    PausePods {
        /// The cluster.
        cluster: ClusterName,
        /// Their namespace.
        namespace: String,
        /// What every one of them is labelled with.
        labels: BTreeMap<String, String>,
    },
    /// The cluster's API server does not answer; its workloads go on.
    PauseApiServer(ClusterName),
    /// Every node of a cluster is gone: connections are refused or time out.
    StopCluster(ClusterName),
    /// Packets between the ends take longer.
    Latency {
        /// The first end.
        from: End,
        /// The second end.
        to: End,
        /// Added one-way delay.
        add: Duration,
    },
    /// Packets between the ends get lost.
    Loss {
        /// The first end.
        from: End,
        /// The second end.
        to: End,
        /// Parts per million.
        ppm: u32,
    },
    /// The clocks of a cluster's nodes are off by this many seconds; negative is behind.
    ClockSkew {
        /// The cluster.
        cluster: ClusterName,
        /// Seconds ahead.
        seconds: i64,
    },
}
