//! Verdicts follow the objects: T4's own objects come to T4's verdicts under a topology whose mesh
//! part says something else, and broken objects do not pass under a topology that says T4.

use engine::Batch;
use judge::{Ask, CallLook, Depth, Next, Outcome, Rates, Ways};
use scenario::{
    Scenario,
    scenario::{Action, Calls, CheckKind, Destination},
};
use world::{Call, Target};

use crate::{
    by_hand::ByHand,
    kit::{inline, row},
};

/// Mesh parts that T4's objects contradict, for clusters that are T4's physically.
const SCRAMBLED: [(&str, &str); 6] = [
    (
        "cluster2 is a remote",
        "clusters: {cluster1: {network: network1}, cluster2: {network: network2, controlPlane: cluster1}}",
    ),
    (
        "cluster1 is a remote",
        "clusters: {cluster1: {network: network1, controlPlane: cluster2}, cluster2: {network: network2}}",
    ),
    (
        "nobody discovers anybody",
        "clusters: {cluster1: {network: network1, discovers: []}, cluster2: {network: network2, discovers: []}}",
    ),
    (
        "plaintext and another trust domain",
        "meshes: {mesh1: {mtls: DISABLE, trustDomain: other.example}}\n    clusters: {cluster1: {network: network1}, cluster2: {network: network2}}",
    ),
    (
        "two roots and an old version",
        "clusters: {cluster1: {network: network1}, cluster2: {network: network2, root: other, version: 1.29.6}}",
    ),
    (
        "two meshes",
        "meshes: {mesh1: {}, mesh2: {trustDomain: second.example}}\n    clusters: {cluster1: {network: network1, mesh: mesh1}, cluster2: {network: network2, mesh: mesh2}}",
    ),
];

/// Checks of T4 that call, which need neither its versions nor its identities to be declared.
const STEPS: &str = "
  workloads:
    sleep: {in: [cluster1, cluster2]}
    helloworld: {in: {cluster1: v1, cluster2: v2}}
  steps:
    - check: {name: cluster1 reaches both, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - check: {name: cluster2 reaches both, reachable: {from: sleep@cluster2, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - check: {name: half and half, share: {from: sleep@*, to: helloworld.sample:5000, by: cluster, expect: {cluster1: 50, cluster2: 50}, tolerance: 10}}
";

fn declared(mesh_part: &str) -> Scenario {
    let topology = format!(
        "  topology:\n    istio: {{version: 1.30.3}}\n    networks: {{network1: {{}}, network2: {{}}}}\n    {mesh_part}"
    );
    let mut cells = inline(&format!("{topology}{STEPS}"));
    cells.remove(0)
}

/// What the checks of a scenario come to on clusters that somebody else has installed.
async fn verdicts(scenario: &Scenario, hands: &ByHand) -> Vec<(String, Outcome)> {
    let mut said = Vec::new();
    for step in scenario.steps() {
        if let Action::Check(check) = &step.action
            && let Some(calls) = check.calls()
        {
            let outcome = judged(scenario, &check.kind, calls, hands).await;
            said.push((check.name.clone(), outcome));
        }
    }
    said
}

async fn judged(scenario: &Scenario, kind: &CheckKind, calls: &Calls, hands: &ByHand) -> Outcome {
    let ways = Ways::of(scenario.topology());
    let mut look =
        CallLook::at(kind, Depth::Whole, Rates::default(), &ways).expect("the checks here call");
    loop {
        match look.wants() {
            Next::Decided(verdict) => return verdict.outcome,
            Next::Ask(asks) => {
                for Ask { client, calls: n } in asks {
                    let batch = Batch::repeated(call(calls, client), n.get());
                    for seen in hands.0.prober().ask(batch).await.expect("calls are made") {
                        look.observe(client, &seen);
                    }
                }
            }
        }
    }
}

fn call(calls: &Calls, client: usize) -> Call {
    let Destination::Host { host, port } = &calls.to else {
        panic!("the checks here call hosts");
    };
    Call {
        from: calls.from[client].clone(),
        to: Target {
            host: host.as_str().into(),
            port: *port,
        },
        protocol: calls.protocol.clone(),
        connection: calls.connection,
        timeout: calls.timeout,
    }
}

/// What comes of T4's objects, with or without remote secrets, under a declared mesh part.
fn said(scenario: &Scenario, remote_secrets: bool) -> Vec<(String, Outcome)> {
    sim::runtime::run(async {
        let hands = ByHand::installed(scenario.topology().substrate(), remote_secrets).await;
        verdicts(scenario, &hands).await
    })
}

#[test]
fn objects_of_t4_come_to_its_verdicts_whatever_mesh_is_declared() {
    for (name, mesh_part) in SCRAMBLED {
        let said = said(&declared(mesh_part), true);
        assert_eq!(said.len(), 3, "{name}");
        let passed = said.iter().all(|(_, outcome)| *outcome == Outcome::Pass);
        assert!(passed, "declared that {name}: {said:?}");
    }
}

#[test]
fn objects_without_remote_secrets_fail_under_the_topology_that_says_t4() {
    let clusters = "clusters: {cluster1: {network: network1}, cluster2: {network: network2}}";
    let scenario = declared(clusters);
    let t4 = row("topology/multi-network-multi-primary").remove(0);
    assert_eq!(scenario.topology().members(), t4.topology().members());
    for (check, outcome) in said(&scenario, false) {
        assert_eq!(outcome, Outcome::Fail, "{check}");
    }
}
