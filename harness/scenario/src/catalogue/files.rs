//! The files of the catalogue with their paths in the repository. A test compares these tables with
//! the directories.

/// Embeds files by their paths in the repository.
macro_rules! embedded {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../../", $path)))),*]
    };
}

/// The topologies, path and text.
pub const TOPOLOGIES: &[(&str, &str)] = embedded![
    "fixtures/topologies/external-control-plane-two-clusters.yaml",
    "fixtures/topologies/external-control-plane.yaml",
    "fixtures/topologies/federation.yaml",
    "fixtures/topologies/flat-multi-primary.yaml",
    "fixtures/topologies/flat-primary-remote.yaml",
    "fixtures/topologies/gateways-only.yaml",
    "fixtures/topologies/mesh-and-vm.yaml",
    "fixtures/topologies/multi-network-multi-primary.yaml",
    "fixtures/topologies/multi-network-primary-remote.yaml",
    "fixtures/topologies/one-cluster.yaml",
    "fixtures/topologies/overlapping-ranges.yaml",
    "fixtures/topologies/revisions.yaml",
    "fixtures/topologies/shared-control-planes.yaml",
    "fixtures/topologies/tenants.yaml",
    "fixtures/topologies/three-localities.yaml",
    "fixtures/topologies/two-ingresses.yaml",
    "fixtures/topologies/vm-other-network.yaml",
    "fixtures/topologies/vm-same-network.yaml",
];

/// The scenarios, path and text.
pub const SCENARIOS: &[(&str, &str)] = embedded![
    "scenarios/fault/cluster-lost.yaml",
    "scenarios/fault/control-plane-lost.yaml",
    "scenarios/fault/east-west-gateway.yaml",
    "scenarios/fault/partition.yaml",
    "scenarios/fault/remote-api-server-lost.yaml",
    "scenarios/fault/remote-secret.yaml",
    "scenarios/fault/stale-and-slow.yaml",
    "scenarios/fault/workload-gone.yaml",
    "scenarios/security/authorization.yaml",
    "scenarios/security/mtls-modes.yaml",
    "scenarios/security/roots-and-leaves.yaml",
    "scenarios/security/strict-mtls.yaml",
    "scenarios/tenancy/tenants.yaml",
    "scenarios/topology/dns.yaml",
    "scenarios/topology/external-control-plane.yaml",
    "scenarios/topology/federation.yaml",
    "scenarios/topology/flat-multi-primary.yaml",
    "scenarios/topology/flat-primary-remote.yaml",
    "scenarios/topology/gateways-only.yaml",
    "scenarios/topology/multi-network-multi-primary.yaml",
    "scenarios/topology/multi-network-primary-remote.yaml",
    "scenarios/topology/one-cluster.yaml",
    "scenarios/topology/overlapping-ranges.yaml",
    "scenarios/topology/service-in-some-clusters.yaml",
    "scenarios/topology/shared-control-planes.yaml",
    "scenarios/topology/vm-other-network.yaml",
    "scenarios/topology/vm-same-network.yaml",
    "scenarios/traffic/load-distribution.yaml",
    "scenarios/traffic/locality-distribute.yaml",
    "scenarios/traffic/locality-failover.yaml",
    "scenarios/traffic/north-south.yaml",
    "scenarios/traffic/weighted-canary-release.yaml",
    "scenarios/upgrade/canary-by-revision.yaml",
    "scenarios/upgrade/in-place.yaml",
    "scenarios/upgrade/order-of-steps.yaml",
    "scenarios/upgrade/rollback.yaml",
];
