//! What makes nodes of several clusters one network, or keeps them apart: decisions only, which
//! each node carries out at every boot.
//!
//! Clusters of one network get routes to each other's pods. Ranges of other networks are
//! blackholed, so that a wrong route times out, as it would in production, in place of leaving by
//! a default route.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use world::{ClusterName, NetworkName, Substrate};

use crate::node::spec::NodePlan;

/// One route on every node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// Packets for `range` go to the first node of `cluster`.
    Via {
        /// The pods of that cluster.
        range: Ipv4Net,
        /// The cluster.
        cluster: ClusterName,
    },
    /// Packets for the range vanish.
    Blackhole(Ipv4Net),
}

/// The routes that each cluster's nodes need.
pub(crate) fn routes(substrate: &Substrate) -> BTreeMap<ClusterName, Vec<Route>> {
    let routes = |name: &ClusterName| {
        let own = &substrate.clusters[name];
        let others = substrate
            .clusters
            .iter()
            .filter(|(other, _)| *other != name);
        others
            .flat_map(|(other, cluster)| route_to(own, other, cluster))
            .collect::<Vec<_>>()
    };
    substrate
        .clusters
        .keys()
        .map(|name| (name.clone(), unique(routes(name))))
        .collect()
}

/// The routes that a machine of a network needs: to the pods of its clusters, and nowhere else.
pub(crate) fn routes_of_machine(substrate: &Substrate, network: &NetworkName) -> Vec<Route> {
    let (near, far): (Vec<_>, Vec<_>) = substrate
        .clusters
        .iter()
        .partition(|(_, cluster)| cluster.network == *network);
    let own: BTreeSet<Ipv4Net> = near.iter().map(|(_, cluster)| cluster.pods).collect();
    let via = near.iter().map(|(name, cluster)| Route::Via {
        range: cluster.pods,
        cluster: (*name).clone(),
    });
    let foreign = far.iter().map(|(_, cluster)| cluster.pods);
    let foreign = foreign.filter(|range| !own.contains(range));
    unique(via.chain(foreign.map(Route::Blackhole)).collect())
}

fn route_to(own: &world::Cluster, name: &ClusterName, other: &world::Cluster) -> Vec<Route> {
    // An equal range is one's own: the packet stays here, as it would where ranges overlap.
    let foreign = |range: Ipv4Net| range != own.pods && range != own.services;
    if other.network == own.network {
        let via = Route::Via {
            range: other.pods,
            cluster: name.clone(),
        };
        return foreign(other.pods).then_some(via).into_iter().collect();
    }
    [other.pods, other.services]
        .into_iter()
        .filter(|range| foreign(*range))
        .map(Route::Blackhole)
        .collect()
}

fn unique(mut routes: Vec<Route>) -> Vec<Route> {
    routes.sort();
    routes.dedup();
    routes
}

/// The commands that set routes on a node, one per line.
pub(crate) fn script(routes: &[Route], plans: &BTreeMap<ClusterName, Vec<NodePlan>>) -> String {
    let line = |route: &Route| match route {
        Route::Via { range, cluster } => {
            format!(
                "ip route replace {range} via {}",
                plans[cluster][0].home.address
            )
        }
        Route::Blackhole(range) => format!("ip route replace blackhole {range}"),
    };
    routes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All pod ranges of a network, comma-separated: within it, pod addresses survive.
pub(crate) fn pods_of(substrate: &Substrate, network: &NetworkName) -> String {
    let clusters = substrate
        .clusters
        .values()
        .filter(|cluster| cluster.network == *network);
    clusters
        .map(|cluster| cluster.pods.to_string())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use world::{Cluster, Network, Node};

    use super::*;

    fn cluster(network: &str, second: u8) -> Cluster {
        let net = |first: u8| {
            format!("10.{}.0.0/16", u16::from(first) + u16::from(second))
                .parse()
                .unwrap()
        };
        Cluster {
            network: network.parse().unwrap(),
            nodes: vec![Node {
                name: "n".parse().unwrap(),
                locality: world::Locality::default(),
            }],
            pods: net(10),
            services: net(110),
            load_balancers: "172.18.0.0/24".parse().unwrap(),
            kubernetes: None,
        }
    }

    fn substrate(clusters: &[(&str, &str, u8)]) -> Substrate {
        let networks = clusters.iter().map(|(_, network, _)| {
            (
                network.parse().unwrap(),
                Network {
                    nodes: "172.20.0.0/16".parse().unwrap(),
                },
            )
        });
        let members = clusters
            .iter()
            .map(|(name, network, n)| (name.parse().unwrap(), cluster(network, *n)));
        Substrate {
            networks: networks.collect(),
            clusters: members.collect(),
            vms: BTreeMap::new(),
            links: Vec::new(),
        }
    }

    #[test]
    fn clusters_of_one_network_are_routed_and_others_vanish() {
        let substrate = substrate(&[("c1", "n1", 1), ("c2", "n1", 2), ("c3", "n2", 3)]);
        let routes = routes(&substrate);
        let c1 = &routes["c1"];
        assert!(c1.contains(&Route::Via {
            range: "10.12.0.0/16".parse().unwrap(),
            cluster: "c2".parse().unwrap()
        }));
        assert!(c1.contains(&Route::Blackhole("10.13.0.0/16".parse().unwrap())));
        assert!(c1.contains(&Route::Blackhole("10.113.0.0/16".parse().unwrap())));
        assert!(
            !routes["c3"]
                .iter()
                .any(|route| matches!(route, Route::Via { .. }))
        );
    }

    #[test]
    fn a_machine_finds_the_pods_of_its_network_only() {
        let substrate = substrate(&[("c1", "n1", 1), ("c2", "n2", 2), ("c3", "n2", 1)]);
        let routes = routes_of_machine(&substrate, &"n1".parse().unwrap());
        let via = Route::Via {
            range: "10.11.0.0/16".parse().unwrap(),
            cluster: "c1".parse().unwrap(),
        };
        let blackhole = Route::Blackhole("10.12.0.0/16".parse().unwrap());
        assert_eq!(routes, [via, blackhole]);
    }

    #[test]
    fn an_equal_range_elsewhere_is_ones_own() {
        let substrate = substrate(&[("c1", "n1", 1), ("c2", "n2", 1)]);
        assert!(routes(&substrate)["c1"].is_empty());
    }
}
