//! Rows of the catalogue, each with its canaries.

use crate::kit::stands;

macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident: $path:literal;)*) => {$(
        #[test]
        $(#[$meta])*
        fn $name() {
            stands($path);
        }
    )*};
}

rows! {
    t1_one_cluster: "topology/one-cluster";
    t2_a_remote_on_the_network_of_its_primary: "topology/flat-primary-remote";
    t3_two_primaries_on_one_network: "topology/flat-multi-primary";
    t4_two_primaries_on_two_networks: "topology/multi-network-multi-primary";
    t5_a_remote_on_another_network: "topology/multi-network-primary-remote";
    t6_an_external_control_plane: "topology/external-control-plane";
    t7_shared_control_planes: "topology/shared-control-planes";
    t8_a_machine_on_the_same_network: "topology/vm-same-network";
    t9_a_machine_on_another_network: "topology/vm-other-network";
    t10_overlapping_ranges: "topology/overlapping-ranges";
    t11_gateways_only: "topology/gateways-only";
    t12_federation: "topology/federation";
    t13_dns: "topology/dns";
    t14_a_service_in_some_clusters: "topology/service-in-some-clusters";
    f1_a_workload_is_gone: "fault/workload-gone";
    f2_an_east_west_gateway: "fault/east-west-gateway";
    f3_a_control_plane_is_lost: "fault/control-plane-lost";
    f4_a_remote_api_server_is_lost: "fault/remote-api-server-lost";
    f5_a_cluster_is_lost: "fault/cluster-lost";
    f6_a_partition: "fault/partition";
    f7_a_remote_secret: "fault/remote-secret";
    f8_stale_and_slow: "fault/stale-and-slow";
    l1_load_distribution: "traffic/load-distribution";
    l2_locality_failover: "traffic/locality-failover";
    l3_locality_distribute: "traffic/locality-distribute";
    l4_a_weighted_release: "traffic/weighted-canary-release";
    l5_north_south: "traffic/north-south";
    m1_strict: "security/strict-mtls";
    m2_modes: "security/mtls-modes";
    m3_roots_and_leaves: "security/roots-and-leaves";
    a1_authorization: "security/authorization";
    u1_by_revision: "upgrade/canary-by-revision";
    u2_in_place: "upgrade/in-place";
    u3_rollback: "upgrade/rollback";
    u4_order: "upgrade/order-of-steps";
    x1_tenants: "tenancy/tenants";
}
