//! T4: a primary on each of two networks; T8: one cluster and a machine.

use serde_json::{Value, json};

use super::{
    CONTROL_PLANES, GATEWAY, NETWORK, SYSTEM, check, east_west_ports, remote_secret_of, row,
};
use crate::{
    support::Installation,
    topologies::{MULTI_PRIMARY, VM},
};

#[test]
fn t4_both_clusters_are_labelled_exposed_and_watched() {
    let mesh = Installation::of(&MULTI_PRIMARY);
    let exposed = "Gateway istio-system/cross-network-gateway";
    for (cluster, network, other) in [
        ("cluster1", "network1", "cluster2"),
        ("cluster2", "network2", "cluster1"),
    ] {
        check(
            &mesh,
            vec![
                row(
                    "istio-system says its network",
                    cluster,
                    SYSTEM,
                    NETWORK,
                    network,
                ),
                row(
                    "a primary has no other writer",
                    cluster,
                    SYSTEM,
                    CONTROL_PLANES,
                    Value::Null,
                ),
                row(
                    "the gateway Service says its network",
                    cluster,
                    GATEWAY,
                    NETWORK,
                    network,
                ),
                row(
                    "and is a load balancer",
                    cluster,
                    GATEWAY,
                    "/spec/type",
                    "LoadBalancer",
                ),
                row(
                    "the samples select it by this label",
                    cluster,
                    GATEWAY,
                    "/metadata/labels/istio",
                    "eastwestgateway",
                ),
                row(
                    "services are exposed on 15443",
                    cluster,
                    exposed,
                    "/spec/servers/0/port/number",
                    15443,
                ),
                row(
                    "by the server name, without ending TLS",
                    cluster,
                    exposed,
                    "/spec/servers/0/tls/mode",
                    "AUTO_PASSTHROUGH",
                ),
                row(
                    "for *.local",
                    cluster,
                    exposed,
                    "/spec/servers/0/hosts",
                    json!(["*.local"]),
                ),
                row(
                    "on the east-west gateway",
                    cluster,
                    exposed,
                    "/spec/selector/istio",
                    "eastwestgateway",
                ),
            ],
        );
        let gateway = "istio-system/istio-eastwestgateway";
        assert_eq!(mesh.ports(cluster, gateway), east_west_ports());
        let env = mesh.env(cluster, gateway);
        assert_eq!(env["ISTIO_META_REQUESTED_NETWORK_VIEW"], network);
        let env = mesh.env(cluster, "istio-system/istiod");
        assert_eq!(env["CLUSTER_ID"], cluster);
        assert!(
            !env.contains_key("EXTERNAL_ISTIOD"),
            "nothing attaches to it"
        );
        remote_secret_of(&mesh, cluster, other);
    }
}

#[test]
fn t4_istiod_reads_its_authority_from_cacerts_before_it_starts() {
    let mesh = Installation::of(&MULTI_PRIMARY);
    let stages: Vec<&str> = manifest::stages(&mesh.topology)
        .iter()
        .map(manifest::Stage::name)
        .collect();
    let at = |name: &str| stages.iter().position(|stage| *stage == name);
    assert!(at("trust") < at("control-planes"));
    let mut roots = Vec::new();
    for cluster in ["cluster1", "cluster2"] {
        let secret = mesh.object(cluster, "Secret istio-system/cacerts").value();
        let files = secret["stringData"].as_object().unwrap();
        let names: Vec<&String> = files.keys().collect();
        assert_eq!(
            names,
            [
                "ca-cert.pem",
                "ca-key.pem",
                "cert-chain.pem",
                "root-cert.pem"
            ]
        );
        let istiod = mesh.field(
            cluster,
            "Deployment istio-system/istiod",
            "/spec/template/spec/volumes",
        );
        let volume =
            json!({"name": "cacerts", "secret": {"optional": true, "secretName": "cacerts"}});
        assert!(istiod.as_array().unwrap().contains(&volume));
        roots.push(files["root-cert.pem"].clone());
    }
    assert_eq!(roots[0], roots[1], "one root above both clusters");
}

#[test]
fn t4_istiod_serves_the_ports_of_its_chart() {
    let mesh = Installation::of(&MULTI_PRIMARY);
    let ports = mesh.ports("cluster1", "istio-system/istiod");
    let expected = [
        ("grpc-xds", 15010),
        ("https-dns", 15012),
        ("https-webhook", 443),
        ("http-monitoring", 15014),
    ];
    assert_eq!(ports, expected.map(|(name, port)| (name.to_owned(), port)));
    let webhook = mesh.field(
        "cluster1",
        "Service istio-system/istiod",
        "/spec/ports/2/targetPort",
    );
    assert_eq!(webhook, 15017);
}

#[test]
fn t4_mesh_and_injection_know_mesh_cluster_and_network() {
    let mesh = Installation::of(&MULTI_PRIMARY);
    let config = mesh.document("cluster2", "istio-system/istio", "mesh");
    assert_eq!(config["trustDomain"], "cluster.local");
    assert_eq!(config["rootNamespace"], "istio-system");
    assert_eq!(config["defaultConfig"]["meshId"], "mesh1");
    let address = &config["defaultConfig"]["discoveryAddress"];
    assert_eq!(address, "istiod.istio-system.svc:15012");
    let values = mesh.document("cluster2", "istio-system/istio-sidecar-injector", "values");
    assert_eq!(values["global"]["meshID"], "mesh1");
    assert_eq!(values["global"]["multiCluster"]["clusterName"], "cluster2");
    assert_eq!(values["global"]["network"], "network2");
}

#[test]
fn t8_a_gateway_for_vms_of_a_single_cluster_is_of_no_network() {
    let mesh = Installation::of(&VM);
    check(
        &mesh,
        vec![row(
            "--single-cluster",
            "cluster1",
            GATEWAY,
            NETWORK,
            Value::Null,
        )],
    );
    let env = mesh.env("cluster1", "istio-system/istio-eastwestgateway");
    assert!(!env.contains_key("ISTIO_META_REQUESTED_NETWORK_VIEW"));
    assert!(
        mesh.find("cluster1", "Gateway istio-system/istiod-gateway")
            .is_some()
    );
}
