//! What the clusters of a topology need. The figures are measured (docs/kind.md), with room to spare.

use world::Substrate;

const MIB: u64 = 1 << 20;
/// A node that runs a control plane, with istiod, gateways and a few sidecars: 750 MiB were seen.
const CONTROL_PLANE: u64 = 900 * MIB;
/// A node that runs workloads only.
const WORKER: u64 = 300 * MIB;
/// The volume of a node that unpacks its images itself was seen with 1.1 GiB; one that shares them
/// needs a quarter of that.
const DISK: u64 = 1536 * MIB;
/// inotify instances of a node: 16 at rest; a busy one was seen with 129.
const WATCHERS: u64 = 130;
/// Files that the processes of a node hold open.
const FILES: u64 = 4096;

/// What clusters need of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) nodes: u64,
    /// Bytes.
    pub(super) memory: u64,
    /// Bytes below Docker's root directory.
    pub(super) disk: u64,
    /// inotify instances.
    pub(super) watchers: u64,
    /// Open files of one process.
    pub(super) files: u64,
    /// Bridges, each with a range of its own.
    pub(super) bridges: usize,
}

impl Need {
    /// What a substrate needs.
    pub(super) fn of(substrate: &Substrate) -> Self {
        let counts = substrate
            .clusters
            .values()
            .map(|cluster| cluster.nodes.len() as u64);
        let (clusters, nodes) = (substrate.clusters.len() as u64, counts.sum::<u64>());
        Self::counted(clusters, nodes, substrate.networks.len())
    }

    /// What one cluster of one node needs.
    pub(super) fn smallest() -> Self {
        Self::counted(1, 1, 1)
    }

    fn counted(clusters: u64, nodes: u64, networks: usize) -> Self {
        Self {
            nodes,
            memory: clusters * CONTROL_PLANE + (nodes - clusters) * WORKER,
            disk: nodes * DISK,
            watchers: nodes * WATCHERS,
            files: FILES,
            bridges: networks + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_need_less_than_control_planes_and_every_network_a_bridge_beside_the_shared_one() {
        let (small, wide) = (Need::smallest(), Need::counted(2, 5, 2));
        assert_eq!(wide.memory, 2 * CONTROL_PLANE + 3 * WORKER);
        assert_eq!((small.bridges, wide.bridges), (2, 3));
        assert_eq!(wide.disk, 5 * small.disk);
    }
}
