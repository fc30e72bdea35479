//! Service addresses and node ports: who gets which, and when they are free again.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::service;

facts! { "services":
    get_an_address_from_the_range,
    get_different_addresses,
    may_ask_for_a_free_address,
    may_not_ask_for_a_taken_address,
    may_not_ask_for_an_address_out_of_range,
    keep_their_address,
    free_their_address_when_deleted,
    without_an_address_stay_without,
    become_external_names_and_lose_their_address,
    get_a_node_port_from_the_range,
    may_ask_for_a_node_port,
    may_not_ask_for_a_taken_node_port,
    may_not_ask_for_a_node_port_out_of_range,
    keep_their_node_ports_across_updates,
    lose_their_node_ports_as_cluster_services,
    take_load_balancer_addresses_through_status,
    replaced_without_an_address_keep_it,
    dry_runs_take_no_address,
}

async fn create(bench: &Bench, name: &str, spec: Value) -> Result<Value> {
    let object = json!({"metadata": {"name": name}, "spec": spec});
    bench.post("services", &object).await?.ok(201)
}

async fn get_an_address_from_the_range(bench: &Bench) -> Result<()> {
    let created = bench.post("services", &service("a")).await?.ok(201)?;
    let address = created.text("/spec/clusterIP")?;
    ensure!(address.starts_with("10.96."), "the address is {address}");
    created.has("/spec/clusterIPs", json!([address]))
}

async fn get_different_addresses(bench: &Bench) -> Result<()> {
    let first = bench.post("services", &service("a")).await?.ok(201)?;
    let second = bench.post("services", &service("b")).await?.ok(201)?;
    ensure!(
        first["spec"]["clusterIP"] != second["spec"]["clusterIP"],
        "the same address twice"
    );
    Ok(())
}

/// An address that is free, because it was just given back.
async fn free_address(bench: &Bench) -> Result<String> {
    let created = bench.post("services", &service("probe")).await?.ok(201)?;
    bench.delete("services/probe").await?.ok(200)?;
    created.text("/spec/clusterIP").map(str::to_owned)
}

async fn may_ask_for_a_free_address(bench: &Bench) -> Result<()> {
    let address = free_address(bench).await?;
    let created = create(
        bench,
        "a",
        json!({"clusterIP": address, "ports": [{"port": 80}]}),
    )
    .await?;
    created.has("/spec/clusterIP", address)
}

async fn may_not_ask_for_a_taken_address(bench: &Bench) -> Result<()> {
    let taken = bench.post("services", &service("a")).await?.ok(201)?;
    let spec = json!({"clusterIP": taken["spec"]["clusterIP"], "ports": [{"port": 80}]});
    let object = json!({"metadata": {"name": "b"}, "spec": spec});
    let answer = bench.post("services", &object).await?;
    let status = answer.invalid("spec.clusterIPs", "FieldValueInvalid")?;
    status.says("/message", "provided IP is already allocated")
}

async fn may_not_ask_for_an_address_out_of_range(bench: &Bench) -> Result<()> {
    let spec = json!({"clusterIP": "10.97.0.1", "ports": [{"port": 80}]});
    let object = json!({"metadata": {"name": "b"}, "spec": spec});
    let answer = bench.post("services", &object).await?;
    let status = answer.invalid("spec.clusterIPs", "FieldValueInvalid")?;
    status.says(
        "/message",
        "the provided network does not match the current range",
    )
}

async fn keep_their_address(bench: &Bench) -> Result<()> {
    bench.post("services", &service("a")).await?.ok(201)?;
    let answer = bench
        .merge("services/a", &json!({"spec": {"clusterIP": "10.96.9.9"}}))
        .await?;
    let status = answer.invalid("spec.clusterIPs[0]", "FieldValueInvalid")?;
    status.says("/message", "may not change once set")
}

async fn free_their_address_when_deleted(bench: &Bench) -> Result<()> {
    let address = free_address(bench).await?;
    for name in ["a", "b"] {
        let spec = json!({"clusterIP": address, "ports": [{"port": 80}]});
        create(bench, name, spec).await?;
        bench.delete(&format!("services/{name}")).await?.ok(200)?;
    }
    Ok(())
}

async fn without_an_address_stay_without(bench: &Bench) -> Result<()> {
    create(
        bench,
        "a",
        json!({"clusterIP": "None", "ports": [{"port": 80}]}),
    )
    .await?;
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    let patched = bench.merge("services/a", &patch).await?.ok(200)?;
    patched.has("/spec/clusterIP", "None")
}

async fn become_external_names_and_lose_their_address(bench: &Bench) -> Result<()> {
    bench.post("services", &service("a")).await?.ok(201)?;
    let patch = json!({"spec": {"type": "ExternalName", "externalName": "a.example.com",
        "clusterIP": null, "clusterIPs": null}});
    let patched = bench.merge("services/a", &patch).await?.ok(200)?;
    patched.lacks("/spec/clusterIP")?;
    patched.has("/spec/type", "ExternalName")
}

fn node_port(created: &Value) -> Result<u64> {
    created["spec"]["ports"][0]["nodePort"]
        .as_u64()
        .context("a node port")
}

async fn get_a_node_port_from_the_range(bench: &Bench) -> Result<()> {
    let created = create(
        bench,
        "a",
        json!({"type": "NodePort", "ports": [{"port": 80}]}),
    )
    .await?;
    let port = node_port(&created)?;
    ensure!((30000..=32767).contains(&port), "the node port is {port}");
    Ok(())
}

/// A NodePort Service `name` that asks for this node port.
async fn asking(bench: &Bench, name: &str, port: u64) -> Result<crate::answer::Answer> {
    let spec = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
    bench
        .post(
            "services",
            &json!({"metadata": {"name": name}, "spec": spec}),
        )
        .await
}

async fn may_ask_for_a_node_port(bench: &Bench) -> Result<()> {
    let created = create(
        bench,
        "a",
        json!({"type": "NodePort", "ports": [{"port": 80}]}),
    )
    .await?;
    let port = node_port(&created)?;
    bench.delete("services/a").await?.ok(200)?;
    let created = asking(bench, "b", port).await?.ok(201)?;
    created.has("/spec/ports/0/nodePort", port)
}

async fn may_not_ask_for_a_taken_node_port(bench: &Bench) -> Result<()> {
    let created = create(
        bench,
        "a",
        json!({"type": "NodePort", "ports": [{"port": 80}]}),
    )
    .await?;
    let answer = asking(bench, "b", node_port(&created)?).await?;
    let status = answer.invalid("spec.ports[0].nodePort", "FieldValueInvalid")?;
    status.says("/message", "provided port is already allocated")
}

async fn may_not_ask_for_a_node_port_out_of_range(bench: &Bench) -> Result<()> {
    let answer = asking(bench, "a", 80).await?;
    let status = answer.invalid("spec.ports[0].nodePort", "FieldValueInvalid")?;
    status.says("/message", "The range of valid ports is 30000-32767")
}

async fn keep_their_node_ports_across_updates(bench: &Bench) -> Result<()> {
    let spec = json!({"type": "NodePort", "ports": [{"port": 80}]});
    let created = create(bench, "a", spec.clone()).await?;
    let replacement = json!({"metadata": {"name": "a", "labels": {"a": "b"}}, "spec": spec});
    let updated = bench.put("services/a", &replacement).await?.ok(200)?;
    updated.has("/spec/ports/0/nodePort", node_port(&created)?)
}

async fn lose_their_node_ports_as_cluster_services(bench: &Bench) -> Result<()> {
    create(
        bench,
        "a",
        json!({"type": "NodePort", "ports": [{"port": 80}]}),
    )
    .await?;
    let patch = json!({"spec": {"type": "ClusterIP"}});
    let patched = bench.merge("services/a", &patch).await?.ok(200)?;
    patched.lacks("/spec/ports/0/nodePort")?;
    patched.lacks("/spec/externalTrafficPolicy")
}

async fn take_load_balancer_addresses_through_status(bench: &Bench) -> Result<()> {
    create(
        bench,
        "a",
        json!({"type": "LoadBalancer", "ports": [{"port": 80}]}),
    )
    .await?;
    let patch = json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}});
    let patched = bench.merge("services/a/status", &patch).await?.ok(200)?;
    let ingress = json!([{"ip": "192.0.2.1", "ipMode": "VIP"}]);
    patched.has("/status/loadBalancer/ingress", ingress)
}

async fn replaced_without_an_address_keep_it(bench: &Bench) -> Result<()> {
    let created = bench.post("services", &service("a")).await?.ok(201)?;
    let updated = bench.put("services/a", &service("a")).await?.ok(200)?;
    updated.has("/spec/clusterIP", created["spec"]["clusterIP"].clone())
}

async fn dry_runs_take_no_address(bench: &Bench) -> Result<()> {
    let address = free_address(bench).await?;
    for name in ["a", "b"] {
        let spec = json!({"clusterIP": address, "ports": [{"port": 80}]});
        let object = json!({"metadata": {"name": name}, "spec": spec});
        bench.post("services?dryRun=All", &object).await?.ok(201)?;
    }
    Ok(())
}
