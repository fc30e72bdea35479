//! What the server fills into Pods, field by field.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::pod;

facts! { "defaults_pods":
    a_bare_pod_is_filled_in,
    a_new_pod_is_pending_best_effort,
    a_service_account_is_mounted,
    a_mount_can_be_declined,
    the_named_account_is_used,
    images_without_a_tag_are_always_pulled,
    images_with_a_tag_or_digest_are_pulled_once,
    http_probes,
    tcp_and_exec_probes,
    grpc_probes,
    lifecycle_hooks,
    container_ports,
    host_ports_on_the_host_network,
    requests_follow_limits,
    volumes_have_modes,
    a_volume_without_a_source_is_empty,
    fields_of_the_environment_have_a_version,
    sidecars_keep_their_restart_policy,
    qos_is_guaranteed_when_limits_are_complete,
    qos_is_burstable_otherwise,
}

/// The specification stored for a pod made of this one.
async fn stored(bench: &Bench, spec: Value) -> Result<Value> {
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    Ok(bench.post("pods", &object).await?.ok(201)?["spec"].clone())
}

/// The container stored for one with these fields.
async fn container(bench: &Bench, fields: Value) -> Result<Value> {
    let mut container = json!({"name": "app", "image": "example.com/app:1"});
    for (key, value) in fields.as_object().context("fields are an object")? {
        container[key] = value.clone();
    }
    Ok(stored(bench, json!({"containers": [container]})).await?["containers"][0].clone())
}

fn tolerations() -> Value {
    let toleration = |key: &str| {
        json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists",
            "effect": "NoExecute", "tolerationSeconds": 300})
    };
    json!([toleration("not-ready"), toleration("unreachable")])
}

async fn a_bare_pod_is_filled_in(bench: &Bench) -> Result<()> {
    let image = json!({"name": "app", "image": "example.com/app:1"});
    let spec = json!({"automountServiceAccountToken": false, "containers": [image]});
    let container = json!({
        "name": "app", "image": "example.com/app:1", "imagePullPolicy": "IfNotPresent",
        "resources": {}, "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    });
    let expected = json!({
        "automountServiceAccountToken": false,
        "containers": [container],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": true,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "tolerations": tolerations(),
    });
    stored(bench, spec).await?.has("", expected)
}

async fn a_new_pod_is_pending_best_effort(bench: &Bench) -> Result<()> {
    let created = bench.post("pods", &pod("a")).await?.ok(201)?;
    created.has(
        "/status",
        json!({"phase": "Pending", "qosClass": "BestEffort"}),
    )?;
    created.has("/metadata/generation", 1)
}

async fn a_service_account_is_mounted(bench: &Bench) -> Result<()> {
    let image = json!({"name": "app", "image": "i:1"});
    let spec = stored(bench, json!({"containers": [image]})).await?;
    let name = spec.text("/volumes/0/name")?;
    let suffix = name.strip_prefix("kube-api-access-").unwrap_or_default();
    ensure!(suffix.len() == 5, "the volume is called {name}");
    let mount = json!({"name": name, "readOnly": true,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
    spec.has("/containers/0/volumeMounts", json!([mount]))?;
    let namespace = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
    let authority = json!([{"key": "ca.crt", "path": "ca.crt"}]);
    let sources = json!([
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": authority}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
    ]);
    spec.has(
        "/volumes/0/projected",
        json!({"sources": sources, "defaultMode": 420}),
    )
}

async fn a_mount_can_be_declined(bench: &Bench) -> Result<()> {
    let account = json!({"metadata": {"name": "quiet"}, "automountServiceAccountToken": false});
    bench.post("serviceaccounts", &account).await?.ok(201)?;
    let image = json!({"name": "app", "image": "i:1"});
    let spec = json!({"serviceAccountName": "quiet", "containers": [image]});
    let spec = stored(bench, spec).await?;
    spec.lacks("/volumes")?;
    spec.lacks("/containers/0/volumeMounts")
}

async fn the_named_account_is_used(bench: &Bench) -> Result<()> {
    let account = json!({"metadata": {"name": "own"},
        "imagePullSecrets": [{"name": "registry"}]});
    bench.post("serviceaccounts", &account).await?.ok(201)?;
    let image = json!({"name": "app", "image": "i:1"});
    let spec = json!({"serviceAccountName": "own", "containers": [image]});
    let spec = stored(bench, spec).await?;
    spec.has("/serviceAccount", "own")?;
    spec.has("/imagePullSecrets", json!([{"name": "registry"}]))
}

async fn images_without_a_tag_are_always_pulled(bench: &Bench) -> Result<()> {
    let images = [
        "example.com/app",
        "example.com/app:latest",
        "example.com:5000/app",
    ];
    policies(bench, &images, "Always").await
}

async fn images_with_a_tag_or_digest_are_pulled_once(bench: &Bench) -> Result<()> {
    let digest = format!("example.com/app@sha256:{}", "0".repeat(64));
    let tagged = format!("example.com/app:1@sha256:{}", "0".repeat(64));
    policies(
        bench,
        &["example.com:5000/app:1", &digest, &tagged],
        "IfNotPresent",
    )
    .await
}

async fn policies(bench: &Bench, images: &[&str], expected: &str) -> Result<()> {
    let numbered = images.iter().enumerate();
    let containers: Vec<_> = numbered
        .map(|(index, image)| json!({"name": format!("c{index}"), "image": image}))
        .collect();
    let spec = stored(bench, json!({"containers": containers})).await?;
    for index in 0..images.len() {
        spec.has(&format!("/containers/{index}/imagePullPolicy"), expected)?;
    }
    Ok(())
}

/// The timing of a probe that names none.
fn probe(action: Value) -> Value {
    let mut probe = json!({"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1,
        "failureThreshold": 3});
    for (key, value) in action.as_object().into_iter().flatten() {
        probe[key] = value.clone();
    }
    probe
}

async fn http_probes(bench: &Bench) -> Result<()> {
    let container = container(bench, json!({"readinessProbe": {"httpGet": {"port": 80}}})).await?;
    let action = json!({"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}});
    container.has("/readinessProbe", probe(action))
}

async fn tcp_and_exec_probes(bench: &Bench) -> Result<()> {
    let tcp = json!({"tcpSocket": {"port": "http"}});
    let exec = json!({"exec": {"command": ["true"]}});
    let container = container(bench, json!({"livenessProbe": tcp, "startupProbe": exec})).await?;
    container.has(
        "/livenessProbe",
        probe(json!({"tcpSocket": {"port": "http"}})),
    )?;
    container.has(
        "/startupProbe",
        probe(json!({"exec": {"command": ["true"]}})),
    )
}

async fn grpc_probes(bench: &Bench) -> Result<()> {
    let container = container(bench, json!({"livenessProbe": {"grpc": {"port": 80}}})).await?;
    container.has(
        "/livenessProbe",
        probe(json!({"grpc": {"port": 80, "service": ""}})),
    )
}

async fn lifecycle_hooks(bench: &Bench) -> Result<()> {
    let hook = json!({"preStop": {"httpGet": {"port": 80}}});
    let container = container(bench, json!({"lifecycle": hook})).await?;
    let action = json!({"path": "/", "port": 80, "scheme": "HTTP"});
    container.has("/lifecycle/preStop/httpGet", action)
}

async fn container_ports(bench: &Bench) -> Result<()> {
    let container = container(bench, json!({"ports": [{"containerPort": 80}]})).await?;
    container.has("/ports", json!([{"containerPort": 80, "protocol": "TCP"}]))
}

async fn host_ports_on_the_host_network(bench: &Bench) -> Result<()> {
    let image = json!({"name": "app", "image": "i:1", "ports": [{"containerPort": 80}]});
    let spec = stored(bench, json!({"hostNetwork": true, "containers": [image]})).await?;
    let port = json!({"containerPort": 80, "hostPort": 80, "protocol": "TCP"});
    spec.has("/containers/0/ports", json!([port]))
}

async fn requests_follow_limits(bench: &Bench) -> Result<()> {
    let limits = json!({"cpu": "1", "memory": "1Gi"});
    let resources = json!({"limits": limits, "requests": {"cpu": "500m"}});
    let container = container(bench, json!({"resources": resources})).await?;
    container.has(
        "/resources/requests",
        json!({"cpu": "500m", "memory": "1Gi"}),
    )
}

async fn volumes_have_modes(bench: &Bench) -> Result<()> {
    let item = json!({"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}});
    let volumes = json!([
        {"name": "a", "configMap": {"name": "a"}},
        {"name": "b", "secret": {"secretName": "b"}},
        {"name": "c", "downwardAPI": {"items": [item]}},
        {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        {"name": "e", "hostPath": {"path": "/e"}},
    ]);
    let image = json!({"name": "app", "image": "i:1"});
    let spec = stored(bench, json!({"volumes": volumes, "containers": [image]})).await?;
    spec.has("/volumes/0/configMap/defaultMode", 420)?;
    spec.has("/volumes/1/secret/defaultMode", 420)?;
    spec.has("/volumes/2/downwardAPI/defaultMode", 420)?;
    spec.has("/volumes/2/downwardAPI/items/0/fieldRef/apiVersion", "v1")?;
    spec.has("/volumes/3/projected/defaultMode", 420)?;
    spec.has(
        "/volumes/3/projected/sources/0/serviceAccountToken/expirationSeconds",
        3600,
    )?;
    spec.has("/volumes/4/hostPath/type", "")
}

async fn a_volume_without_a_source_is_empty(bench: &Bench) -> Result<()> {
    let image = json!({"name": "app", "image": "i:1"});
    let spec = json!({"volumes": [{"name": "a"}], "containers": [image]});
    stored(bench, spec)
        .await?
        .has("/volumes/0", json!({"name": "a", "emptyDir": {}}))
}

async fn fields_of_the_environment_have_a_version(bench: &Bench) -> Result<()> {
    let from = json!({"fieldRef": {"fieldPath": "metadata.name"}});
    let container = container(bench, json!({"env": [{"name": "NAME", "valueFrom": from}]})).await?;
    container.has("/env/0/valueFrom/fieldRef/apiVersion", "v1")
}

async fn sidecars_keep_their_restart_policy(bench: &Bench) -> Result<()> {
    let sidecar = json!({"name": "proxy", "image": "i:1", "restartPolicy": "Always"});
    let image = json!({"name": "app", "image": "i:1"});
    let spec = json!({"initContainers": [sidecar], "containers": [image]});
    let spec = stored(bench, spec).await?;
    spec.has("/initContainers/0/restartPolicy", "Always")?;
    spec.has("/initContainers/0/terminationMessagePolicy", "File")?;
    spec.lacks("/containers/0/restartPolicy")
}

async fn qos(bench: &Bench, resources: Value) -> Result<Value> {
    let mut object = pod("a");
    object["spec"]["containers"][0]["resources"] = resources;
    Ok(bench.post("pods", &object).await?.ok(201)?["status"]["qosClass"].clone())
}

async fn qos_is_guaranteed_when_limits_are_complete(bench: &Bench) -> Result<()> {
    let observed = qos(bench, json!({"limits": {"cpu": "1", "memory": "1Gi"}})).await?;
    observed.has("", "Guaranteed")
}

async fn qos_is_burstable_otherwise(bench: &Bench) -> Result<()> {
    qos(bench, json!({"requests": {"cpu": "1"}}))
        .await?
        .has("", "Burstable")
}
