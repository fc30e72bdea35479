//! What the simulator does not model and could change an answer makes a trial inconclusive, with the
//! object or field by name; it never passes.

use judge::Outcome;
use runner::trials;

use crate::kit::{inline, run};

/// A scenario that would pass without what is added to its topology and applied in a step.
fn said(topology: &str, object: &str) -> (Outcome, String) {
    let apply = match object {
        "" => String::new(),
        object => format!("    - apply: {{to: cluster1, objects: [{object}]}}\n"),
    };
    let scenarios = inline(&format!(
        "  topology:
    istio: {{version: 1.30.3}}
    networks: {{network1: {{}}}}
    clusters: {{cluster1: {{network: network1}}}}
{topology}  workloads: {{sleep: {{in: all}}, helloworld: {{in: all}}}}
  steps:
    - check: {{name: before, within: 60s, reachable: {{from: sleep@cluster1, to: helloworld.sample:5000}}}}
{apply}    - wait: 10s
    - check: {{name: answered, within: 60s, reachable: {{from: sleep@cluster1, to: helloworld.sample:5000}}}}
",
    ));
    let trial = run(trials(&scenarios)[0], 1);
    (trial.outcome, trial.reason.unwrap_or_default())
}

#[track_caller]
fn is_told(topology: &str, object: &str, parts: &[&str]) {
    let (outcome, reason) = said(topology, object);
    assert_eq!(outcome, Outcome::Inconclusive, "{reason}");
    for part in parts {
        assert!(reason.contains(part), "'{part}' is missing in: {reason}");
    }
}

#[test]
fn without_any_of_it_the_scenario_passes() {
    assert_eq!(said("", ""), (Outcome::Pass, String::new()));
}

#[test]
fn an_envoy_filter() {
    let filter = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: odd, namespace: istio-system}, spec: {}}";
    is_told("", filter, &["EnvoyFilter", "odd"]);
}

#[test]
fn a_request_authentication() {
    let object = "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: odd, namespace: sample}, spec: {jwtRules: [{issuer: a}]}}";
    is_told("", object, &["RequestAuthentication", "odd"]);
}

#[test]
fn an_ambient_namespace() {
    let object = "{apiVersion: v1, kind: Namespace, metadata: {name: sample, labels: {istio-injection: enabled, istio.io/dataplane-mode: ambient}}}";
    is_told("", object, &["istio.io/dataplane-mode", "sample"]);
}

#[test]
fn a_field_of_mesh_config_that_istio_has_not() {
    let mesh = "    meshes: {mesh1: {meshConfig: {pathNormalisation: {normalization: NONE}}}}\n";
    is_told(mesh, "", &["pathNormalisation"]);
}

#[test]
fn a_field_of_a_rule_that_is_not_modelled() {
    let rule = "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: odd, namespace: sample}, spec: {hosts: [helloworld], http: [{route: [{destination: {host: helloworld}}], corsPolicy: {allowOrigins: [{exact: a}]}}]}}";
    is_told("", rule, &["VirtualService", "odd", "corsPolicy"]);
}
