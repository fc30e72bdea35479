//! Rules about Kubernetes manifests: each once broken, at a known line and column, and once not.

use crate::kit::{places, trips};

const RULE: &str = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: r, namespace: sample}\nspec:\n";

fn rule(spec: &str) -> String {
    format!("{RULE}{spec}")
}

#[test]
fn failover_without_outlier_detection() {
    let with = |detection| {
        rule(&format!(
            "  host: a\n  trafficPolicy:\n    loadBalancer:\n      localityLbSetting:\n        failover: [{{from: a, to: b}}]\n{detection}"
        ))
    };
    trips(
        "failover-without-outlier-detection",
        &[("r.yaml", &with(""))],
        &["r.yaml:9:9"],
        &[(
            "r.yaml",
            &with("    outlierDetection: {consecutive5xxErrors: 1}\n"),
        )],
    );
}

#[test]
fn a_subset_inherits_outlier_detection_and_a_port_does_not() {
    let id = "failover-without-outlier-detection";
    let setting = "{loadBalancer: {localityLbSetting: {failoverPriority: [a]}}";
    let policy = "  host: a\n  trafficPolicy:\n    outlierDetection: {}\n";
    let subset = rule(&format!(
        "{policy}  subsets:\n  - {{name: s, trafficPolicy: {setting}}}}}\n"
    ));
    assert_eq!(places(id, &[("r.yaml", &subset)]), [""; 0]);
    let port = rule(&format!(
        "{policy}    portLevelSettings:\n    - {setting}, port: {{number: 80}}}}\n"
    ));
    assert_eq!(places(id, &[("r.yaml", &port)]).len(), 1);
}

#[test]
fn a_gateway_between_networks_without_its_network() {
    let service = |labels| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: gw\n  labels: {{{labels}}}\nspec: {{type: LoadBalancer, ports: [{{name: tls, port: 15443}}]}}\n"
        )
    };
    trips(
        "missing-network-label",
        &[("s.yaml", &service("app: gw"))],
        &["s.yaml:5:3"],
        &[("s.yaml", &service("topology.istio.io/network: network1"))],
    );
}

#[test]
fn a_gateway_of_one_pod() {
    let gateway = |replicas| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: gw, namespace: istio-system}}\nspec:\n  replicas: {replicas}\n  template: {{metadata: {{labels: {{istio: eastwestgateway}}}}}}\n"
        )
    };
    let id = "single-replica-gateway";
    trips(
        id,
        &[("d.yaml", &gateway(1))],
        &["d.yaml:5:3"],
        &[("d.yaml", &gateway(2))],
    );
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: gw, namespace: istio-system}\nspec: {minReplicas: 2, scaleTargetRef: {kind: Deployment, name: gw}}\n";
    assert_eq!(
        places(id, &[("d.yaml", &gateway(1)), ("h.yaml", scaler)]),
        [""; 0]
    );
}

fn cacerts(root: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: cacerts, namespace: istio-system}}\nstringData: {{root-cert.pem: {root}}}\n"
    )
}

#[test]
fn authorities_below_different_roots() {
    let (one, other) = (cacerts("one"), cacerts("other"));
    trips(
        "different-roots",
        &[("east/c.yaml", &one), ("west/c.yaml", &other)],
        &["west/c.yaml:1:1"],
        &[("east/c.yaml", &one), ("west/c.yaml", &one)],
    );
}

fn istiod(cluster: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: istiod, namespace: istio-system, labels: {{app: istiod}}}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: discovery, env: [{{name: CLUSTER_ID, value: {cluster}}}]}}\n"
    )
}

fn secret(of: &str, annotated: &str, server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: istio-remote-secret-{of}\n  namespace: istio-system\n  labels: {{istio/multiCluster: 'true'}}\n  annotations: {{networking.istio.io/cluster: {annotated}}}\nstringData:\n  {of}: |\n    clusters: [{{name: {of}, cluster: {{server: '{server}'}}}}]\n"
    )
}

#[test]
fn remote_secrets_that_go_one_way() {
    let (east, west) = (istiod("east"), istiod("west"));
    let (of_west, of_east) = (
        secret("west", "west", "https://10.0.0.2"),
        secret("east", "east", "https://10.0.0.1"),
    );
    let broken = [
        ("east/i.yaml", &*east),
        ("west/i.yaml", &*west),
        ("east/s.yaml", &*of_west),
    ];
    let mut sound = broken.to_vec();
    sound.push(("west/s.yaml", &of_east));
    trips(
        "one-way-remote-secret",
        &broken,
        &["east/s.yaml:9:3"],
        &sound,
    );
}

#[test]
fn a_remote_secret_that_leads_to_istiod_itself() {
    let of = |server| secret("west", "west", server);
    trips(
        "loopback-remote-secret",
        &[("s.yaml", &of("https://127.0.0.1:6443"))],
        &["s.yaml:9:3"],
        &[("s.yaml", &of("https://10.0.0.2:6443"))],
    );
}

#[test]
fn a_remote_secret_under_another_key() {
    let of = |annotated| secret("west", annotated, "https://10.0.0.2");
    trips(
        "remote-secret-key",
        &[("s.yaml", &of("cluster2"))],
        &["s.yaml:9:3"],
        &[("s.yaml", &of("west"))],
    );
}

#[test]
fn a_remote_secret_of_a_cluster_that_is_not_there() {
    let (east, west) = (istiod("east"), istiod("west"));
    let files = |of: &str| secret(of, of, "https://10.0.0.2");
    let (known, unknown) = (files("west"), files("north"));
    let base = [("east/i.yaml", &*east), ("west/i.yaml", &*west)];
    let id = "remote-secret-key";
    assert_eq!(
        places(id, &[&base[..], &[("east/s.yaml", &unknown)]].concat()).len(),
        1
    );
    assert_eq!(
        places(id, &[&base[..], &[("east/s.yaml", &known)]].concat()).len(),
        0
    );
}

#[test]
fn a_reader_that_may_not_read_config_maps() {
    let role = |resources| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: istio-reader-clusterrole-istio-system}}\nrules:\n- {{apiGroups: [''], resources: [{resources}], verbs: [get, list, watch]}}\n"
        )
    };
    trips(
        "reader-without-configmaps",
        &[("r.yaml", &role("pods, services"))],
        &["r.yaml:4:1"],
        &[("r.yaml", &role("pods, configmaps"))],
    );
}

#[test]
fn two_clusters_of_one_name() {
    let (one, other) = (istiod("cluster1"), istiod("cluster2"));
    trips(
        "cluster-id-twice",
        &[("east/i.yaml", &one), ("west/i.yaml", &one)],
        &["west/i.yaml:7:7"],
        &[("east/i.yaml", &one), ("west/i.yaml", &other)],
    );
}

fn service(spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: sample}}\nspec:\n  {spec}\n"
    )
}

#[test]
fn a_port_of_another_name_in_another_cluster() {
    let (http, web) = (
        service("ports: [{port: 80, name: http}]"),
        service("ports: [{port: 80, name: http-web}]"),
    );
    trips(
        "port-names-differ",
        &[("east/s.yaml", &http), ("west/s.yaml", &web)],
        &["west/s.yaml:5:22"],
        &[("east/s.yaml", &http), ("west/s.yaml", &http)],
    );
    let port = service("ports: [{port: 81, name: http-web}]");
    let found = places(
        "port-names-differ",
        &[("east/s.yaml", &http), ("west/s.yaml", &port)],
    );
    assert_eq!(found, [""; 0], "another number is another port anyway");
}

#[test]
fn a_service_that_is_headless_in_one_cluster() {
    let (usual, headless) = (service("ports: [{port: 80}]"), service("clusterIP: None"));
    trips(
        "inconsistent-service",
        &[("east/s.yaml", &usual), ("west/s.yaml", &headless)],
        &["west/s.yaml:4:1"],
        &[("east/s.yaml", &usual), ("west/s.yaml", &usual)],
    );
}

#[test]
fn a_rule_that_one_of_two_control_planes_holds() {
    let (east, west) = (istiod("east"), istiod("west"));
    let rule = rule("  host: a\n");
    let broken = [
        ("east/i.yaml", &*east),
        ("west/i.yaml", &*west),
        ("east/r.yaml", &*rule),
    ];
    let mut sound = broken.to_vec();
    sound.push(("west/r.yaml", &rule));
    trips(
        "configuration-in-one-primary",
        &broken,
        &["east/r.yaml:1:1"],
        &sound,
    );
}

#[test]
fn a_tls_mode_that_keeps_calls_in_their_network() {
    let namespace = |network| {
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: istio-system, labels: {{topology.istio.io/network: {network}}}}}\n"
        )
    };
    let with = |mode| {
        rule(&format!(
            "  host: a.sample.svc.cluster.local\n  trafficPolicy:\n    tls: {{mode: {mode}}}\n"
        ))
    };
    let (simple, mutual) = (with("SIMPLE"), with("ISTIO_MUTUAL"));
    let (one, two) = (namespace("network1"), namespace("network2"));
    let networks = [("east/n.yaml", &*one), ("west/n.yaml", &*two)];
    let id = "tls-mode-stays-local";
    trips(
        id,
        &[&networks[..], &[("east/r.yaml", &simple)]].concat(),
        &["east/r.yaml:7:11"],
        &[&networks[..], &[("east/r.yaml", &mutual)]].concat(),
    );
    assert_eq!(
        places(id, &[("r.yaml", &simple)]),
        [""; 0],
        "one network keeps nothing out"
    );
}

#[test]
fn a_subset_in_two_rules_of_one_host() {
    let first = rule("  host: a\n  subsets: [{name: v1}]\n");
    let second = |subset| {
        let text = rule(&format!("  host: a\n  subsets: [{{name: {subset}}}]\n"));
        text.replace("name: r,", "name: other,")
    };
    let (same, another) = (second("v1"), second("v2"));
    trips(
        "subset-twice",
        &[("1.yaml", &first), ("2.yaml", &same)],
        &["2.yaml:6:14"],
        &[("1.yaml", &first), ("2.yaml", &another)],
    );
}

#[test]
fn an_exposure_of_hosts_that_no_service_has() {
    let gateway = |host| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: g, namespace: istio-system}}\nspec:\n  servers:\n  - tls: {{mode: AUTO_PASSTHROUGH}}\n    hosts: ['{host}']\n"
        )
    };
    trips(
        "exposure-without-services",
        &[("g.yaml", &gateway("*.example"))],
        &["g.yaml:7:5"],
        &[("g.yaml", &gateway("*.local"))],
    );
}

#[test]
fn lists_are_taken_apart() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.istio.io/v1\n  kind: Gateway\n  metadata: {name: g}\n  spec:\n    servers:\n    - tls: {mode: AUTO_PASSTHROUGH}\n      hosts: [a.example]\n";
    assert_eq!(
        places("exposure-without-services", &[("l.yaml", list)]),
        ["l.yaml:10:7"]
    );
}
