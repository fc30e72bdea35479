//! T8 and T9 against Istio's guide for virtual machines.

use serde_json::Value;

use manifest::{VmFiles, vm_files, vm_needs};
use world::VmName;

use crate::{
    support::Installation,
    topologies::{Case, VM, VM_ELSEWHERE},
};

fn legacy() -> VmName {
    VmName::new("legacy").unwrap()
}

fn files(case: &Case) -> VmFiles {
    let mesh = Installation::of(case);
    let group = mesh.object("cluster1", "WorkloadGroup vm/legacy").value();
    let network = group["spec"]["template"]["network"].as_str();
    vm_files(&mesh.topology, &legacy(), network, &mesh.facts).unwrap()
}

fn metadata(case: &Case) -> Value {
    let mesh: Value = serde_yaml::from_str(&files(case).mesh).unwrap();
    mesh["defaultConfig"]["proxyMetadata"].clone()
}

#[test]
fn a_cluster_knows_a_vm_by_group_account_and_service() {
    let mesh = Installation::of(&VM);
    let group = mesh.object("cluster1", "WorkloadGroup vm/legacy").value();
    assert_eq!(group["spec"]["metadata"]["labels"]["app"], "legacy");
    assert_eq!(group["spec"]["template"]["serviceAccount"], "legacy");
    assert_eq!(group["spec"]["template"]["network"], Value::Null);
    assert!(mesh.find("cluster1", "ServiceAccount vm/legacy").is_some());
    let selector = mesh.field("cluster1", "Service vm/legacy", "/spec/selector/app");
    assert_eq!(selector, "legacy");
}

#[test]
fn a_vm_on_another_network_says_which() {
    let mesh = Installation::of(&VM_ELSEWHERE);
    let group = "WorkloadGroup vm/legacy";
    let network = mesh.field("cluster1", group, "/spec/template/network");
    assert_eq!(network, "network2");
    assert_eq!(metadata(&VM_ELSEWHERE)["ISTIO_META_NETWORK"], "network2");
    assert_eq!(metadata(&VM)["ISTIO_META_NETWORK"], "");
    let exposed = "Gateway istio-system/cross-network-gateway";
    assert!(mesh.find("cluster1", exposed).is_some());
}

#[test]
fn its_environment_is_sorted_and_quoted() {
    let files = files(&VM);
    let lines: Vec<&str> = files.cluster_env.lines().collect();
    assert_eq!(
        lines,
        [
            "ISTIO_INBOUND_PORTS='*'",
            "ISTIO_LOCAL_EXCLUDE_PORTS='22,15090,15021,15020'",
            "ISTIO_NAMESPACE='vm'",
            "ISTIO_SERVICE='legacy.vm'",
            "ISTIO_SERVICE_CIDR='*'",
            "SERVICE_ACCOUNT='legacy'",
        ]
    );
}

#[test]
fn its_proxy_knows_group_cluster_and_mesh() {
    let metadata = metadata(&VM);
    for (name, value) in [
        ("ISTIO_META_AUTO_REGISTER_GROUP", "legacy"),
        ("ISTIO_META_CLUSTER_ID", "cluster1"),
        ("ISTIO_META_DNS_CAPTURE", "true"),
        ("ISTIO_META_MESH_ID", "mesh1"),
        ("ISTIO_META_WORKLOAD_NAME", "legacy"),
        ("POD_NAMESPACE", "vm"),
        ("SERVICE_ACCOUNT", "legacy"),
        ("TRUST_DOMAIN", "cluster.local"),
        ("CANONICAL_SERVICE", "legacy"),
        ("CANONICAL_REVISION", "latest"),
    ] {
        assert_eq!(metadata[name], value, "{name}");
    }
}

#[test]
fn it_finds_istiod_at_the_gateway() {
    let mesh = Installation::of(&VM);
    let address = mesh.address("cluster1", 1);
    assert_eq!(
        files(&VM).hosts,
        format!("{address} istiod.istio-system.svc\n")
    );
    let paths: Vec<&str> = files(&VM).files().map(|(path, _)| path).to_vec();
    assert_eq!(
        paths,
        [
            "/var/lib/istio/envoy/cluster.env",
            "/etc/istio/config/mesh",
            "/etc/certs/root-cert.pem",
            "/var/run/secrets/tokens/istio-token",
            "/etc/hosts",
        ]
    );
}

#[test]
fn its_files_need_a_token_a_root_and_an_address() {
    let topology = VM.topology();
    let needs: Vec<String> = vm_needs(&topology, &legacy())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        needs,
        [
            "the istio-ca token of VM legacy",
            "root-cert.pem of ConfigMap vm/istio-ca-root-cert in cluster1",
            "the load-balancer address of Service istio-system/istio-eastwestgateway in cluster1",
        ]
    );
}
