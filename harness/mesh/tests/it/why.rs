//! What the account of a call says: where it went, what was left out, and what is missing.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::time::Duration;

use engine::{Environment, MeshView, ObjectRef};
use serde_json::{Value, json};
use sim::runtime;
use world::{Call, Client, Connection, NamespaceName, Protocol, Target, Why, WorkloadName};

use crate::{
    install::{Mesh, cluster, soon},
    istiod::{deploy_with, namespace, settle},
};

/// Two networks with a client in the first and a server in the second.
async fn scene() -> Mesh {
    let mesh = Mesh::install("multi-network-multi-primary").await;
    let enabled = json!({"istio-injection": "enabled"});
    deploy_with(&mesh, 1, ("sample", "sleep"), enabled.clone()).await;
    deploy_with(&mesh, 2, ("sample", "helloworld"), enabled).await;
    settle().await;
    mesh
}

fn call(namespace: &str, host: &str) -> Call {
    Call {
        from: Client::Pod {
            cluster: cluster(1),
            namespace: NamespaceName::new(namespace).unwrap(),
            workload: WorkloadName::new("sleep").unwrap(),
        },
        to: Target {
            host: host.into(),
            port: 5000,
        },
        protocol: Protocol::get("/hello"),
        connection: Connection::Fresh,
        // Three tries of ten seconds each end before it.
        timeout: Duration::from_secs(40),
    }
}

async fn why(mesh: &Mesh, namespace: &str, host: &str) -> String {
    let view: &dyn MeshView = mesh.environment.mesh().unwrap();
    let why: Why = view.explain(&call(namespace, host)).await.unwrap();
    why.to_string()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "'{part}' is not in:\n{text}");
    }
}

async fn delete(mesh: &Mesh, n: usize, object: ObjectRef) {
    let kinds = mesh.kinds(&cluster(n));
    engine::delete::all(&kinds, &[object], soon())
        .await
        .unwrap();
    settle().await;
}

async fn apply(mesh: &Mesh, n: usize, object: Value) {
    mesh.apply(&cluster(n), &[object]).await;
    settle().await;
}

#[test]
fn a_call_across_networks_names_gateway_endpoints_and_identities() {
    runtime::run(async {
        let text = why(&scene().await, "sample", "helloworld").await;
        says(
            &text,
            &[
                "configures the client's proxy and reads cluster1, cluster2",
                "helloworld.sample.svc.cluster.local is ",
                "the gateway of network2 for ",
                "in cluster2 on network2: priority 0  [split-horizon/gateway-weight]",
                "outbound_.5000_._.helloworld.sample.svc.cluster.local is passed through",
                "spiffe://cluster.local/ns/sample/sa/default is let in",
                "answered by helloworld-",
                " in cluster2",
            ],
        );
    });
}

#[test]
fn a_missing_remote_secret_is_named_with_its_effect() {
    runtime::run(async {
        let mesh = scene().await;
        let name = "istio-remote-secret-cluster2";
        let secret = ObjectRef::namespaced("v1", "Secret", "istio-system", name);
        delete(&mesh, 1, secret).await;
        let text = why(&mesh, "sample", "helloworld").await;
        says(
            &text,
            &[
                "cluster2's endpoints are unknown to istiod cluster1/",
                "no remote secret for cluster2  [remote/cluster-added]",
                "no endpoint of helloworld.sample.svc.cluster.local is known",
                "refused: http-503",
            ],
        );
    });
}

#[test]
fn a_network_without_a_gateway_is_named() {
    runtime::run(async {
        let mesh = scene().await;
        let name = "istio-eastwestgateway";
        let gateway = ObjectRef::namespaced("v1", "Service", "istio-system", name);
        delete(&mesh, 2, gateway).await;
        let text = why(&mesh, "sample", "helloworld").await;
        says(
            &text,
            &[
                "in cluster2 on network2: priority 0; no gateway to its network is known",
                "[split-horizon/no-gateway]",
                "refused: http-503",
            ],
        );
    });
}

#[test]
fn a_name_that_does_not_resolve_says_what_was_asked_for() {
    runtime::run(async {
        let text = why(&scene().await, "sample", "nope").await;
        says(&text, &["no address for 'nope'", "refused: dns"]);
    });
}

#[test]
fn strict_names_the_plaintext_and_the_client_without_a_proxy() {
    runtime::run(async {
        let mesh = scene().await;
        let enabled = json!({"istio-injection": "enabled"});
        deploy_with(&mesh, 1, ("sample", "helloworld"), enabled).await;
        deploy_with(&mesh, 1, ("plain", "sleep"), json!({})).await;
        let strict = json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": "istio-system"},
            "spec": {"mtls": {"mode": "STRICT"}},
        });
        apply(&mesh, 1, strict).await;
        let text = why(&mesh, "plain", "helloworld.sample").await;
        says(
            &text,
            &[
                "the client has no proxy",
                "the client sends plaintext and mutual TLS is required  [tls/inbound-strict]",
                "refused: reset",
            ],
        );
    });
}

#[test]
fn a_policy_that_denies_is_named() {
    runtime::run(async {
        let mesh = scene().await;
        let nobody = json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "nobody", "namespace": "sample"}, "spec": {},
        });
        mesh.apply(&cluster(1), &[namespace("sample", json!({}))])
            .await;
        apply(&mesh, 2, nobody).await;
        let text = why(&mesh, "sample", "helloworld").await;
        says(
            &text,
            &[
                "denied by AuthorizationPolicy (read: sample/nobody)",
                "[authz/allow-unmatched]",
                "refused: http-403",
            ],
        );
    });
}
