//! Who is let in, under which identity, and what refusals look like.

use std::{net::SocketAddrV4, sync::Arc};

use istio::{endpoint::Labels, network::split_horizon::ProxyKind};
use serde_json::json;
use sim::{program::Reply, runtime};
use world::{PeerIdentity, TlsSeen};

use crate::kit::{At, Lab, endpoint, root, status, who};

const SLEEP: At = At(1, 1);
const SERVER: At = At(1, 2);
const IDENTITY: &str = "spiffe://cluster.local/ns/sample/sa/default";

fn strict() -> serde_json::Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "sample"},
        "spec": {"mtls": {"mode": "STRICT"}},
    })
}

#[test]
fn two_sidecars_speak_mutual_tls_and_the_application_learns_who_called() {
    runtime::run(async {
        let mut lab = Lab::new();
        let authority = lab.authority.clone();
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &authority)));
        let mut server = lab.server(SERVER);
        lab.push([&mut sleep, &mut server]);
        let (reply, seen) = lab.call(&sleep).await;
        assert_eq!(who(&reply), "pod1-2", "{seen:#?}");
        let peer = PeerIdentity(IDENTITY.into());
        assert_eq!(seen.tls, Some(TlsSeen::Mutual { peer }));
        let Reply::Http { received, .. } = reply else {
            panic!("no answer")
        };
        let told = &received["x-forwarded-client-cert"];
        assert!(told.starts_with(&format!("By={IDENTITY};Hash=")), "{told}");
        assert!(told.ends_with(&format!(";URI={IDENTITY}")), "{told}");
    });
}

#[test]
fn a_server_without_sidecar_is_called_in_plaintext() {
    runtime::run(async {
        let mut lab = Lab::new();
        let authority = lab.authority.clone();
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &authority)));
        let _server = lab.pod(SERVER, None);
        lab.endpoints.push(endpoint(SERVER, false));
        lab.push([&mut sleep]);
        let (reply, seen) = lab.call(&sleep).await;
        assert_eq!(who(&reply), "pod1-2", "{seen:#?}");
        assert_eq!(seen.tls, None);
    });
}

#[test]
fn strict_closes_plaintext_and_takes_mutual_tls() {
    runtime::run(async {
        let mut lab = Lab::new();
        let authority = lab.authority.clone();
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &authority)));
        let bare = lab.pod(At(1, 3), None);
        let mut server = lab.server(SERVER);
        let to = SocketAddrV4::new(SERVER.address(), 5000);
        lab.push([&mut sleep, &mut server]);
        let (permissive, _) = lab.call_to(bare.at.origin(), to).await;
        assert_eq!(who(&permissive), "pod1-2");
        lab.objects.push(strict());
        lab.push([&mut sleep, &mut server]);
        let (reply, seen) = lab.call_to(bare.at.origin(), to).await;
        assert_eq!(reply, Reply::Closed);
        let because = seen.hops.last().unwrap().because.clone().unwrap();
        assert_eq!(because.as_str(), "tls/inbound-strict");
        assert_eq!(who(&lab.call(&sleep).await.0), "pod1-2");
    });
}

#[test]
fn a_server_under_another_root_is_an_upstream_failure() {
    runtime::run(async {
        let mut lab = Lab::new();
        let foreign = root(99, lab.now());
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &foreign)));
        let mut server = lab.server(SERVER);
        // Nobody exchanges roots: each proxy believes those of its own certificate only.
        lab.push([&mut server]);
        lab.authority = foreign.clone();
        lab.push([&mut sleep]);
        let (reply, seen) = lab.call(&sleep).await;
        assert_eq!(status(&reply), Some(503));
        let last = seen.hops.last().unwrap().decided.to_string();
        assert!(
            last.contains("HandshakeFailed") && last.contains("UF"),
            "{last}"
        );
    });
}

#[test]
fn a_policy_that_denies_answers_403_in_place_of_the_server() {
    runtime::run(async {
        let mut lab = Lab::new();
        let authority = lab.authority.clone();
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &authority)));
        let mut server = lab.server(SERVER);
        lab.objects.push(json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "nobody", "namespace": "sample"}, "spec": {},
        }));
        lab.push([&mut sleep, &mut server]);
        assert_eq!(status(&lab.call(&sleep).await.0), Some(403));
    });
}

#[test]
fn a_server_that_calls_its_own_service_is_let_in_by_its_own_proxy() {
    runtime::run(async {
        let mut lab = Lab::new();
        let mut server = lab.server(SERVER);
        lab.objects.push(strict());
        lab.push([&mut server]);
        let (reply, seen) = lab.call(&server).await;
        assert_eq!(who(&reply), "pod1-2", "{seen:#?}");
        assert!(matches!(seen.tls, Some(TlsSeen::Mutual { .. })));
    });
}

/// Of a namespace without mutual TLS one workload demands it. A client's istiod infers what to send
/// from the namespace alone (BestEffortInferServiceMTLSMode in pilot/pkg/model/push_context.go), so
/// that nobody gets in: neither by plaintext nor by a sidecar.
#[test]
fn a_strict_workload_in_a_namespace_that_disables_is_out_of_reach() {
    runtime::run(async {
        let mut lab = Lab::new();
        let authority = lab.authority.clone();
        let mut sleep = lab.pod(SLEEP, Some((ProxyKind::Sidecar, &authority)));
        let bare = lab.pod(At(1, 3), None);
        let mut server = lab.server(SERVER);
        let mode = |name: &str, spec: serde_json::Value| {
            json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                "metadata": {"name": name, "namespace": "sample"}, "spec": spec})
        };
        lab.objects
            .push(mode("default", json!({"mtls": {"mode": "DISABLE"}})));
        lab.push([&mut sleep, &mut server]);
        let (reply, seen) = lab.call(&sleep).await;
        assert_eq!(who(&reply), "pod1-2", "{seen:#?}");
        assert_eq!(seen.tls, Some(TlsSeen::Plaintext));
        let selector = json!({"matchLabels": {"app": "helloworld"}});
        let strict = json!({"selector": selector, "mtls": {"mode": "STRICT"}});
        lab.objects.push(mode("helloworld", strict));
        server.labels = Labels::from([("app".to_owned(), "helloworld".to_owned())]);
        lab.endpoints[0].labels = Arc::new(server.labels.clone());
        lab.push([&mut sleep, &mut server]);
        let (reply, seen) = lab.call(&sleep).await;
        assert_eq!(status(&reply), Some(503), "{seen:#?}");
        let to = SocketAddrV4::new(SERVER.address(), 5000);
        assert_eq!(lab.call_to(bare.at.origin(), to).await.0, Reply::Closed);
    });
}
