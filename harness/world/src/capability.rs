//! What an engine can do. A scenario's needs are compared with this before anything starts; what
//! is missing is the reason of a skip, never a failure.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// One thing that engines differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Capability {
    /// Clusters of its own that may be broken and thrown away.
    OwnClusters,
    /// An Istio mesh on its clusters.
    Istio,
    /// Virtual machines outside the clusters.
    Vms,
    /// A client outside every cluster.
    OutsideClient,
    /// Two networks with equal address ranges.
    OverlappingRanges,
    /// Partitions between clusters and networks.
    Partition,
    /// Standing still: clusters, nodes, API servers.
    Pause,
    /// Single pods that stand still.
    PausePods,
    /// Added latency.
    Latency,
    /// Packet loss.
    Loss,
    /// Clocks that are off.
    ClockSkew,
    /// Time that can be skipped: waits of hours.
    VirtualTime,
    /// Evidence of why a call was refused, not only how.
    RefusalCause,
    /// Evidence of the stations of a call: which gateway it passed.
    PathEvidence,
    /// Evidence of what control planes and proxies know.
    MeshEvidence,
    /// A control plane outside the clusters it configures.
    ExternalControlPlane,
    /// Replacing Istio by another version while the mesh runs.
    Upgrade,
    /// Another root, an expired or a foreign certificate while the mesh runs.
    CertificateFaults,
    /// More than one trust domain with exchanged bundles.
    Federation,
    /// Several control planes as configuration sources of one cluster.
    SharedSources,
    /// Continuous traffic while other steps happen.
    Traffic,
}

/// A set of capabilities.
pub type Capabilities = BTreeSet<Capability>;

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnClusters => "clusters of its own",
            Self::Istio => "an Istio mesh",
            Self::Vms => "virtual machines",
            Self::OutsideClient => "a client outside every cluster",
            Self::OverlappingRanges => "overlapping address ranges",
            Self::Partition => "network partitions",
            Self::Pause => "pausing nodes and API servers",
            Self::PausePods => "pausing pods",
            Self::Latency => "added latency",
            Self::Loss => "packet loss",
            Self::ClockSkew => "clock skew",
            Self::VirtualTime => "virtual time",
            Self::RefusalCause => "evidence of a refusal's cause",
            Self::PathEvidence => "evidence of a call's path",
            Self::MeshEvidence => "evidence of what control planes and proxies know",
            Self::ExternalControlPlane => "an external control plane",
            Self::Upgrade => "upgrades of a running mesh",
            Self::CertificateFaults => "changing certificates of a running mesh",
            Self::Federation => "federation of trust domains",
            Self::SharedSources => "several configuration sources for one cluster",
            Self::Traffic => "continuous traffic",
        })
    }
}
