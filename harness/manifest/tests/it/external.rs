//! T6 against Istio's guide for external control planes (with an address, not a host name).

use serde_json::{Value, json};

use crate::{support::Installation, topologies::EXTERNAL};

fn mesh() -> Installation {
    Installation::of(&EXTERNAL)
}

#[test]
fn the_gateway_in_front_offers_configuration_and_webhooks() {
    let mesh = mesh();
    let ports = mesh.ports("external", "istio-system/istio-ingressgateway");
    let expected = [
        ("status-port", 15021),
        ("tls-xds", 15012),
        ("tls-webhook", 15017),
    ];
    assert_eq!(ports, expected.map(|(name, port)| (name.to_owned(), port)));
    let gateway = "Gateway external-istiod/external-istiod-gw";
    let selector = mesh.field("external", gateway, "/spec/selector/istio");
    assert_eq!(selector, "ingressgateway");
    let route = mesh.field(
        "external",
        "VirtualService external-istiod/external-istiod-vs",
        "/spec/tls/0/route/0/destination/host",
    );
    assert_eq!(route, "istiod.external-istiod.svc.cluster.local");
}

#[test]
fn the_istiod_goes_by_the_name_of_its_configuration_cluster() {
    let mesh = mesh();
    let env = mesh.env("external", "external-istiod/istiod");
    let address = mesh.address("external", 1);
    for (name, value) in [
        ("CLUSTER_ID", "cluster1"),
        ("EXTERNAL_ISTIOD", "true"),
        ("LOCAL_CLUSTER_SECRET_WATCHER", "true"),
        ("SHARED_MESH_CONFIG", "istio"),
        (
            "INJECTION_WEBHOOK_CONFIG_NAME",
            "istio-sidecar-injector-external-istiod",
        ),
        (
            "VALIDATION_WEBHOOK_CONFIG_NAME",
            "istio-validator-external-istiod",
        ),
        ("ISTIOD_CUSTOM_HOST", &address),
    ] {
        assert_eq!(env.get(name).map(String::as_str), Some(value), "{name}");
    }
    let config = mesh.document("external", "external-istiod/istio", "mesh");
    assert_eq!(config["rootNamespace"], "external-istiod");
    let discovery = &config["defaultConfig"]["discoveryAddress"];
    assert_eq!(discovery, &json!(format!("{address}:15012")));
    let values = mesh.document(
        "external",
        "external-istiod/istio-sidecar-injector",
        "values",
    );
    assert_eq!(values["global"]["caAddress"], format!("{address}:15012"));
}

#[test]
fn it_reads_mesh_configuration_and_injection_from_files() {
    let mesh = mesh();
    let mounts = mesh.field(
        "external",
        "Deployment external-istiod/istiod",
        "/spec/template/spec/containers/0/volumeMounts",
    );
    for path in [
        "/etc/istio/config",
        "/var/lib/istio/inject",
        "/var/run/secrets/remote",
    ] {
        let mounts = mounts.as_array().unwrap();
        assert!(
            mounts.iter().any(|mount| mount["mountPath"] == path),
            "{path}"
        );
    }
}

#[test]
fn it_reads_its_configuration_through_a_kubeconfig() {
    let mesh = mesh();
    let secret = mesh.object("external", "Secret external-istiod/istio-kubeconfig");
    let text = secret.text("/stringData/config").unwrap();
    let kubeconfig: Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(kubeconfig["current-context"], "cluster1");
    let token = kubeconfig["users"][0]["user"]["token"].as_str().unwrap();
    assert!(
        token.contains("istiod-istio-remote-secret-token"),
        "{token}"
    );
    assert!(
        mesh.find("cluster1", "ServiceAccount external-istiod/istiod")
            .is_some()
    );
}

#[test]
fn the_configuration_cluster_has_webhooks_configuration_and_no_istiod() {
    let mesh = mesh();
    let injector = "MutatingWebhookConfiguration istio-sidecar-injector-external-istiod";
    let webhooks = mesh.field("cluster1", injector, "/webhooks");
    assert_eq!(webhooks.as_array().unwrap().len(), 4);
    let service = &webhooks[0]["clientConfig"]["service"];
    assert_eq!(service["namespace"], "external-istiod");
    assert_eq!(service["path"], "/inject/cluster/cluster1/net/network1");
    for present in [
        "ConfigMap external-istiod/istio",
        "Service external-istiod/istiod",
        "ValidatingWebhookConfiguration istio-validator-external-istiod",
        "ValidatingWebhookConfiguration istiod-default-validator",
        "Gateway external-istiod/cross-network-gateway",
    ] {
        assert!(mesh.find("cluster1", present).is_some(), "{present}");
    }
    assert_eq!(
        mesh.find("cluster1", "Deployment external-istiod/istiod"),
        None
    );
}

#[test]
fn a_second_data_cluster_is_a_remote_of_the_configuration_cluster() {
    let mesh = mesh();
    let writers = mesh.field(
        "cluster2",
        "Namespace external-istiod",
        "/metadata/annotations/topology.istio.io~1controlPlaneClusters",
    );
    assert_eq!(writers, "cluster1");
    let secret = "Secret external-istiod/istio-remote-secret-cluster2";
    assert!(
        mesh.find("external", secret).is_some(),
        "read in istiod's own cluster"
    );
    assert_eq!(mesh.find("cluster1", secret), None);
    for cluster in ["cluster1", "cluster2"] {
        let gateway = "Service external-istiod/istio-eastwestgateway";
        assert!(mesh.find(cluster, gateway).is_some(), "{cluster}");
    }
    assert_eq!(
        mesh.find("cluster2", "Gateway external-istiod/cross-network-gateway"),
        None
    );
}

#[test]
fn beside_the_external_istiod_runs_only_the_one_of_its_gateway() {
    let mesh = mesh();
    let istiods: Vec<String> = mesh
        .objects
        .iter()
        .filter(|(_, placed)| placed.object.kind() == "Deployment")
        .filter(|(_, placed)| placed.object.name() == "istiod")
        .map(|(_, placed)| format!("{} in {}", placed.object, placed.cluster))
        .collect();
    assert_eq!(
        istiods,
        [
            "Deployment istio-system/istiod in external",
            "Deployment external-istiod/istiod in external",
        ]
    );
}
