//! What a mesh of two primaries on two networks is once its objects are applied.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::time::Duration;

use engine::{Batch, Environment, ObjectRef, condition};
use mesh::istiod::Debug;
use serde_json::{Value, json};
use sim::runtime;
use world::{Call, Client, Connection, NamespaceName, Outcome, Protocol, Target, WorkloadName};

use crate::install::{Mesh, cluster, has_ca_bundles, has_key, webhooks_ref};

const T4: &str = "multi-network-multi-primary";

pub(crate) fn namespace(name: &str, labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// A Service with one pod behind it.
fn helloworld(namespace: &str) -> [Value; 2] {
    let labels = json!({"app": "helloworld", "version": "v1"});
    let container = json!({
        "name": "helloworld", "image": "helloworld", "ports": [{"containerPort": 5000}],
    });
    [
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "helloworld", "namespace": namespace},
            "spec": {
                "ports": [{"name": "http", "port": 5000}],
                "selector": {"app": "helloworld"},
            },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "helloworld", "namespace": namespace},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [container]},
                },
            },
        }),
    ]
}

async fn deploy(mesh: &Mesh, n: usize, name: &str, labels: Value) -> Value {
    deploy_with(mesh, n, (name, "helloworld"), labels).await
}

/// Deploys a workload beside the Service `helloworld`, and returns its pod.
pub(crate) async fn deploy_with(
    mesh: &Mesh,
    n: usize,
    (name, workload): (&str, &str),
    labels: Value,
) -> Value {
    let at = cluster(n);
    let [service, mut deployment] = helloworld(name);
    deployment["metadata"]["name"] = json!(workload);
    deployment["spec"]["selector"]["matchLabels"]["app"] = json!(workload);
    deployment["spec"]["template"]["metadata"]["labels"]["app"] = json!(workload);
    mesh.apply(&at, &[namespace(name, labels), service, deployment])
        .await;
    let deployed = ObjectRef::namespaced("apps/v1", "Deployment", name, workload);
    mesh.until(&at, deployed, condition::ready("Deployment"))
        .await;
    let pods = ObjectRef::namespaced("v1", "Pod", name, "");
    let api = mesh.kinds(&at).api(&pods).await.unwrap();
    let all = api.list(&Default::default()).await.unwrap().items;
    let own = |pod: &Value| pod["metadata"]["labels"]["app"] == workload;
    let mut pods = all.into_iter().map(|pod| json!(pod));
    pods.find(own).unwrap()
}

/// Lets what was just applied get around: reading, collecting and pushing take less than this.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

fn names(list: &Value) -> Vec<&str> {
    let all = list.as_array().into_iter().flatten();
    all.map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn every_istiod_reads_both_clusters_and_refuses_nothing() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        settle().await;
        let all = mesh.images.istiods();
        assert_eq!(all.len(), 2);
        for istiod in all {
            let synced: Vec<(String, bool)> = istiod
                .clusters
                .iter()
                .map(|state| (state.cluster.to_string(), state.synced))
                .collect();
            assert_eq!(synced.len(), 2, "{}: {synced:?}", istiod.name);
            assert!(
                synced.iter().all(|(_, synced)| *synced),
                "{}: {synced:?}",
                istiod.name
            );
        }
        assert_eq!(mesh.images.refusals().all(), []);
    });
}

#[test]
fn the_root_is_in_every_namespace_and_the_ca_in_the_webhooks() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        let mut roots = Vec::new();
        for n in [1, 2] {
            mesh.apply(&cluster(n), &[namespace("sample", json!({}))])
                .await;
            let map = ObjectRef::namespaced("v1", "ConfigMap", "sample", "istio-ca-root-cert");
            let map = mesh.until(&cluster(n), map, has_key("root-cert.pem")).await;
            roots.push(map["data"]["root-cert.pem"].clone());
            let hooks = webhooks_ref("istio-sidecar-injector");
            mesh.until(&cluster(n), hooks, has_ca_bundles()).await;
        }
        assert_eq!(roots[0], roots[1], "both clusters share a root");
    });
}

#[test]
fn a_root_that_somebody_else_writes_over_is_written_again() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        let own = cluster(1);
        mesh.apply(&own, &[namespace("sample", json!({}))]).await;
        let map = || ObjectRef::namespaced("v1", "ConfigMap", "sample", "istio-ca-root-cert");
        let root = |map: &Value| map["data"]["root-cert.pem"].clone();
        let written = mesh.until(&own, map(), has_key("root-cert.pem")).await;
        // By now nothing is missing, and istiod knows it.
        settle().await;
        let other = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "istio-ca-root-cert", "namespace": "sample"},
            "data": {"root-cert.pem": "another"}});
        mesh.apply(&own, &[other]).await;
        settle().await;
        let again = mesh.until(&own, map(), has_key("root-cert.pem")).await;
        assert_eq!(root(&again), root(&written));
    });
}

#[test]
fn a_pod_in_a_labelled_namespace_is_injected_and_one_elsewhere_is_not() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        let enabled = json!({"istio-injection": "enabled"});
        let pod = deploy(&mesh, 1, "sample", enabled).await;
        assert_eq!(
            names(&pod["spec"]["initContainers"]),
            ["istio-init", "istio-proxy"]
        );
        let labels = &pod["metadata"]["labels"];
        assert_eq!(labels["security.istio.io/tlsMode"], "istio");
        assert_eq!(labels["topology.istio.io/network"], "network1");
        let plain = deploy(&mesh, 1, "plain", json!({})).await;
        assert_eq!(plain["spec"]["initContainers"], Value::Null);
        assert_eq!(names(&plain["spec"]["containers"]), ["helloworld"]);
    });
}

#[test]
fn a_service_of_both_clusters_has_the_endpoints_of_both_and_a_gateway_to_each_network() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        for n in [1, 2] {
            deploy(&mesh, n, "sample", json!({"istio-injection": "enabled"})).await;
        }
        settle().await;
        for istiod in mesh.images.istiods() {
            let snapshot = istiod.snapshot.unwrap();
            let host = "helloworld.sample.svc.cluster.local";
            let known = snapshot.endpoints.of(host).unwrap();
            let seen: Vec<(&str, &str, bool)> = known
                .endpoints
                .iter()
                .map(|e| (e.cluster.as_str(), e.network.as_str(), e.mtls_capable))
                .collect();
            assert_eq!(
                seen,
                [
                    ("cluster1", "network1", true),
                    ("cluster2", "network2", true)
                ]
            );
            let gateways: Vec<&str> = snapshot
                .gateways
                .iter()
                .map(|g| g.network.as_str())
                .collect();
            assert_eq!(gateways, ["network1", "network2"]);
            let services = snapshot.services.of(host);
            assert_eq!(services.len(), 1);
            assert_eq!(services[0].clusters.len(), 2);
            assert_eq!(services[0].addresses.cluster_vips.len(), 2);
        }
    });
}

#[test]
fn a_remote_secret_that_is_deleted_takes_the_cluster_s_endpoints_away() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        deploy(&mesh, 2, "sample", json!({"istio-injection": "enabled"})).await;
        let secret = ObjectRef::namespaced(
            "v1",
            "Secret",
            "istio-system",
            "istio-remote-secret-cluster2",
        );
        let host = "helloworld.sample.svc.cluster.local";
        let known = || {
            let all = mesh.images.istiods();
            let first = all[0].snapshot.clone().unwrap();
            first
                .endpoints
                .of(host)
                .map_or(0, |known| known.endpoints.len())
        };
        settle().await;
        assert_eq!(known(), 1);
        let kinds = mesh.kinds(&cluster(1));
        engine::delete::all(&kinds, &[secret], crate::install::soon())
            .await
            .unwrap();
        settle().await;
        assert_eq!(known(), 0);
    });
}

#[test]
fn an_object_that_is_not_modelled_makes_the_run_say_so_with_its_path() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        let filter = json!({
            "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
            "metadata": {"name": "lua", "namespace": "istio-system"},
            "spec": {"configPatches": []},
        });
        mesh.apply(&cluster(2), &[filter]).await;
        settle().await;
        let all = mesh.images.refusals().all();
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0].to_string().starts_with("cluster2/"), "{}", all[0]);
        assert!(
            all[0].what.contains("EnvoyFilter istio-system/lua"),
            "{}",
            all[0]
        );
    });
}

#[test]
fn a_pod_of_one_network_is_answered_by_a_pod_of_the_other() {
    runtime::run(async {
        let mesh = Mesh::install(T4).await;
        let enabled = json!({"istio-injection": "enabled"});
        deploy_with(&mesh, 1, ("sample", "sleep"), enabled.clone()).await;
        deploy(&mesh, 2, "sample", enabled).await;
        settle().await;
        let call = Call {
            from: Client::Pod {
                cluster: cluster(1),
                namespace: NamespaceName::new("sample").unwrap(),
                workload: WorkloadName::new("sleep").unwrap(),
            },
            to: Target {
                host: "helloworld".into(),
                port: 5000,
            },
            protocol: Protocol::get("/hello"),
            connection: Connection::Fresh,
            timeout: Duration::from_secs(5),
        };
        let seen = mesh
            .environment
            .prober()
            .ask(Batch::in_order([call]))
            .await
            .unwrap();
        match &seen[0].outcome {
            Outcome::Answered(answer) => assert_eq!(answer.cluster, Some(cluster(2))),
            Outcome::Refused(refusal) => panic!("{refusal}: {:?}", seen[0]),
        }
    });
}

/// The istiods of a mesh have read these clusters, each one's in a line, and refuse nothing.
fn stands(topology: &'static str, clusters: &'static [&'static str]) {
    runtime::run(async {
        let mesh = Mesh::install(topology).await;
        settle().await;
        let read = |istiod: Debug| {
            let known = istiod.clusters.iter().filter(|state| state.synced);
            let known: Vec<&str> = known.map(|state| state.cluster.as_str()).collect();
            known.join(" ")
        };
        let read: Vec<String> = mesh.images.istiods().into_iter().map(read).collect();
        assert_eq!(read, clusters);
        assert_eq!(mesh.images.refusals().all(), []);
    });
}

#[test]
fn a_remote_on_the_same_network_stands() {
    stands("flat-primary-remote", &["cluster1 cluster2"]);
}

#[test]
fn a_remote_on_another_network_stands() {
    stands("multi-network-primary-remote", &["cluster1 cluster2"]);
}

// The external cluster has an istiod for itself and one for the mesh of the others. The kubeconfig
// of the latter is a Secret with the label of remote secrets, whose key counts as one more cluster.
#[test]
fn two_data_clusters_of_an_external_control_plane_stand() {
    stands(
        "external-control-plane-two-clusters",
        &["external", "cluster1 cluster2 config"],
    );
}

#[test]
fn an_external_control_plane_stands() {
    stands("external-control-plane", &["external", "cluster1 config"]);
}

#[test]
fn control_planes_that_share_their_sources_stand() {
    stands(
        "shared-control-planes",
        &["cluster1 cluster2 cluster3", "cluster2 cluster1 cluster3"],
    );
}

#[test]
fn networks_with_overlapping_ranges_stand() {
    stands(
        "overlapping-ranges",
        &["cluster1 cluster2", "cluster2 cluster1"],
    );
}

#[test]
fn two_meshes_that_federate_stand() {
    stands("federation", &["cluster1", "cluster2"]);
}

#[test]
fn two_primaries_of_a_revision_stand() {
    stands("revisions", &["cluster1 cluster2", "cluster2 cluster1"]);
}
