//! What a cluster has before anybody applies anything: its nodes, and where its API server is.

use apiserver::{
    Clock, Status,
    json::{Value, json},
};
use k8s_openapi::api::{core::v1::Node, discovery::v1::EndpointSlice};

use super::{
    API_PORT, Api, Key,
    plan::{Plan, PlannedNode},
};

/// Creates it.
///
/// # Errors
/// The server's refusal.
pub(super) async fn furnish(api: &Api, plan: &Plan, clock: &Clock) -> Result<(), Status> {
    for node in &plan.nodes {
        api.create::<Node>(node_object(node)).await?;
        let key = Key::new("", node.name.as_str());
        api.patch_status::<Node>(&key, node_status(node, clock))
            .await?;
    }
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"namespace": "default", "name": "kubernetes",
            "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [plan.api_server], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP"}],
    });
    api.create::<EndpointSlice>(slice).await.map(drop)
}

fn node_object(node: &PlannedNode) -> Value {
    let mut labels = json!({
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
    });
    for (label, value) in [
        ("topology.kubernetes.io/region", &node.locality.region),
        ("topology.kubernetes.io/zone", &node.locality.zone),
        ("topology.istio.io/subzone", &node.locality.subzone),
    ] {
        if !value.is_empty() {
            labels[label] = value.as_str().into();
        }
    }
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": node.name, "labels": labels},
        "spec": {"podCIDR": node.pods, "podCIDRs": [node.pods]},
    })
}

fn node_status(node: &PlannedNode, clock: &Clock) -> Value {
    let time = clock.stamp();
    json!({
        "addresses": [
            {"type": "InternalIP", "address": node.address},
            {"type": "Hostname", "address": node.name},
        ],
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": time, "lastTransitionTime": time,
        }],
    })
}
