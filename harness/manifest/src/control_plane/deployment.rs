//! istiod itself: what its pod is told by environment, files and arguments.

use serde_json::{Map, Value, json};

use super::labels;
use crate::{
    Object,
    site::{Part, Site, Values},
};

/// The registry of Istio's releases.
const HUB: &str = "docker.io/istio";

pub(super) fn istiod(site: &Site<'_>, values: &Values) -> Object {
    let name = site.revised("istiod");
    Object::rendered(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": &name, "namespace": site.namespace(), "labels": labels(site)},
        "spec": {
            "replicas": replicas(values),
            "selector": {"matchLabels": own_pods(site)},
            "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {
                    "annotations": {
                        "prometheus.io/port": "15014",
                        "prometheus.io/scrape": "true",
                        "sidecar.istio.io/inject": "false",
                    },
                    "labels": pod_labels(site),
                },
                "spec": {
                    "serviceAccountName": &name,
                    "containers": [discovery(site, values)],
                    "volumes": volumes(site),
                },
            },
        },
    }))
}

fn replicas(values: &Values) -> u64 {
    let written = values.tree().pointer("/pilot/replicaCount");
    written.and_then(Value::as_u64).unwrap_or(1)
}

/// How the Deployment finds its pods. Without a revision the chart says less than its Service does.
fn own_pods(site: &Site<'_>) -> Value {
    match &site.revision.name {
        None => json!({"istio": "pilot"}),
        Some(_) => selector(site),
    }
}

/// How the Service finds istiod's pods: with revisions side by side, by revision.
pub(super) fn selector(site: &Site<'_>) -> Value {
    match &site.revision.name {
        None => json!({"app": "istiod", "istio": "pilot"}),
        Some(revision) => json!({"app": "istiod", "istio.io/rev": revision.as_str()}),
    }
}

fn pod_labels(site: &Site<'_>) -> Value {
    let istio = match &site.revision.name {
        None => "pilot",
        Some(_) => "istiod",
    };
    json!({
        "app": "istiod",
        "app.kubernetes.io/name": "istiod",
        "istio": istio,
        "istio.io/dataplane-mode": "none",
        "istio.io/rev": site.rev(),
        "operator.istio.io/component": "Pilot",
        "sidecar.istio.io/inject": "false",
    })
}

fn discovery(site: &Site<'_>, values: &Values) -> Value {
    json!({
        "name": "discovery",
        "image": image(site, values, "pilot"),
        "imagePullPolicy": values.text("/global/imagePullPolicy"),
        "args": [
            "discovery",
            "--monitoringAddr=:15014",
            "--log_output_level=default:info",
            "--domain",
            "cluster.local",
            "--keepaliveMaxServerConnectionAge",
            "30m",
        ],
        "env": environment(site, values),
        "ports": [
            {"containerPort": 8080, "name": "http-debug", "protocol": "TCP"},
            {"containerPort": 15010, "name": "grpc-xds", "protocol": "TCP"},
            {"containerPort": 15012, "name": "tls-xds", "protocol": "TCP"},
            {"containerPort": 15017, "name": "https-webhooks", "protocol": "TCP"},
            {"containerPort": 15014, "name": "http-monitoring", "protocol": "TCP"},
        ],
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": 8080},
            "initialDelaySeconds": 1,
            "periodSeconds": 3,
            "timeoutSeconds": 5,
        },
        "resources": values.map("/pilot/resources"),
        "volumeMounts": mounts(site),
    })
}

/// An image of the site's version.
pub(crate) fn image(site: &Site<'_>, values: &Values, name: &str) -> String {
    let hub = match values.text("/global/hub") {
        "" => HUB,
        hub => hub,
    };
    let tag = match values.text("/global/tag") {
        "" => site.revision.version.to_string(),
        tag => tag.to_owned(),
    };
    format!("{hub}/{name}:{tag}")
}

fn environment(site: &Site<'_>, values: &Values) -> Vec<Value> {
    let mut env = vec![
        variable("REVISION", site.rev()),
        variable("PILOT_CERT_PROVIDER", "istiod"),
        field("POD_NAME", "metadata.name"),
        field("POD_NAMESPACE", "metadata.namespace"),
        field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
        variable("KUBECONFIG", "/var/run/secrets/remote/config"),
        variable(
            "CA_TRUSTED_NODE_ACCOUNTS",
            &format!("{}/ztunnel", site.namespace()),
        ),
    ];
    let written = values.map("/pilot/env");
    if values.flag("/global/externalIstiod") && !written.contains_key("EXTERNAL_ISTIOD") {
        env.push(variable("EXTERNAL_ISTIOD", "true"));
    }
    env.extend(from_values(&written));
    env.push(variable("PILOT_ENABLE_ANALYSIS", "false"));
    let cluster = values.text("/global/multiCluster/clusterName");
    env.push(variable(
        "CLUSTER_ID",
        if cluster.is_empty() {
            "Kubernetes"
        } else {
            cluster
        },
    ));
    env
}

/// Environment written under `pilot.env`; a chart writes numbers and booleans as text.
fn from_values(written: &Map<String, Value>) -> impl Iterator<Item = Value> {
    written.iter().map(|(name, value)| match value.as_str() {
        Some(text) => variable(name, text),
        None => variable(name, &value.to_string()),
    })
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

fn field(name: &str, path: &str) -> Value {
    json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
}

fn mounts(site: &Site<'_>) -> Vec<Value> {
    let read_only =
        |name: &str, path: &str| json!({"name": name, "mountPath": path, "readOnly": true});
    let mut mounts = vec![
        read_only("istio-token", "/var/run/secrets/tokens"),
        json!({"name": "local-certs", "mountPath": "/var/run/secrets/istio-dns"}),
        read_only("cacerts", "/etc/cacerts"),
        read_only("istio-kubeconfig", "/var/run/secrets/remote"),
        read_only("istio-csr-dns-cert", "/var/run/secrets/istiod/tls"),
        read_only("istio-csr-ca-configmap", "/var/run/secrets/istiod/ca"),
    ];
    if matches!(site.part, Part::ExternalIstiod { .. }) {
        mounts.push(read_only("config-volume", "/etc/istio/config"));
        mounts.push(read_only("inject", "/var/lib/istio/inject"));
    }
    mounts
}

fn volumes(site: &Site<'_>) -> Vec<Value> {
    let secret = |name: &str, secret: &str| json!({"name": name, "secret": {"secretName": secret, "optional": true}});
    let token = json!({"serviceAccountToken": {
        "audience": "istio-ca",
        "expirationSeconds": 43200,
        "path": "istio-token",
    }});
    let mut volumes = vec![
        json!({"name": "local-certs", "emptyDir": {"medium": "Memory"}}),
        json!({"name": "istio-token", "projected": {"sources": [token]}}),
        secret("cacerts", "cacerts"),
        secret("istio-kubeconfig", "istio-kubeconfig"),
        secret("istio-csr-dns-cert", "istiod-tls"),
        json!({"name": "istio-csr-ca-configmap",
               "configMap": {"name": "istio-ca-root-cert", "optional": true}}),
    ];
    // An external istiod cannot read these from its own API server, whose objects are not its
    // configuration: they come as files.
    if matches!(site.part, Part::ExternalIstiod { .. }) {
        let map = |volume: &str, map: &str| json!({"name": volume, "configMap": {"name": site.revised(map)}});
        volumes.push(map("config-volume", "istio"));
        volumes.push(map("inject", "istio-sidecar-injector"));
    }
    volumes
}
