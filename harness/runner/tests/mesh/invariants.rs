//! What holds on every mesh that is installed as it should be, whatever its clusters and networks.

use std::fmt::Write as _;

use judge::Outcome;
use proptest::{collection::vec, prelude::*};
use runner::trials;
use world::{Client, Hop, Outcome as Seen, Place};

use crate::{
    kit::{inline, options, run},
    watched::Watched,
};

/// A mesh of primaries: cluster1, cluster2 … on networks by number, with a server, a client and a
/// client outside the mesh in each, and what must hold there.
fn mesh(networks: &[u8]) -> String {
    let names: Vec<String> = (1..=networks.len())
        .map(|n| format!("cluster{n}"))
        .collect();
    let mut spec = "  topology:\n    istio: {version: 1.30.3}\n    networks:\n".to_owned();
    let distinct: std::collections::BTreeSet<u8> = networks.iter().copied().collect();
    for network in distinct {
        let _ = writeln!(spec, "      network{network}: {{}}");
    }
    spec.push_str("    meshes: {mesh1: {mtls: STRICT}}\n    clusters:\n");
    for (name, network) in names.iter().zip(networks) {
        let _ = writeln!(spec, "      {name}: {{network: network{network}}}");
    }
    let all = names.join(", ");
    let share = |n: usize| {
        // Whole percents that add up to a hundred.
        let each = 100 / names.len();
        if n == 0 {
            100 - each * (names.len() - 1)
        } else {
            each
        }
    };
    let shares: Vec<String> = (0..names.len())
        .map(|n| format!("{}: {}", names[n], share(n)))
        .collect();
    let _ = write!(
        spec,
        "  workloads:
    sleep: {{in: all}}
    helloworld: {{in: all}}
    plain: {{app: sleep, namespace: plain, inject: false, in: all}}
  steps:
    - apply:
        to: all
        objects:
          - apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {{name: helloworld, namespace: sample}}
            spec:
              host: helloworld.sample.svc.cluster.local
              trafficPolicy: {{connectionPool: {{http: {{maxRequestsPerConnection: 1}}}}}}
    - check: {{name: everybody answers, within: 60s, reachable: {{from: sleep@*, to: helloworld.sample:5000, servedBy: [{all}]}}}}
    - check: {{name: equal shares, share: {{from: sleep@*, to: helloworld.sample:5000, by: cluster, expect: {{{}}}, tolerance: 12}}}}
    - check: {{name: strict, refused: {{from: plain@*, to: helloworld.sample:5000, as: reset}}}}
",
        shares.join(", ")
    );
    spec
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shares_are_sound_strict_holds_and_networks_are_crossed_by_gateways_only(
        networks in vec(1_u8..=3, 1..=4)
    ) {
        let scenarios = inline(&mesh(&networks));
        let watched = Watched::default();
        let trial = trials(&scenarios)[0];
        let trial = sim::runtime::run(runner::run(&watched, trial, &options(3)));
        prop_assert_eq!(trial.outcome, Outcome::Pass, "{}", report::text::trial(&trial, 3));
        let topology = scenarios[0].topology();
        for one in watched.seen() {
            let (Client::Pod { cluster, .. }, Seen::Answered(answer)) = (&one.call.from, &one.outcome) else {
                continue;
            };
            let by = answer.cluster.as_ref().expect("the sample says where it runs");
            // A gateway may have been tried in vain before.
            let crosses = |hop: &Hop| !hop.in_vain && matches!(hop.at, Place::Gateway { .. });
            let crossed = one.hops.iter().any(crosses);
            prop_assert_eq!(crossed, topology.network_of(cluster) != topology.network_of(by), "{:?}", one);
        }
    }
}

#[test]
fn an_isolated_cluster_changes_no_verdict_and_no_answer() {
    let with = |more: &str| {
        let spec = mesh(&[1, 2]).replace("    clusters:\n", &format!("    clusters:\n{more}"));
        let spec = spec.replace(
            "      network1: {}\n",
            "      network1: {}\n      network9: {}\n",
        );
        // Where it says all clusters of the mesh are meant.
        let spec = spec.replace("to: all", "to: [cluster1, cluster2]");
        let spec = spec.replace("in: all", "in: [cluster1, cluster2]");
        let scenarios = inline(&spec);
        let trial = run(trials(&scenarios)[0], 5);
        let steps = trial.steps.into_iter();
        steps
            .map(|step| (step.name, step.verdict.outcome, step.verdict.evidence.seen))
            .collect::<Vec<_>>()
    };
    let alone = with("");
    assert!(
        alone
            .iter()
            .all(|(_, outcome, _)| *outcome == Outcome::Pass),
        "{alone:?}"
    );
    assert_eq!(
        with("      isolated: {network: network9, mesh: none}\n"),
        alone
    );
}
