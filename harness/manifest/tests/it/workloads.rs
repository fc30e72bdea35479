//! Workloads: samples, their Services and who injects their pods.

use std::collections::BTreeMap;

use manifest::{Await, Facts, Form, Images, Object, Workloads, workload_stage};
use pki::Seed;
use scenario::{
    Topology,
    draft::{App, ServiceType},
    scenario::{Place, Runs, Workload, workload::Sidecar},
};
use serde_json::{Value, json};
use world::ClusterName;

use crate::topologies::{MULTI_PRIMARY, REVISIONS, SIDE_BY_SIDE};

fn place(version: &str, rev: Option<&str>) -> Place {
    Place {
        version: version.to_owned(),
        replicas: 2,
        locality: None,
        rev: rev.map(|rev| rev.parse().unwrap()),
    }
}

fn helloworld(places: &[(&str, Place)]) -> Workload {
    let mut by_cluster: BTreeMap<ClusterName, Vec<Place>> = BTreeMap::new();
    for (cluster, place) in places {
        let cluster = cluster.parse().unwrap();
        by_cluster.entry(cluster).or_default().push(place.clone());
    }
    Workload {
        name: "helloworld".parse().unwrap(),
        runs: Runs::Sample(App::Helloworld),
        namespace: "sample".parse().unwrap(),
        service_account: "hello".parse().unwrap(),
        sidecar: Sidecar::Injected,
        service: ServiceType::ClusterIp,
        port: Some(5000),
        places: by_cluster,
        stubs: Vec::new(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

fn named(workloads: impl IntoIterator<Item = Workload>) -> Workloads {
    let named = workloads.into_iter();
    named
        .map(|workload| (workload.name.clone(), workload))
        .collect()
}

/// The objects of `cluster`.
fn rendered(topology: &Topology, workloads: &Workloads, cluster: &str) -> Vec<Object> {
    let facts = Facts::new(Seed::new(1), "2026-01-01T00:00:00Z".parse().unwrap());
    let images = Images::default();
    let stage = workload_stage(topology, workloads, &images);
    let objects = stage.render(&facts, Form::Objects).unwrap().into_iter();
    objects
        .filter(|placed| placed.cluster.as_str() == cluster)
        .map(|placed| placed.object)
        .collect()
}

fn names(objects: &[Object]) -> Vec<String> {
    objects.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn field(objects: &[Object], object: &str, pointer: &str) -> Value {
    let found = objects.iter().find(|o| o.to_string() == object);
    let found = found.unwrap_or_else(|| panic!("no {object} in {:?}", names(objects)));
    found.value().pointer(pointer).cloned().unwrap_or_default()
}

const POD_LABELS: &str = "/spec/template/metadata/labels";

#[test]
fn a_sample_is_account_service_and_a_deployment_per_version() {
    let topology = MULTI_PRIMARY.topology();
    let places = [
        ("cluster1", place("v1", None)),
        ("cluster1", place("v2", None)),
        ("cluster2", place("v2", None)),
    ];
    let workloads = named([helloworld(&places)]);
    let objects = rendered(&topology, &workloads, "cluster1");
    assert_eq!(
        names(&objects),
        [
            "Namespace sample",
            "ServiceAccount sample/hello",
            "Service sample/helloworld",
            "Deployment sample/helloworld-v1",
            "Deployment sample/helloworld-v2",
        ]
    );
    let container = "/spec/template/spec/containers/0";
    let v2 = field(&objects, "Deployment sample/helloworld-v2", container);
    assert_eq!(
        v2["env"][0],
        json!({"name": "SERVICE_VERSION", "value": "v2"})
    );
    assert_eq!(
        v2["env"][1],
        json!({"name": "CLUSTER_ID", "value": "cluster1"})
    );
    assert_eq!(v2["ports"][0]["containerPort"], 5000);
    let port = field(&objects, "Service sample/helloworld", "/spec/ports/0");
    assert_eq!(
        port,
        json!({"name": "http", "port": 5000, "targetPort": 5000})
    );
    assert_eq!(rendered(&topology, &workloads, "cluster2").len(), 4);
}

#[test]
fn a_stub_is_a_service_without_pods() {
    let topology = MULTI_PRIMARY.topology();
    let mut workload = helloworld(&[("cluster1", place("v1", None))]);
    workload.stubs = vec!["cluster2".parse().unwrap()];
    let objects = rendered(&topology, &named([workload]), "cluster2");
    assert_eq!(
        names(&objects),
        ["Namespace sample", "Service sample/helloworld"]
    );
}

#[test]
fn a_headless_service_has_no_address_and_none_is_none() {
    let topology = MULTI_PRIMARY.topology();
    let mut workload = helloworld(&[("cluster1", place("v1", None))]);
    workload.service = ServiceType::Headless;
    let objects = rendered(&topology, &named([workload.clone()]), "cluster1");
    let address = field(&objects, "Service sample/helloworld", "/spec/clusterIP");
    assert_eq!(address, "None");
    workload.service = ServiceType::None;
    let objects = rendered(&topology, &named([workload]), "cluster1");
    assert!(!names(&objects).contains(&"Service sample/helloworld".to_owned()));
}

#[test]
fn the_namespace_opts_in_and_a_refusing_pod_says_so() {
    let topology = MULTI_PRIMARY.topology();
    let mut workload = helloworld(&[("cluster1", place("v1", None))]);
    workload.sidecar = Sidecar::Refused;
    let objects = rendered(&topology, &named([workload]), "cluster1");
    let labels = field(&objects, "Namespace sample", "/metadata/labels");
    assert_eq!(labels, json!({"istio-injection": "enabled"}));
    let pod = field(&objects, "Deployment sample/helloworld-v1", POD_LABELS);
    assert_eq!(pod["sidecar.istio.io/inject"], "false");
}

#[test]
fn where_all_ask_for_one_revision_the_namespace_names_it() {
    let topology = SIDE_BY_SIDE.topology();
    let workloads = named([helloworld(&[("cluster1", place("v1", Some("canary")))])]);
    let objects = rendered(&topology, &workloads, "cluster1");
    let labels = field(&objects, "Namespace sample", "/metadata/labels");
    assert_eq!(labels, json!({"istio.io/rev": "canary"}));
}

#[test]
fn a_namespace_without_a_wish_follows_the_only_tag() {
    let topology = REVISIONS.topology();
    let workloads = named([helloworld(&[("cluster1", place("v1", None))])]);
    let objects = rendered(&topology, &workloads, "cluster1");
    let labels = field(&objects, "Namespace sample", "/metadata/labels");
    assert_eq!(labels, json!({"istio.io/rev": "prod"}));
}

#[test]
fn where_wishes_differ_each_pod_speaks_for_itself() {
    let topology = SIDE_BY_SIDE.topology();
    let places = [
        ("cluster1", place("v1", Some("canary"))),
        ("cluster1", place("v2", None)),
    ];
    let objects = rendered(&topology, &named([helloworld(&places)]), "cluster1");
    let labels = field(&objects, "Namespace sample", "/metadata/labels");
    assert_eq!(labels, Value::Null, "istio-injection would beat every pod");
    let pod = |version: &str| {
        let deployment = format!("Deployment sample/helloworld-{version}");
        field(&objects, &deployment, POD_LABELS)
    };
    assert_eq!(pod("v1")["istio.io/rev"], "canary");
    assert_eq!(
        pod("v2")["sidecar.istio.io/inject"],
        "true",
        "by the tag default"
    );
}

#[test]
fn a_users_objects_go_where_the_workload_runs() {
    let topology = MULTI_PRIMARY.topology();
    let mut workload = helloworld(&[("cluster1", place("v1", None))]);
    let object = |kind: &str, version: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "own"}});
    workload.runs = Runs::Objects(vec![
        object("Deployment", "apps/v1"),
        object("Service", "v1"),
        object("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ]);
    workload.stubs = vec!["cluster2".parse().unwrap()];
    let workloads = named([workload]);
    let objects = rendered(&topology, &workloads, "cluster1");
    assert_eq!(
        names(&objects),
        [
            "Namespace sample",
            "Deployment sample/own",
            "Service sample/own",
            "ClusterRole own",
        ]
    );
    let stub = rendered(&topology, &workloads, "cluster2");
    assert_eq!(names(&stub), ["Namespace sample", "Service sample/own"]);
}

#[test]
fn every_deployment_is_waited_for() {
    let topology = MULTI_PRIMARY.topology();
    let workloads = named([helloworld(&[
        ("cluster1", place("v1", None)),
        ("cluster2", place("v2", None)),
    ])]);
    let images = Images::default();
    let stage = workload_stage(&topology, &workloads, &images);
    let awaits: Vec<String> = stage.awaits().iter().map(Await::to_string).collect();
    assert_eq!(
        awaits,
        [
            "Deployment sample/helloworld-v1 in cluster1 is available",
            "Deployment sample/helloworld-v2 in cluster2 is available",
        ]
    );
}
