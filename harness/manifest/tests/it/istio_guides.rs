//! Installations against what Istio's multi-cluster guides and samples install, field by field.

use serde_json::{Value, json};

use crate::{
    support::Installation,
    topologies::{Case, EXTERNAL, MULTI_PRIMARY, PRIMARY_REMOTE, REVISIONS, SHARED_PRIMARY, VM},
};

/// One field that a guide speaks of.
struct Row {
    /// What the guide says.
    fact: &'static str,
    cluster: &'static str,
    object: &'static str,
    pointer: &'static str,
    expected: Value,
}

fn row(
    fact: &'static str,
    cluster: &'static str,
    object: &'static str,
    pointer: &'static str,
    expected: impl Into<Value>,
) -> Row {
    Row {
        fact,
        cluster,
        object,
        pointer,
        expected: expected.into(),
    }
}

#[track_caller]
fn check(installation: &Installation, rows: Vec<Row>) {
    let mut wrong = Vec::new();
    for row in rows {
        let found = installation.field(row.cluster, row.object, row.pointer);
        if found != row.expected {
            wrong.push(format!(
                "{}\n  {} in {}, {}: expected {}, found {found}",
                row.fact, row.object, row.cluster, row.pointer, row.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const SYSTEM: &str = "Namespace istio-system";
const GATEWAY: &str = "Service istio-system/istio-eastwestgateway";
const INJECTOR: &str = "MutatingWebhookConfiguration istio-sidecar-injector";
const NETWORK: &str = "/metadata/labels/topology.istio.io~1network";
const CONTROL_PLANES: &str = "/metadata/annotations/topology.istio.io~1controlPlaneClusters";

fn east_west_ports() -> Vec<(String, u64)> {
    [
        ("status-port", 15021),
        ("tls", 15443),
        ("tls-istiod", 15012),
        ("tls-webhook", 15017),
    ]
    .map(|(name, port)| (name.to_owned(), port))
    .to_vec()
}

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
                row(
                    "STRICT for the whole mesh",
                    cluster,
                    "PeerAuthentication istio-system/default",
                    "/spec/mtls/mode",
                    "STRICT",
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

/// The Secret, and the kubeconfig in it, as `istioctl create-remote-secret` writes them.
#[track_caller]
fn remote_secret_of(mesh: &Installation, stored_in: &'static str, of: &str) {
    let name = format!("Secret istio-system/istio-remote-secret-{of}");
    let secret = mesh.object(stored_in, &name).value();
    assert_eq!(secret["metadata"]["labels"]["istio/multiCluster"], "true");
    let annotations = &secret["metadata"]["annotations"];
    assert_eq!(annotations["networking.istio.io/cluster"], of);
    let keys: Vec<&String> = secret["stringData"].as_object().unwrap().keys().collect();
    assert_eq!(keys, [of], "the key is the cluster's identity");

    let text = secret["stringData"][of].as_str().unwrap();
    let kubeconfig: Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(kubeconfig["kind"], "Config");
    for (list, field) in [
        ("clusters", "cluster"),
        ("contexts", "context"),
        ("users", "user"),
    ] {
        assert_eq!(kubeconfig[list][0]["name"], of, "{list}");
        assert!(kubeconfig[list][0][field].is_object(), "{list}");
    }
    assert_eq!(kubeconfig["current-context"], of);
    let server = kubeconfig["clusters"][0]["cluster"]["server"].as_str();
    let address = mesh.address(of, 0);
    assert_eq!(server, Some(format!("https://{address}:6443").as_str()));
    assert!(kubeconfig["users"][0]["user"]["token"].is_string());
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

#[test]
fn a_revision_has_names_of_its_own_and_tags_lead_to_it() {
    let mesh = Installation::of(&REVISIONS);
    let canary = "MutatingWebhookConfiguration istio-sidecar-injector-canary";
    let tag = "MutatingWebhookConfiguration istio-revision-tag-prod";
    check(
        &mesh,
        vec![
            row(
                "a revision's webhook asks its own Service",
                "cluster1",
                canary,
                "/webhooks/0/clientConfig/service/name",
                "istiod-canary",
            ),
            row(
                "a tag's asks that of its revision",
                "cluster1",
                tag,
                "/webhooks/0/clientConfig/service/name",
                "istiod-stable",
            ),
            row(
                "for namespaces that name the tag",
                "cluster1",
                tag,
                "/webhooks/0/namespaceSelector/matchExpressions/0/values",
                json!(["prod"]),
            ),
            row(
                "and says so",
                "cluster1",
                tag,
                "/metadata/labels/istio.io~1tag",
                "prod",
            ),
            row(
                "side by side, istiod's pods are told apart by revision",
                "cluster1",
                "Service istio-system/istiod-stable",
                "/spec/selector",
                json!({"app": "istiod", "istio.io/rev": "stable"}),
            ),
            row(
                "an image of its version",
                "cluster1",
                "Deployment istio-system/istiod-stable",
                "/spec/template/spec/containers/0/image",
                "docker.io/istio/pilot:1.29.6",
            ),
            row(
                "the server name tells for whom a connection is",
                "cluster1",
                "VirtualService istio-system/istiod-vs-stable",
                "/spec/tls/0/match/0/sniHosts",
                json!([
                    "istiod-stable.istio-system.svc",
                    "istiod-stable.istio-system.svc.cluster.local",
                ]),
            ),
            row(
                "charts before 1.28 write Endpoints",
                "cluster2",
                "Endpoints istio-system/istiod",
                "/subsets/0/ports/0/port",
                15012,
            ),
        ],
    );
    let names = |object: &str| {
        let webhooks = mesh.field("cluster1", object, "/webhooks");
        let name = |webhook: &Value| webhook["name"].as_str().unwrap().to_owned();
        webhooks
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(canary).len(),
        2,
        "no default namespaces for a revision"
    );
    let default = names("MutatingWebhookConfiguration istio-revision-tag-default");
    assert_eq!(
        default.len(),
        4,
        "the tag default also takes istio-injection=enabled"
    );
}

#[test]
fn t6_is_as_its_own_file_says() {
    // The external control plane has a file of its own; here only that no cluster runs two of them.
    let mesh = Installation::of(&EXTERNAL);
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
