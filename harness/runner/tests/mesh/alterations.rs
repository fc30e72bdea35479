//! Any one object of the installation altered: a check notices, and its message names the effect and
//! what is missing. Where a real mesh is not affected, neither is the simulated one.

use judge::Outcome;
use runner::Trial;
use serde_json::json;

use crate::{
    alter::{T4, T5, noticed, object, omit, patch},
    kit::{canary, inline, row, run},
};

#[test]
fn a_remote_secret_that_is_left_out() {
    let secret = || vec![omit("cluster1", "Secret", "istio-remote-secret-cluster2")];
    noticed(T4, secret(), "synced", &["no remote secret for cluster2"]);
    let effect = ["cluster2 never answered", "no remote secret for cluster2"];
    noticed(T4, secret(), "cluster1 reaches both", &effect);
}

#[test]
fn a_gateway_that_exposes_no_services() {
    let breaks = vec![omit("cluster2", "Gateway", "cross-network-gateway")];
    noticed(
        T4,
        breaks,
        "cluster1 reaches both",
        &["the gateway of network2", "no connection"],
    );
}

#[test]
fn authorities_of_two_roots() {
    let breaks = vec![omit("cluster2", "Secret", "cacerts")];
    noticed(T4, breaks, "cluster1 reaches both", &["is not believed"]);
}

#[test]
fn a_gateway_service_without_its_network() {
    let service = object("Service", "istio-eastwestgateway", Some("istio-system"));
    let merge = json!({"metadata": {"labels": {"topology.istio.io/network": null}}});
    let breaks = vec![patch("cluster2", service, merge)];
    noticed(
        T4,
        breaks,
        "cluster1 reaches both",
        &["no gateway into network2"],
    );
}

#[test]
fn an_injection_label_that_is_missing_from_the_start() {
    let namespace = object("Namespace", "sample", None);
    let merge = json!({"metadata": {"labels": {"istio-injection": null}}});
    let breaks = vec![patch("cluster2", namespace, merge)];
    noticed(T4, breaks, "cluster1 reaches both", &["cluster2"]);
}

#[test]
fn a_webhook_with_a_wrong_address() {
    let hooks = object(
        "MutatingWebhookConfiguration",
        "istio-sidecar-injector",
        None,
    );
    let service =
        json!({"name": "nobody", "namespace": "istio-system", "port": 443, "path": "/inject"});
    let names = ["rev.namespace", "rev.object", "namespace", "object"];
    let hook = |name: &str| {
        json!({
            "name": format!("{name}.sidecar-injector.istio.io"),
            "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
            "clientConfig": {"service": &service, "caBundle": ""},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}},
        })
    };
    let merge = json!({"webhooks": names.map(hook)});
    let breaks = vec![patch("cluster2", hooks, merge)];
    noticed(T4, breaks, "ready", &["failed calling webhook"]);
}

#[test]
fn an_istiod_that_is_not_exposed() {
    let breaks = vec![omit("cluster1", "Gateway", "istiod-gateway")];
    noticed(T5, breaks, "ready", &["failed calling webhook"]);
}

#[test]
fn the_network_label_of_istio_system_alone_has_no_effect() {
    let scenarios = row(T4);
    let namespace = object("Namespace", "istio-system", None);
    let merge = json!({"metadata": {"labels": {"topology.istio.io/network": null}}});
    let canary = canary("half and half", vec![patch("cluster2", namespace, merge)]);
    let trial = Trial {
        scenario: &scenarios[0],
        canary: Some(&canary),
    };
    let trial = run(trial, 1);
    let bad = trial
        .steps
        .iter()
        .filter(|step| step.verdict.outcome > Outcome::Skip);
    assert_eq!(bad.count(), 0, "{}", report::text::trial(&trial, 1));
}

#[test]
fn an_injection_label_that_is_removed_later_leaves_running_pods_alone() {
    let scenarios = inline(
        "  topology: multi-network-multi-primary
  workloads:
    sleep: {in: cluster1}
    helloworld: {in: {cluster1: v1, cluster2: v2}}
  steps:
    - check: {name: both before, within: 60s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - label: {in: cluster2, kind: Namespace, name: sample, labels: {istio-injection: null}}
    - check: {name: running pods stay, holds: 10s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: [cluster1, cluster2]}}
    - restart: {workload: helloworld@cluster2}
    - check: {name: new pods have no sidecar, within: 60s, endpoints: {seenBy: sleep@cluster1, of: helloworld.sample:5000, behind: {cluster1: 1}}}
    - check: {name: and are not reached, within: 60s, reachable: {from: sleep@cluster1, to: helloworld.sample:5000, servedBy: cluster1}}
",
    );
    let trial = run(runner::trials(&scenarios)[0], 1);
    assert_eq!(
        trial.outcome,
        Outcome::Pass,
        "{}",
        report::text::trial(&trial, 1)
    );
}
