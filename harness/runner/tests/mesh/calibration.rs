//! What a real Istio 1.30.3 was seen to do, through the runner: shares over a gateway follow the
//! number of remote pods, and one after another all calls use one pooled connection through it.

use std::collections::{BTreeMap, BTreeSet};

use judge::Outcome;
use runner::trials;
use world::{Answer, Client, Observation, Outcome as Seen};

use crate::{
    kit::{self, inline, options},
    watched::Watched,
};

/// Runs T4 with so many pods behind the gateway of network2 and a check of shares; returns what the
/// clients saw.
fn seen(remote: u32, shares: (u32, u32), connections: &str) -> Vec<Observation> {
    let (here, there) = shares;
    let scenarios = inline(&format!(
        "  topology: multi-network-multi-primary
  workloads:
    sleep: {{in: [cluster1, cluster2]}}
    helloworld: {{in: {{cluster1: v1, cluster2: {{versions: v2, replicas: {remote}}}}}}}
  steps:
    - check: {{name: known, within: 60s, endpoints: {{seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {{cluster1: 1, cluster2: {remote}}}}}}}
{connections}    - check: {{name: shares, within: 10s, share: {{from: sleep@cluster1, to: helloworld.sample:5000, by: cluster, expect: {{cluster1: {here}, cluster2: {there}}}, tolerance: 10}}}}
",
    ));
    let watched = Watched::default();
    let trial = sim::runtime::run(runner::run(&watched, trials(&scenarios)[0], &options(1)));
    let text = report::text::trial(&trial, 1);
    assert_eq!(trial.outcome, Outcome::Pass, "{text}");
    watched.seen()
}

fn answers(seen: &[Observation]) -> impl Iterator<Item = &Answer> {
    let of_cluster1 = |one: &&Observation| matches!(&one.call.from, Client::Pod { cluster, .. } if cluster.as_str() == "cluster1");
    seen.iter()
        .filter(of_cluster1)
        .filter_map(|one| match &one.outcome {
            Seen::Answered(answer) => Some(answer),
            Seen::Refused(_) => None,
        })
}

/// The pods of version v2 that answered.
fn remote_pods(seen: &[Observation]) -> BTreeSet<String> {
    let remote = answers(seen).filter(|answer| answer.version.as_deref() == Some("v2"));
    remote
        .filter_map(|answer| answer.pod.as_ref().map(ToString::to_string))
        .collect()
}

fn by_version(seen: &[Observation]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers(seen) {
        let version = answer.version.as_deref().unwrap_or_default().to_owned();
        *counts.entry(version).or_default() += 1;
    }
    counts
}

/// Whether one version was picked three times in a row, as chance does and taking turns never.
fn picks_thrice_in_a_row(seen: &[Observation]) -> bool {
    let picks: Vec<_> = answers(seen).map(|answer| &answer.version).collect();
    picks
        .windows(3)
        .any(|three| three[0] == three[1] && three[1] == three[2])
}

#[test]
fn a_gateway_weighs_as_much_as_the_pods_behind_it() {
    let equal = seen(1, (50, 50), "");
    assert!(
        picks_thrice_in_a_row(&equal),
        "picks at equal weights are random, not in turns"
    );
    let counts = by_version(&seen(3, (25, 75), ""));
    // Picks at unequal weights are exact: a real client's 400 calls came to 100 and 300.
    assert!(
        (counts["v1"] * 3).abs_diff(counts["v2"]) <= 3,
        "not one in four: {counts:?}"
    );
}

#[test]
fn one_pooled_connection_through_a_gateway_ends_at_one_pod() {
    assert_eq!(remote_pods(&seen(3, (25, 75), "")).len(), 1);
}

#[test]
fn a_connection_per_request_reaches_every_pod_behind_a_gateway() {
    let seen = seen(3, (25, 75), kit::ONE_REQUEST_PER_CONNECTION);
    assert_eq!(remote_pods(&seen).len(), 3);
}
