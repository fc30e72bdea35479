//! Rules about topologies and scenarios: each once broken, at a known line and column, and once not.

use crate::kit::{said, trips};

fn topology(rest: &str) -> String {
    format!(
        "apiVersion: isthmus/v1alpha1\nkind: Topology\nmetadata: {{name: t}}\nspec:\n  networks: {{network1: {{}}, network2: {{}}}}\n{rest}"
    )
}

/// A rule that looks at topologies.
#[track_caller]
fn in_topology(rule: &str, broken: &str, at: &str, sound: &str) {
    let (broken, sound) = (topology(broken), topology(sound));
    trips(
        rule,
        &[("t.yaml", &broken)],
        &[&format!("t.yaml:{at}")],
        &[("t.yaml", &sound)],
    );
}

fn scenario(rest: &str) -> String {
    format!(
        "apiVersion: isthmus/v1alpha1\nkind: Scenario\nmetadata: {{name: s, labels: {{area: test}}}}\nspec:\n  proves: [{{promise: p, link: 'https://istio.io/'}}]\n  topology: multi-network-multi-primary\n{rest}"
    )
}

/// A rule that looks at scenarios.
#[track_caller]
fn in_scenario(rule: &str, broken: &str, at: &str, sound: &str) {
    let (broken, sound) = (scenario(broken), scenario(sound));
    trips(
        rule,
        &[("s.yaml", &broken)],
        &[&format!("s.yaml:{at}")],
        &[("s.yaml", &sound)],
    );
}

const TWO: &str = "  clusters: {cluster1: {network: network1}, cluster2: {network: network2}}\n";

#[test]
fn one_cluster_below_another_root() {
    in_topology(
        "different-roots",
        "  istio: {version: 1.31.0}\n  clusters:\n    cluster1: {network: network1}\n    cluster2:\n      network: network2\n      root: other\n",
        "11:7",
        &format!("  istio: {{version: 1.31.0}}\n{TWO}"),
    );
}

#[test]
fn discovery_that_goes_one_way() {
    in_topology(
        "one-way-remote-secret",
        "  istio: {version: 1.31.0}\n  clusters:\n    cluster1: {network: network1}\n    cluster2: {network: network2, discovers: []}\n",
        "9:35",
        "  istio: {version: 1.31.0}\n  clusters:\n    cluster1: {network: network1, discovers: []}\n    cluster2: {network: network2, discovers: []}\n",
    );
}

#[test]
fn values_that_take_the_network_to_be_another() {
    in_topology(
        "missing-network-label",
        "  istio: {version: 1.31.0}\n  clusters:\n    cluster1: {network: network1}\n    cluster2: {network: network2, values: {global: {network: ''}}}\n",
        "9:53",
        "  istio: {version: 1.31.0}\n  clusters:\n    cluster1: {network: network1}\n    cluster2: {network: network2, values: {global: {network: network2}}}\n",
    );
}

#[test]
fn a_declared_gateway_of_one_pod() {
    let gateway = |replicas| {
        format!(
            "  istio: {{version: 1.31.0}}\n{TWO}  gateways:\n    ingress: {{cluster: cluster1, type: ingress, replicas: {replicas}}}\n"
        )
    };
    in_topology("single-replica-gateway", &gateway(1), "9:49", &gateway(2));
}

#[test]
fn plaintext_over_several_networks() {
    let mtls = |mode| {
        format!("  istio: {{version: 1.31.0}}\n  meshes: {{mesh1: {{mtls: {mode}}}}}\n{TWO}")
    };
    in_topology(
        "plaintext-across-networks",
        &mtls("DISABLE"),
        "7:20",
        &mtls("STRICT"),
    );
}

#[test]
fn trust_that_goes_one_way() {
    let meshes = |back| {
        format!(
            "  istio: {{version: 1.31.0}}\n  meshes:\n    mesh1: {{trustDomain: one.example, trusts: [mesh2]}}\n    mesh2: {{trustDomain: two.example{back}}}\n  clusters: {{cluster1: {{network: network1, mesh: mesh1}}, cluster2: {{network: network2, mesh: mesh2}}}}\n"
        )
    };
    in_topology(
        "one-way-federation",
        &meshes(""),
        "9:5",
        &meshes(", trusts: [mesh1]"),
    );
}

#[test]
fn control_planes_two_minor_versions_apart() {
    let of = |version| {
        format!(
            "  istio: {{version: 1.30.3}}\n  clusters:\n    cluster1: {{network: network1}}\n    cluster2: {{network: network2, version: {version}}}\n"
        )
    };
    in_topology("istio-version-skew", &of("1.28.3"), "9:5", &of("1.29.6"));
}

#[test]
fn a_release_with_a_known_defect() {
    in_topology(
        "known-istio-defect",
        &format!("  istio: {{version: 1.30.3}}\n{TWO}"),
        "6:11",
        &format!("  istio: {{version: 1.31.0}}\n{TWO}"),
    );
}

#[test]
fn a_defect_of_several_clusters_is_none_of_a_single_one() {
    let one = topology("  istio: {version: 1.30.3}\n  clusters: {cluster1: {network: network1}}\n");
    let findings = said(&[("t.yaml", &one)]).expect("a valid topology");
    assert_eq!(findings.iter().count(), 0);
}

#[test]
fn a_name_without_a_service_where_it_is_called() {
    let workloads = |sleep, more| {
        format!(
            "  workloads:\n    sleep: {{in: cluster1{sleep}}}\n    helloworld: {{in: cluster2{more}}}\n  steps:\n    - check: {{name: c, reachable: {{from: sleep@cluster1, to: helloworld.sample:5000}}}}\n"
        )
    };
    in_scenario(
        "dns-name-without-service",
        &workloads("", ""),
        "11:58",
        &workloads("", ", stubIn: [cluster1]"),
    );
    let capture = ", annotations: {proxy.istio.io/config: '{\"proxyMetadata\": {\"ISTIO_META_DNS_CAPTURE\": \"true\"}}'}";
    let captured = scenario(&workloads(capture, ""));
    let found = crate::kit::places("dns-name-without-service", &[("s.yaml", &captured)]);
    assert_eq!(
        found, [""; 0],
        "a sidecar that answers DNS knows every service"
    );
}

#[test]
fn a_scenario_without_a_canary() {
    let with = |canaries| {
        format!(
            "  workloads: {{sleep: {{in: all}}, helloworld: {{in: all}}}}\n  steps:\n    - check: {{name: c, reachable: {{from: sleep@*, to: helloworld.sample:5000}}}}\n{canaries}"
        )
    };
    let canary = "  canaries:\n    - name: none\n      break: {omit: {in: cluster1, kind: Secret, name: istio-remote-secret-cluster2}}\n      caughtBy: {check: c}\n";
    in_scenario("scenario-without-canary", &with(""), "4:1", &with(canary));
}

#[test]
fn a_rule_that_a_step_applies_to_one_primary_only() {
    let to = |clusters| {
        format!(
            "  workloads: {{sleep: {{in: all}}, helloworld: {{in: all}}}}\n  steps:\n    - apply:\n        to: {clusters}\n        objects:\n          - apiVersion: networking.istio.io/v1\n            kind: DestinationRule\n            metadata: {{name: helloworld, namespace: sample}}\n            spec: {{host: helloworld}}\n    - check: {{name: c, reachable: {{from: sleep@*, to: helloworld.sample:5000}}}}\n"
        )
    };
    in_scenario(
        "configuration-in-one-primary",
        &to("cluster1"),
        "12:13",
        &to("all"),
    );
}

#[test]
fn a_topology_that_a_scenario_names_is_looked_at_where_it_is_written() {
    let shared = scenario(
        "  overrides: {clusters: {cluster2: {root: other}}}\n  workloads: {sleep: {in: all}}\n  steps:\n    - check: {synced: {}}\n",
    );
    assert_eq!(
        crate::kit::places("different-roots", &[("s.yaml", &shared)]),
        [""; 0]
    );
}
