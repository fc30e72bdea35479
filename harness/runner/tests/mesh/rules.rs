//! Rules on which imitations of a mesh trip: what a control plane goes on to know, and whose rules
//! count for whom.

use judge::Outcome;

use crate::kit::{inline, run};

/// helloworld in both clusters of T4, reached from both, and then `steps`.
#[track_caller]
fn passes(steps: &str) {
    let scenarios = inline(&format!(
        "  topology: multi-network-multi-primary
  workloads:
    sleep: {{in: [cluster1, cluster2]}}
    helloworld: {{in: {{cluster1: v1, cluster2: v2}}}}
  steps:
    - check: {{name: both before, within: 60s, reachable: {{from: sleep@*, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}}}
{steps}"
    ));
    let trial = run(runner::trials(&scenarios)[0], 1);
    let text = report::text::trial(&trial, 1);
    assert_eq!(trial.outcome, Outcome::Pass, "{text}");
}

#[test]
fn an_istiod_that_started_without_a_cluster_knows_none_of_its_endpoints() {
    passes(
        "    - fault: {as: away, pause: {apiServer: cluster2}}
    - check: {name: last endpoints stay, holds: 20s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - restart: {workload: istiod@cluster1}
    - check: {name: they are gone with istiod, within: 180s, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1}}}
    - heal: away
    - check: {name: they come back, within: 180s, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1, cluster2: 1}}}
",
    );
}

#[test]
fn proxies_of_an_istiod_that_stands_still_keep_what_they_know_and_learn_nothing() {
    passes(
        "    - fault: {as: hangs, pause: {controlPlane: cluster1}}
    - scale: {workload: helloworld@cluster2, replicas: 2}
    - check: {name: others are told, within: 60s, endpoints: {seenBy: sleep@cluster2, of: helloworld.sample:5000, behind: {cluster1: 1, cluster2: 2}}}
    - check: {name: its own are not, holds: 20s, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1, cluster2: 1}}}
    - check: {name: traffic goes on, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - heal: hangs
    - check: {name: its own are told, within: 60s, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1, cluster2: 2}}}
",
    );
}

#[test]
fn a_destination_rule_counts_for_the_clients_of_the_primary_that_has_it() {
    passes(
        "    - apply:
        name: another
        to: cluster1
        objects:
          - apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: helloworld, namespace: sample}
            spec: {host: helloworld.sample.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}
    - check: {name: without mutual TLS no other network, within: 60s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: cluster1}}
    - check: {name: the other primary knows of nothing, reachable: {from: sleep@cluster2, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
",
    );
}

#[test]
fn ports_of_one_number_and_two_names_are_two_ports() {
    passes(
        "    - apply:
        name: another
        to: cluster2
        objects:
          - apiVersion: v1
            kind: Service
            metadata: {name: helloworld, namespace: sample}
            spec: {selector: {app: helloworld}, ports: [{name: http-other, port: 5000, targetPort: 5000}]}
    - check: {name: cluster1 stays with its own, within: 60s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: cluster1}}
    - check: {name: cluster2 stays with its own, within: 60s, reachable: {from: sleep@cluster2, to: helloworld.sample:5000, servedBy: cluster2}}
",
    );
}
