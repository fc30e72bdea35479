//! From where the endpoints of a service can be discovered under the Multi-Cluster Services API.

use crate::{ClusterId, Decision, service::rules};

/// The domain of hosts that stand for a service in all clusters that export it.
pub const CLUSTER_SET_DOMAIN: &str = ".clusterset.local";

/// From where endpoints can be discovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Discoverability {
    /// From every cluster.
    #[default]
    Everywhere,
    /// From the cluster they are in.
    SameCluster,
}

impl Discoverability {
    /// Whether a proxy in `proxy` discovers endpoints of `endpoint`.
    pub fn allows(self, proxy: &ClusterId, endpoint: &ClusterId) -> bool {
        match self {
            Self::Everywhere => true,
            Self::SameCluster => proxy == endpoint,
        }
    }
}

/// The switches of istiod that concern discovery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mcs {
    /// `ENABLE_MCS_SERVICE_DISCOVERY`: ServiceExport decides what others discover.
    pub service_discovery: bool,
    /// `ENABLE_MCS_CLUSTER_LOCAL`: the `cluster.local` host stays in its cluster.
    pub cluster_local: bool,
}

/// From where the endpoints of `host` can be discovered, given whether their cluster exports it.
pub fn discoverability(mcs: Mcs, host: &str, exported: bool) -> Decision<Discoverability> {
    if !mcs.service_discovery {
        return Decision::new(Discoverability::Everywhere, rules::MCS_OFF);
    }
    if mcs.cluster_local && !host.ends_with(CLUSTER_SET_DOMAIN) {
        return Decision::new(Discoverability::SameCluster, rules::MCS_CLUSTER_LOCAL);
    }
    match exported {
        true => Decision::new(Discoverability::Everywhere, rules::MCS_EXPORTED),
        false => Decision::new(Discoverability::SameCluster, rules::MCS_NOT_EXPORTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clusterset_host_follows_the_export_even_where_the_other_stays_local() {
        let both = Mcs {
            service_discovery: true,
            cluster_local: true,
        };
        let of = |host, exported| discoverability(both, host, exported).value;
        assert_eq!(
            of("a.b.svc.clusterset.local", true),
            Discoverability::Everywhere
        );
        assert_eq!(
            of("a.b.svc.clusterset.local", false),
            Discoverability::SameCluster
        );
        assert_eq!(
            of("a.b.svc.cluster.local", true),
            Discoverability::SameCluster
        );
        let off = discoverability(Mcs::default(), "a.b.svc.cluster.local", false);
        assert_eq!(off.because, rules::MCS_OFF);
    }
}
