//! T7: two control planes that stand in for each other.

use serde_json::{Value, json};

use crate::{support::Installation, topologies::SHARED_SOURCES};

#[test]
fn every_service_istiod_has_both_sources_behind_it() {
    let mesh = Installation::of(&SHARED_SOURCES);
    let (one, two) = (mesh.address("cluster1", 1), mesh.address("cluster2", 1));
    let addresses =
        |cluster: &str, slice: &str| mesh.field(cluster, slice, "/endpoints/0/addresses");
    let shared = "EndpointSlice istio-system/istiod-shared";
    assert_eq!(addresses("cluster1", shared), json!([&two]));
    assert_eq!(addresses("cluster2", shared), json!([&one]));
    let own = "EndpointSlice istio-system/istiod";
    assert_eq!(addresses("cluster3", own), json!([&one, &two]));
}

#[test]
fn the_slices_ports_have_the_names_of_the_services_ports() {
    let mesh = Installation::of(&SHARED_SOURCES);
    let names = |object: &str, list: &str| -> Vec<Value> {
        let ports = mesh.field("cluster1", object, list);
        let named = ports.as_array().unwrap().iter();
        named.map(|port| port["name"].clone()).collect()
    };
    let service = names("Service istio-system/istiod", "/spec/ports");
    for name in names("EndpointSlice istio-system/istiod-shared", "/ports") {
        assert!(service.contains(&name), "{name}");
    }
}

#[test]
fn each_control_plane_may_write_wherever_it_is_a_source() {
    let mesh = Installation::of(&SHARED_SOURCES);
    let writers = |cluster: &str| {
        let pointer = "/metadata/annotations/topology.istio.io~1controlPlaneClusters";
        mesh.field(cluster, "Namespace istio-system", pointer)
    };
    assert_eq!(writers("cluster1"), "cluster2");
    assert_eq!(writers("cluster2"), "cluster1");
    assert_eq!(writers("cluster3"), "cluster1,cluster2");
    for cluster in ["cluster1", "cluster2"] {
        let env = mesh.env(cluster, "istio-system/istiod");
        assert_eq!(env["EXTERNAL_ISTIOD"], "true");
    }
}

#[test]
fn whoever_injects_knows_for_which_cluster() {
    let mesh = Installation::of(&SHARED_SOURCES);
    for cluster in ["cluster1", "cluster2", "cluster3"] {
        let injector = "MutatingWebhookConfiguration istio-sidecar-injector";
        let path = mesh.field(cluster, injector, "/webhooks/0/clientConfig/service/path");
        assert_eq!(path, format!("/inject/cluster/{cluster}/net/network1"));
    }
}
