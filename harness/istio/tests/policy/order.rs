//! Istio sorts: the order in which objects arrive never matters.

use istio::{
    routing::{ClusterKey, DestinationRules, RuleScope, cluster_name, host},
    tls::PeerAuthentications,
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::objects::{ROOT, destination_rules, labels, namespace, peer_authentications};

const SCOPE: RuleScope<'_> = RuleScope {
    root_namespace: ROOT,
    domain: "cluster.local",
    default_export_to: &[],
};

proptest! {
    #[test]
    fn destination_rules_are_merged_alike_in_any_order(
        (rules, shuffled) in destination_rules().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
    ) {
        let (a, b) = (DestinationRules::new(&rules, SCOPE), DestinationRules::new(&shuffled, SCOPE));
        prop_assert_eq!(a, b);
    }

    #[test]
    fn peer_authentications_ask_for_the_same_in_any_order(
        (policies, shuffled) in
            peer_authentications().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle())),
        namespace in namespace(),
        labels in labels(),
    ) {
        let asked = |policies| PeerAuthentications::new(policies, ROOT).modes_of(&namespace, &labels);
        prop_assert_eq!(asked(&policies), asked(&shuffled));
    }

    #[test]
    fn the_most_specific_host_is_the_same_in_any_order(
        (hosts, shuffled) in vec(select(&["*", "*.b", "*.a.b", "a.b", "x.a.b", "*b"][..]), 0..6)
            .prop_flat_map(|h| (Just(h.clone()), Just(h).prop_shuffle())),
        needle in select(&["a.b", "x.a.b", "y.a.b", "*.a.b", "*.b", "c"][..]),
    ) {
        let best = |hosts: Vec<&'static str>| host::most_specific(hosts, needle);
        prop_assert_eq!(best(hosts), best(shuffled));
    }

    #[test]
    fn a_cluster_name_comes_apart_as_it_was_put_together(
        port in 1_u16..,
        subset in "[a-z0-9-]{0,8}",
        host in "[a-z][a-z0-9.-]{0,20}",
    ) {
        let key = ClusterKey::outbound(port, &subset, host.as_str());
        for text in [key.cluster_name().value, key.sni().value] {
            let parts = cluster_name::parse(&text).value;
            prop_assert_eq!((parts.port, parts.subset, parts.host), (port, &subset[..], &host[..]));
            prop_assert_eq!(cluster_name::host_of(&text).value, &host[..]);
        }
    }
}
