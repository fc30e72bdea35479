//! Rows of the catalogue, each with its canaries. Every row runs in `cargo test --test scenarios` of
//! room isthmus; here are those that the runner itself leans on.

use crate::kit::stands;

macro_rules! rows {
    ($($name:ident: $path:literal;)*) => {$(
        #[test]
        fn $name() {
            stands($path);
        }
    )*};
}

rows! {
    t1_one_cluster: "topology/one-cluster";
    t2_a_remote_on_the_network_of_its_primary: "topology/flat-primary-remote";
    t4_two_primaries_on_two_networks: "topology/multi-network-multi-primary";
    f5_a_cluster_is_lost: "fault/cluster-lost";
    f7_a_remote_secret: "fault/remote-secret";
    m1_strict: "security/strict-mtls";
    x1_tenants: "tenancy/tenants";
    u1_by_revision: "upgrade/canary-by-revision";
}
