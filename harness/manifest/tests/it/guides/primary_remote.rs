//! T2 and T5: a remote on the primary's network and on another one.

use serde_json::{Value, json};

use super::{
    CONTROL_PLANES, GATEWAY, INJECTOR, NETWORK, Row, SYSTEM, check, east_west_ports,
    remote_secret_of, row,
};
use crate::{
    support::Installation,
    topologies::{Case, PRIMARY_REMOTE, SHARED_PRIMARY},
};

fn remote_rows(network: &'static str, address: &str) -> Vec<Row> {
    let service = "Service istio-system/istiod";
    let slice = "EndpointSlice istio-system/istiod";
    vec![
        row(
            "the remote's istio-system permits cluster1's istiod to write here",
            "cluster2",
            SYSTEM,
            CONTROL_PLANES,
            "cluster1",
        ),
        row("and says its network", "cluster2", SYSTEM, NETWORK, network),
        row(
            "the remote's Service has no selector",
            "cluster2",
            service,
            "/spec/selector",
            Value::Null,
        ),
        row(
            "15012 is for configuration",
            "cluster2",
            service,
            "/spec/ports/0/port",
            15012,
        ),
        row(
            "443 leads to",
            "cluster2",
            service,
            "/spec/ports/1/port",
            443,
        ),
        row(
            "15017, for webhooks",
            "cluster2",
            service,
            "/spec/ports/1/targetPort",
            15017,
        ),
        row(
            "remotePilotAddress, the primary's gateway, is behind it",
            "cluster2",
            slice,
            "/endpoints/0/addresses",
            json!([address]),
        ),
        row(
            "by this label",
            "cluster2",
            slice,
            "/metadata/labels/kubernetes.io~1service-name",
            "istiod",
        ),
        row(
            "istiod is exposed for configuration",
            "cluster1",
            "Gateway istio-system/istiod-gateway",
            "/spec/servers/0/port/number",
            15012,
        ),
        row(
            "and for webhooks",
            "cluster1",
            "Gateway istio-system/istiod-gateway",
            "/spec/servers/1/port/number",
            15017,
        ),
        row(
            "without ending TLS",
            "cluster1",
            "Gateway istio-system/istiod-gateway",
            "/spec/servers/0/tls/mode",
            "PASSTHROUGH",
        ),
        row(
            "whatever the server name",
            "cluster1",
            "VirtualService istio-system/istiod-vs",
            "/spec/tls/0/match/0/sniHosts",
            json!(["*"]),
        ),
        row(
            "15017 leads to istiod's 443",
            "cluster1",
            "VirtualService istio-system/istiod-vs",
            "/spec/tls/1/route/0/destination",
            json!({"host": "istiod.istio-system.svc.cluster.local", "port": {"number": 443}}),
        ),
    ]
}

fn is_a_remote(case: &Case, network: &'static str) -> Installation {
    let mesh = Installation::of(case);
    let address = mesh.address("cluster1", 1);
    check(&mesh, remote_rows(network, &address));
    let webhooks = mesh.field("cluster2", INJECTOR, "/webhooks");
    for webhook in webhooks.as_array().unwrap() {
        let service = &webhook["clientConfig"]["service"];
        let path = format!("/inject/cluster/cluster2/net/{network}");
        assert_eq!(
            service["path"], path,
            "cluster and network travel in the path"
        );
        assert_eq!(service["name"], "istiod");
        assert_eq!(service["port"], 443);
    }
    let env = mesh.env("cluster1", "istio-system/istiod");
    assert_eq!(env["EXTERNAL_ISTIOD"], "true", "the primary serves remotes");
    for absent in [
        "Deployment istio-system/istiod",
        "ConfigMap istio-system/istio",
        "ConfigMap istio-system/istio-sidecar-injector",
        "Secret istio-system/cacerts",
        "ServiceAccount istio-system/istiod",
        "Secret istio-system/istio-remote-secret-cluster1",
        "ValidatingWebhookConfiguration istio-validator-istio-system",
    ] {
        assert_eq!(mesh.find("cluster2", absent), None, "a remote has none");
    }
    remote_secret_of(&mesh, "cluster1", "cluster2");
    mesh
}

#[test]
fn t2_a_remote_on_one_network_still_needs_the_primarys_gateway() {
    let mesh = is_a_remote(&SHARED_PRIMARY, "network1");
    assert_eq!(
        mesh.ports("cluster1", "istio-system/istio-eastwestgateway"),
        east_west_ports()
    );
    for cluster in ["cluster1", "cluster2"] {
        let exposed = "Gateway istio-system/cross-network-gateway";
        assert_eq!(mesh.find(cluster, exposed), None, "one network");
    }
    assert_eq!(mesh.find("cluster2", GATEWAY), None);
}

#[test]
fn t5_services_are_exposed_where_the_configuration_is_and_the_gateway_comes_late() {
    let mesh = is_a_remote(&PRIMARY_REMOTE, "network2");
    let exposed = "Gateway istio-system/cross-network-gateway";
    assert!(mesh.find("cluster1", exposed).is_some());
    assert_eq!(mesh.find("cluster2", exposed), None, "only in the primary");
    assert_eq!(mesh.stage_of("cluster2", GATEWAY), "remote-gateways");
    let env = mesh.env("cluster2", "istio-system/istio-eastwestgateway");
    assert_eq!(env["ISTIO_META_REQUESTED_NETWORK_VIEW"], "network2");
}

#[test]
fn t5_operators_hold_the_values_of_the_guide() {
    let mesh = Installation::in_form(&PRIMARY_REMOTE, manifest::Form::Operators);
    let istio = "IstioOperator istio-system/istio";
    let gateway = "IstioOperator istio-system/istio-eastwestgateway";
    let address = mesh.address("cluster1", 1);
    check(
        &mesh,
        vec![
            row(
                "meshID",
                "cluster1",
                istio,
                "/spec/values/global/meshID",
                "mesh1",
            ),
            row(
                "network",
                "cluster1",
                istio,
                "/spec/values/global/network",
                "network1",
            ),
            row(
                "clusterName",
                "cluster1",
                istio,
                "/spec/values/global/multiCluster/clusterName",
                "cluster1",
            ),
            row(
                "externalIstiod",
                "cluster1",
                istio,
                "/spec/values/global/externalIstiod",
                true,
            ),
            row(
                "profile remote",
                "cluster2",
                istio,
                "/spec/profile",
                "remote",
            ),
            row(
                "the remote's istiod values: remotePilotAddress is the gateway's address",
                "cluster2",
                istio,
                "/spec/values/global/remotePilotAddress",
                address,
            ),
            row(
                "injectionPath",
                "cluster2",
                istio,
                "/spec/values/istiodRemote/injectionPath",
                "/inject/cluster/cluster2/net/network2",
            ),
            row(
                "a gateway's profile is empty",
                "cluster2",
                gateway,
                "/spec/profile",
                "empty",
            ),
            row(
                "and its pods are injected by the gateway template",
                "cluster2",
                gateway,
                "/spec/values/gateways/istio-ingressgateway/injectionTemplate",
                "gateway",
            ),
            row(
                "15443 is the second port",
                "cluster2",
                gateway,
                "/spec/components/ingressGateways/0/k8s/service/ports/1",
                json!({"name": "tls", "port": 15443, "targetPort": 15443}),
            ),
            row(
                "the network's view",
                "cluster2",
                gateway,
                "/spec/components/ingressGateways/0/k8s/env/0",
                json!({"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "network2"}),
            ),
        ],
    );
}
