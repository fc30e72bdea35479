//! What the server fills into Services and their neighbours, field by field.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "defaults_networking":
    services,
    headless_services_with_a_selector,
    headless_services_without_a_selector,
    external_names,
    node_ports,
    load_balancers,
    load_balancers_with_local_traffic,
    session_affinity,
    named_target_ports_stay,
    endpoint_slices,
    network_policies,
    mutating_webhooks,
    validating_webhooks,
    secrets,
    role_bindings,
    namespaces,
    service_accounts_have_no_secrets,
    persistent_volume_claims,
}

/// The Service stored for this specification, without what is allocated.
async fn stored(bench: &Bench, spec: Value) -> Result<Value> {
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    let mut created = bench.post("services", &object).await?.ok(201)?;
    let spec = created["spec"].as_object_mut().context("a specification")?;
    if spec
        .get("clusterIP")
        .is_some_and(|address| address != "None")
    {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        port.as_object_mut().context("a port")?.remove("nodePort");
    }
    created.has("/status", json!({"loadBalancer": {}}))?;
    Ok(created["spec"].take())
}

fn ports() -> Value {
    json!([{"port": 80, "protocol": "TCP", "targetPort": 80}])
}

async fn services(bench: &Bench) -> Result<()> {
    let expected = json!({
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": ports(),
        "sessionAffinity": "None",
        "type": "ClusterIP",
    });
    stored(bench, json!({"ports": [{"port": 80}]}))
        .await?
        .has("", expected)
}

async fn headless_services_with_a_selector(bench: &Bench) -> Result<()> {
    let spec = json!({"clusterIP": "None", "selector": {"app": "a"}, "ports": [{"port": 80}]});
    let expected = json!({
        "clusterIP": "None",
        "clusterIPs": ["None"],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": ports(),
        "selector": {"app": "a"},
        "sessionAffinity": "None",
        "type": "ClusterIP",
    });
    stored(bench, spec).await?.has("", expected)
}

async fn headless_services_without_a_selector(bench: &Bench) -> Result<()> {
    let spec = stored(bench, json!({"clusterIP": "None", "ports": [{"port": 80}]})).await?;
    spec.has("/ipFamilies", json!(["IPv4", "IPv6"]))?;
    spec.has("/ipFamilyPolicy", "RequireDualStack")
}

async fn external_names(bench: &Bench) -> Result<()> {
    let spec = json!({"type": "ExternalName", "externalName": "a.example.com"});
    let expected = json!({"type": "ExternalName", "externalName": "a.example.com",
        "sessionAffinity": "None"});
    stored(bench, spec).await?.has("", expected)
}

async fn node_ports(bench: &Bench) -> Result<()> {
    let spec = stored(bench, json!({"type": "NodePort", "ports": [{"port": 80}]})).await?;
    spec.has("/externalTrafficPolicy", "Cluster")?;
    spec.lacks("/allocateLoadBalancerNodePorts")
}

async fn load_balancers(bench: &Bench) -> Result<()> {
    let expected = json!({
        "allocateLoadBalancerNodePorts": true,
        "externalTrafficPolicy": "Cluster",
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": ports(),
        "sessionAffinity": "None",
        "type": "LoadBalancer",
    });
    let spec = json!({"type": "LoadBalancer", "ports": [{"port": 80}]});
    stored(bench, spec).await?.has("", expected)
}

async fn load_balancers_with_local_traffic(bench: &Bench) -> Result<()> {
    let spec = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local",
        "ports": [{"port": 80}]});
    let spec = stored(bench, spec).await?;
    let check = spec["healthCheckNodePort"]
        .as_u64()
        .context("a health check port")?;
    ensure!(
        (30000..=32767).contains(&check),
        "the health check port is {check}"
    );
    Ok(())
}

async fn session_affinity(bench: &Bench) -> Result<()> {
    let spec = json!({"sessionAffinity": "ClientIP", "ports": [{"port": 80}]});
    let config = json!({"clientIP": {"timeoutSeconds": 10800}});
    stored(bench, spec)
        .await?
        .has("/sessionAffinityConfig", config)
}

async fn named_target_ports_stay(bench: &Bench) -> Result<()> {
    let spec = json!({"ports": [{"port": 80, "targetPort": "http", "appProtocol": "http"}]});
    let port = json!({"port": 80, "protocol": "TCP", "targetPort": "http", "appProtocol": "http"});
    stored(bench, spec).await?.has("/ports", json!([port]))
}

async fn endpoint_slices(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]});
    let created = bench.post("endpointslices", &object).await?.ok(201)?;
    created.has(
        "/ports",
        json!([{"name": "", "port": 80, "protocol": "TCP"}]),
    )?;
    created.has(
        "/endpoints",
        json!([{"addresses": ["10.0.0.1"], "conditions": {}}]),
    )?;
    created.has("/metadata/generation", 1)
}

async fn network_policies(bench: &Bench) -> Result<()> {
    let spec = json!({"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]});
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    let created = bench.post("networkpolicies", &object).await?.ok(201)?;
    created.has("/spec/policyTypes", json!(["Ingress"]))?;
    created.has("/spec/ingress/0/ports/0/protocol", "TCP")
}

/// The webhook stored for one that names only what it must. It is never called: it is a dry run.
async fn webhook(bench: &Bench, kind: &str) -> Result<Value> {
    let rule = json!({"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["pods"]});
    let webhook = json!({"name": "a.example.com", "rules": [rule], "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"name": "s", "namespace": "n"}}});
    let object = json!({"metadata": {"name": bench.unique("hook")}, "webhooks": [webhook]});
    let path = format!("/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations");
    let created = bench
        .post(&format!("{path}?dryRun=All"), &object)
        .await?
        .ok(201)?;
    Ok(created["webhooks"][0].clone())
}

fn webhook_defaults() -> Value {
    let rule = json!({"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["pods"], "scope": "*"});
    json!({
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"name": "s", "namespace": "n", "port": 443}},
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "name": "a.example.com",
        "namespaceSelector": {},
        "objectSelector": {},
        "rules": [rule],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    })
}

async fn mutating_webhooks(bench: &Bench) -> Result<()> {
    let mut expected = webhook_defaults();
    expected["reinvocationPolicy"] = "Never".into();
    webhook(bench, "mutating").await?.has("", expected)
}

async fn validating_webhooks(bench: &Bench) -> Result<()> {
    webhook(bench, "validating")
        .await?
        .has("", webhook_defaults())
}

async fn secrets(bench: &Bench) -> Result<()> {
    let created = bench
        .post("secrets", &json!({"metadata": {"name": "a"}}))
        .await?
        .ok(201)?;
    created.has("/type", "Opaque")?;
    created.lacks("/data")
}

async fn role_bindings(bench: &Bench) -> Result<()> {
    let subjects = json!([{"kind": "User", "name": "u"},
        {"kind": "ServiceAccount", "name": "default", "namespace": bench.namespace()}]);
    let object = json!({"metadata": {"name": "a"}, "subjects": subjects,
        "roleRef": {"kind": "Role", "name": "r"}});
    let created = bench.post("rolebindings", &object).await?.ok(201)?;
    let group = "rbac.authorization.k8s.io";
    created.has("/roleRef/apiGroup", group)?;
    created.has("/subjects/0/apiGroup", group)?;
    created.lacks("/subjects/1/apiGroup")
}

async fn namespaces(bench: &Bench) -> Result<()> {
    let name = bench.unique("more");
    let object = json!({"metadata": {"name": name}});
    let created = bench
        .post("/api/v1/namespaces?dryRun=All", &object)
        .await?
        .ok(201)?;
    created.has(
        "/metadata/labels",
        json!({"kubernetes.io/metadata.name": name}),
    )?;
    created.has("/spec", json!({"finalizers": ["kubernetes"]}))?;
    created.has("/status", json!({"phase": "Active"}))
}

async fn service_accounts_have_no_secrets(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}});
    let created = bench.post("serviceaccounts", &object).await?.ok(201)?;
    created.lacks("/secrets")
}

async fn persistent_volume_claims(bench: &Bench) -> Result<()> {
    let spec = json!({"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}}});
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    let created = bench
        .post("persistentvolumeclaims", &object)
        .await?
        .ok(201)?;
    created.has("/spec/volumeMode", "Filesystem")?;
    created.has("/status", json!({"phase": "Pending"}))
}
