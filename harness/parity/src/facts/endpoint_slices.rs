//! EndpointSlices, as the controller makes them from Services and Pods.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::kubelet::{node, run};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "endpoint_slices":
    are_made_for_a_service_with_a_selector,
    are_not_made_without_a_selector,
    are_not_made_for_external_names,
    are_named_and_labelled_after_the_service,
    belong_to_the_service,
    hold_ready_pods_with_node_and_zone,
    hold_unready_pods_as_not_ready,
    publish_unready_pods_as_ready_if_so_told,
    resolve_named_ports,
    copy_the_application_protocol,
    leave_out_pods_without_an_address,
    leave_out_finished_pods,
    leave_out_pods_that_do_not_match,
    show_terminating_pods_as_serving,
    drop_deleted_pods,
    follow_a_changed_selector,
    name_the_hostname_of_stateful_pods,
    mark_headless_services,
    go_with_the_service,
}

/// A pod of `app: a` with the port `http` 8080.
async fn pod(bench: &Bench, name: &str) -> Result<()> {
    let port = json!({"name": "http", "containerPort": 8080});
    let mut object = crate::object::pod(name);
    object["metadata"]["labels"] = json!({"app": "a"});
    object["spec"]["containers"][0]["ports"] = json!([port]);
    object["spec"]["nodeName"] = node(bench).await?.into();
    bench.post("pods", &object).await?.ok(201).map(drop)
}

/// The Service `a` with these fields of its specification.
async fn service(bench: &Bench, fields: Value) -> Result<Value> {
    let mut object = crate::object::service("a");
    for (key, value) in fields.as_object().into_iter().flatten() {
        object["spec"][key] = value.clone();
    }
    bench.post("services", &object).await?.ok(201)
}

/// The only slice of the Service `a`.
async fn slice(bench: &Bench) -> Result<Value> {
    let path = "endpointslices?labelSelector=kubernetes.io/service-name%3Da";
    let mut list = bench.get(path).await?.ok(200)?;
    let items = list["items"].as_array_mut().context("items")?;
    ensure!(items.len() == 1, "{} slices", items.len());
    Ok(items.remove(0))
}

/// Waits until the slice has this at `pointer`.
async fn becomes(bench: &Bench, pointer: &str, expected: Value) -> Result<Value> {
    bench
        .eventually(async || {
            let slice = slice(bench).await?;
            // An empty list is written as null.
            let observed = slice
                .pointer(pointer)
                .filter(|value| !value.is_null())
                .cloned();
            json!({"at": observed.unwrap_or(json!([]))}).has("/at", expected.clone())?;
            Ok(slice)
        })
        .await
}

async fn are_made_for_a_service_with_a_selector(bench: &Bench) -> Result<()> {
    service(bench, json!({})).await?;
    let slice = becomes(bench, "/endpoints", json!([])).await?;
    slice.has("/addressType", "IPv4")
}

/// Waits until another Service has its slice: whatever `a` was to get, it has by then.
async fn after_another(bench: &Bench) -> Result<()> {
    bench
        .post("services", &crate::object::service("z"))
        .await?
        .ok(201)?;
    let path = "endpointslices?labelSelector=kubernetes.io/service-name%3Dz";
    bench
        .eventually(async || {
            bench
                .get(path)
                .await?
                .ok(200)?
                .text("/items/0/metadata/name")
                .map(drop)
        })
        .await
}

async fn are_not_made_without_a_selector(bench: &Bench) -> Result<()> {
    service(bench, json!({"selector": null})).await?;
    after_another(bench).await?;
    ensure!(slice(bench).await.is_err(), "a slice without a selector");
    Ok(())
}

async fn are_not_made_for_external_names(bench: &Bench) -> Result<()> {
    service(
        bench,
        json!({"type": "ExternalName", "externalName": "a.example.com"}),
    )
    .await?;
    after_another(bench).await?;
    ensure!(slice(bench).await.is_err(), "a slice for an external name");
    Ok(())
}

async fn are_named_and_labelled_after_the_service(bench: &Bench) -> Result<()> {
    let mut object = crate::object::service("a");
    object["metadata"]["labels"] = json!({"team": "mesh"});
    bench.post("services", &object).await?.ok(201)?;
    let slice = becomes(bench, "/endpoints", json!([])).await?;
    slice.has("/metadata/generateName", "a-")?;
    let labels = json!({
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": "a",
        "team": "mesh",
    });
    slice.has("/metadata/labels", labels)
}

async fn belong_to_the_service(bench: &Bench) -> Result<()> {
    let service = service(bench, json!({})).await?;
    let slice = becomes(bench, "/endpoints", json!([])).await?;
    let owner = json!([{"apiVersion": "v1", "kind": "Service", "name": "a",
        "uid": service["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
    slice.has("/metadata/ownerReferences", owner)
}

/// The endpoint of the pod `p` at 10.0.0.1 with these conditions.
async fn endpoint(bench: &Bench, conditions: Value) -> Result<Value> {
    let pod = bench.get("pods/p").await?.ok(200)?;
    let target = json!({"kind": "Pod", "name": "p", "namespace": bench.namespace(),
        "uid": pod["metadata"]["uid"]});
    Ok(
        json!({"addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": target,
        "nodeName": bench.unique("node"), "zone": "zone-a"}),
    )
}

async fn hold_ready_pods_with_node_and_zone(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", true).await?;
    service(bench, json!({})).await?;
    let conditions = json!({"ready": true, "serving": true, "terminating": false});
    let endpoint = endpoint(bench, conditions).await?;
    let slice = becomes(bench, "/endpoints", json!([endpoint])).await?;
    slice.has(
        "/ports",
        json!([{"name": "", "port": 80, "protocol": "TCP"}]),
    )
}

async fn hold_unready_pods_as_not_ready(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", false).await?;
    service(bench, json!({})).await?;
    let conditions = json!({"ready": false, "serving": false, "terminating": false});
    let endpoint = endpoint(bench, conditions).await?;
    becomes(bench, "/endpoints", json!([endpoint])).await?;
    run(bench, "p", "10.0.0.1", true).await?;
    becomes(bench, "/endpoints/0/conditions/ready", json!(true))
        .await
        .map(drop)
}

async fn publish_unready_pods_as_ready_if_so_told(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", false).await?;
    service(bench, json!({"publishNotReadyAddresses": true})).await?;
    let conditions = json!({"ready": true, "serving": false, "terminating": false});
    becomes(bench, "/endpoints/0/conditions", conditions)
        .await
        .map(drop)
}

async fn resolve_named_ports(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", true).await?;
    service(
        bench,
        json!({"ports": [{"name": "web", "port": 80, "targetPort": "http"}]}),
    )
    .await?;
    let port = json!({"name": "web", "port": 8080, "protocol": "TCP"});
    becomes(bench, "/ports", json!([port])).await.map(drop)
}

async fn copy_the_application_protocol(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", true).await?;
    let port = json!({"name": "web", "port": 80, "targetPort": 8080, "appProtocol": "grpc"});
    service(bench, json!({"ports": [port]})).await?;
    let port = json!({"name": "web", "port": 8080, "protocol": "TCP", "appProtocol": "grpc"});
    becomes(bench, "/ports", json!([port])).await.map(drop)
}

/// The claim that only the pod `p` is an endpoint, whatever else there is.
async fn only_p(bench: &Bench) -> Result<()> {
    pod(bench, "p").await?;
    run(bench, "p", "10.0.0.1", true).await?;
    service(bench, json!({})).await?;
    let slice = becomes(bench, "/endpoints/0/targetRef/name", json!("p")).await?;
    slice.lacks("/endpoints/1")
}

async fn leave_out_pods_without_an_address(bench: &Bench) -> Result<()> {
    pod(bench, "new").await?;
    only_p(bench).await
}

async fn leave_out_finished_pods(bench: &Bench) -> Result<()> {
    pod(bench, "done").await?;
    run(bench, "done", "10.0.0.2", true).await?;
    let patch = json!({"status": {"phase": "Succeeded"}});
    bench.strategic("pods/done/status", &patch).await?.ok(200)?;
    only_p(bench).await
}

async fn leave_out_pods_that_do_not_match(bench: &Bench) -> Result<()> {
    pod(bench, "other").await?;
    run(bench, "other", "10.0.0.2", true).await?;
    let patch = json!({"metadata": {"labels": {"app": "b"}}});
    bench.merge("pods/other", &patch).await?.ok(200)?;
    only_p(bench).await
}

async fn show_terminating_pods_as_serving(bench: &Bench) -> Result<()> {
    only_p(bench).await?;
    bench.delete("pods/p").await?.ok(200)?;
    let conditions = json!({"ready": false, "serving": true, "terminating": true});
    becomes(bench, "/endpoints/0/conditions", conditions)
        .await
        .map(drop)
}

async fn drop_deleted_pods(bench: &Bench) -> Result<()> {
    only_p(bench).await?;
    bench.delete("pods/p?gracePeriodSeconds=0").await?.ok(200)?;
    becomes(bench, "/endpoints", json!([])).await.map(drop)
}

async fn follow_a_changed_selector(bench: &Bench) -> Result<()> {
    only_p(bench).await?;
    bench
        .merge("services/a", &json!({"spec": {"selector": {"app": "b"}}}))
        .await?
        .ok(200)?;
    becomes(bench, "/endpoints", json!([])).await.map(drop)
}

async fn name_the_hostname_of_stateful_pods(bench: &Bench) -> Result<()> {
    let mut object = crate::object::pod("p");
    object["metadata"]["labels"] = json!({"app": "a"});
    object["spec"]["hostname"] = "p".into();
    object["spec"]["subdomain"] = "a".into();
    object["spec"]["nodeName"] = node(bench).await?.into();
    bench.post("pods", &object).await?.ok(201)?;
    run(bench, "p", "10.0.0.1", true).await?;
    service(bench, json!({"clusterIP": "None"})).await?;
    becomes(bench, "/endpoints/0/hostname", json!("p"))
        .await
        .map(drop)
}

async fn mark_headless_services(bench: &Bench) -> Result<()> {
    service(bench, json!({"clusterIP": "None"})).await?;
    let slice = becomes(bench, "/endpoints", json!([])).await?;
    slice.has("/metadata/labels/service.kubernetes.io~1headless", "")
}

async fn go_with_the_service(bench: &Bench) -> Result<()> {
    service(bench, json!({})).await?;
    becomes(bench, "/endpoints", json!([])).await?;
    bench.delete("services/a").await?.ok(200)?;
    bench
        .eventually(async || {
            ensure!(slice(bench).await.is_err(), "the slice is still there");
            Ok(())
        })
        .await
}
