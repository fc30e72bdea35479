//! Objects alone decide: a simulator that is given a substrate and plain YAML of T4, by somebody who
//! holds no topology, answers as the installed one does.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::collections::BTreeMap;

use world::{ClusterName, Observation, Outcome, Place, TlsSeen};

use crate::by_hand::{ByHand, CLUSTERS, cluster, substrate};

/// Who answered, and whether each call went over a gateway exactly if it left its cluster.
fn servers(seen: &[Observation], n: u8) -> BTreeMap<ClusterName, usize> {
    let mut servers = BTreeMap::new();
    for one in seen {
        let Outcome::Answered(answer) = &one.outcome else {
            panic!("{one:?}");
        };
        assert!(
            matches!(answer.tls, Some(TlsSeen::Mutual { .. })),
            "{one:?}"
        );
        let by = answer.cluster.clone().unwrap();
        let crossed = one
            .hops
            .iter()
            .any(|hop| matches!(hop.at, Place::Gateway { .. }));
        assert_eq!(crossed, by != cluster(n), "{one:?}");
        *servers.entry(by).or_default() += 1;
    }
    servers
}

#[test]
fn plain_objects_of_t4_are_answered_by_both_clusters_over_the_gateway() {
    sim::runtime::run(async {
        let blind = ByHand::installed(&substrate(), true).await;
        for n in CLUSTERS {
            let seen = servers(&blind.ask(n, 60).await, n);
            assert_eq!(seen.len(), 2, "cluster{n}: {seen:?}");
        }
        assert_eq!(blind.0.not_modelled(), []);
    });
}

#[test]
fn without_remote_secrets_the_same_objects_stay_at_home() {
    sim::runtime::run(async {
        let blind = ByHand::installed(&substrate(), false).await;
        for n in CLUSTERS {
            let seen = servers(&blind.ask(n, 60).await, n);
            assert_eq!(seen.keys().collect::<Vec<_>>(), [&cluster(n)]);
        }
    });
}
