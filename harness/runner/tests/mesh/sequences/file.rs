//! A plan as a scenario file.

use std::fmt::Write as _;

use super::plan::{Broken, Plan, Step};
use crate::kit;

/// With what the names of the checks at the end begin.
pub(super) const END: &str = "at the end";

/// What a mesh needs to find together again after the last fault: endpoints and certificates are
/// told at once, but paused API servers are tried again after a while.
const QUIET: &str = "    - wait: 120s\n";

/// The steps, everything healed, some quiet, and the checks.
pub(super) fn changed(plan: &Plan, steps: &[Step]) -> String {
    let mut spec = mesh(plan, &plan.initial);
    spec.extend(steps.iter().map(step));
    // API servers first: to heal anything else they must answer.
    let api_servers = |what: &Broken| matches!(what, Broken::ApiServer { .. });
    let (first, rest): (Vec<_>, Vec<_>) =
        plan.broken.iter().partition(|(_, what)| api_servers(what));
    for (number, _) in first.into_iter().chain(rest) {
        let _ = writeln!(spec, "    - heal: fault {number}");
    }
    spec + QUIET + &checks(plan)
}

/// A mesh that was installed as the other one has become, and the same checks.
pub(super) fn fresh(plan: &Plan) -> String {
    mesh(plan, &plan.servers) + QUIET + &checks(plan)
}

/// The whole file, to be kept and run.
pub(super) fn document(spec: &str) -> String {
    format!(
        "apiVersion: isthmus/v1alpha1\nkind: Scenario\nmetadata: {{name: sequence, labels: {{area: sequence}}}}\nspec:\n  proves:\n    - {{promise: after healing a mesh is as a fresh one, link: https://istio.io/latest/}}\n{spec}"
    )
}

fn name(cluster: usize) -> String {
    format!("cluster{}", cluster + 1)
}

fn mesh(plan: &Plan, servers: &[u8]) -> String {
    // A version whose rotations are sound: those of 1.30 lose endpoints, as real ones do.
    let mut spec = "  topology:\n    istio: {version: 1.29.6}\n    networks: {network1: {}, network2: {}}\n    clusters:\n".to_owned();
    for (cluster, network) in plan.networks.iter().enumerate() {
        let _ = writeln!(
            spec,
            "      {}: {{network: network{network}}}",
            name(cluster)
        );
    }
    spec += "  workloads:\n    sleep: {in: all}\n    helloworld:\n      in:\n";
    for (cluster, servers) in servers.iter().enumerate() {
        let _ = writeln!(
            spec,
            "        {}: {{versions: v1, replicas: {servers}}}",
            name(cluster)
        );
    }
    spec + "  steps:\n" + kit::ONE_REQUEST_PER_CONNECTION
}

fn step(step: &Step) -> String {
    let what = match step {
        Step::Scale { cluster, servers } => {
            format!(
                "scale: {{workload: helloworld@{}, replicas: {servers}}}",
                name(*cluster)
            )
        }
        Step::Restart { cluster } => {
            format!("restart: {{workload: helloworld@{}}}", name(*cluster))
        }
        Step::RestartIstiod { cluster } => {
            format!("restart: {{workload: istiod@{}}}", name(*cluster))
        }
        Step::Rotate {
            of,
            stored_in,
            token,
        } => format!(
            "rotate: {{remoteSecret: {{of: {}, in: {}, renew: {}}}}}",
            name(*of),
            name(*stored_in),
            if *token { "token" } else { "bytes" }
        ),
        Step::Break { number, what } => format!("fault: {{as: fault {number}, {}}}", broken(what)),
        Step::Heal { number } => format!("heal: fault {number}"),
        Step::Wait { seconds } => format!("wait: {seconds}s"),
    };
    format!("    - {what}\n")
}

fn broken(what: &Broken) -> String {
    match what {
        Broken::Servers { cluster } => {
            format!(
                "scale: {{workload: helloworld@{}, replicas: 0}}",
                name(*cluster)
            )
        }
        Broken::ApiServer { cluster } => format!("pause: {{apiServer: {}}}", name(*cluster)),
        Broken::Gateway { cluster, moved } => format!(
            "gatewayDown: {{cluster: {}, how: {}}}",
            name(*cluster),
            if *moved { "moved" } else { "scaled" }
        ),
        Broken::Secret {
            of,
            stored_in,
            lost,
        } => format!(
            "secret: {{of: {}, in: {}, how: {}}}",
            name(*of),
            name(*stored_in),
            if *lost { "lost" } else { "wrongAddress" }
        ),
        Broken::Networks => {
            "partition: {from: {network: network1}, to: {network: network2}}".to_owned()
        }
    }
}

fn checks(plan: &Plan) -> String {
    let serving: Vec<usize> = (0..plan.clusters())
        .filter(|one| plan.servers[*one] > 0)
        .collect();
    let behind: Vec<String> = serving
        .iter()
        .map(|one| format!("{}: {}", name(*one), plan.servers[*one]))
        .collect();
    let by: Vec<String> = serving.iter().map(|one| name(*one)).collect();
    let (behind, by) = (behind.join(", "), by.join(", "));
    format!(
        "    - check: {{name: {END} servers, endpoints: {{seenBy: sleep@*, of: helloworld.sample:5000, behind: {{{behind}}}}}}}
    - check: {{name: {END} all answer, reachable: {{from: sleep@*, to: helloworld.sample:5000, servedBy: [{by}]}}}}
    - check: {{name: {END} mutual TLS, mtls: {{from: sleep@*, to: helloworld.sample:5000, peer: spiffe://cluster.local/ns/sample/sa/sleep}}}}
    - check: {{name: {END} control planes, synced: {{}}}}
"
    )
}
