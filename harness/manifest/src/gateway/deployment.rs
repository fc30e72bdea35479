//! The pods of a gateway: a container that injection fills in.

use serde_json::{Value, json};

use super::{GatewaySite, port::ports};
use crate::{Object, mutation::merge};

pub(super) fn gateway(gateway: &GatewaySite<'_>, account: &str) -> Object {
    let labels = gateway.labels();
    Object::rendered(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": gateway.gateway.name.as_str(),
            "namespace": gateway.namespace(),
            "labels": &labels,
        },
        "spec": {
            "replicas": gateway.gateway.replicas,
            "selector": {"matchLabels": &labels},
            "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {
                    "annotations": {
                        "inject.istio.io/templates": "gateway",
                        "sidecar.istio.io/inject": "true",
                    },
                    "labels": pod_labels(gateway, &labels),
                },
                "spec": {
                    "containers": [proxy(gateway)],
                    "securityContext": {
                        "runAsGroup": 1337,
                        "runAsNonRoot": true,
                        "runAsUser": 1337,
                    },
                    "serviceAccountName": account,
                },
            },
        },
    }))
}

fn pod_labels(gateway: &GatewaySite<'_>, labels: &Value) -> Value {
    let mut pod = labels.clone();
    let name = gateway.gateway.name.as_str();
    let revision = gateway.site.revision.name.as_ref();
    let of_pods = json!({
        "service.istio.io/canonical-name": name,
        "service.istio.io/canonical-revision": revision.map_or("latest", |name| name.as_str()),
        "sidecar.istio.io/inject": "true",
    });
    merge(&mut pod, &of_pods);
    if let Some(revision) = &gateway.site.revision.name {
        pod["istio.io/rev"] = json!(revision.as_str());
    }
    pod
}

fn proxy(gateway: &GatewaySite<'_>) -> Value {
    let mut env = vec![json!({"name": "ISTIO_META_UNPRIVILEGED_POD", "value": "true"})];
    if let Some(network) = gateway.network() {
        // It hands out endpoints of its own network only, so that nothing is sent on to a third.
        let name = "ISTIO_META_REQUESTED_NETWORK_VIEW";
        env.push(json!({"name": name, "value": network}));
    }
    let mut container_ports: Vec<Value> = ports(gateway)
        .into_iter()
        .map(|port| json!({"containerPort": port.target, "protocol": "TCP"}))
        .collect();
    container_ports
        .push(json!({"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}));
    json!({
        "name": "istio-proxy",
        // The gateway template of the injector writes the image of its own version.
        "image": "auto",
        "env": env,
        "ports": container_ports,
        "resources": resources(),
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "privileged": false,
            "readOnlyRootFilesystem": true,
        },
    })
}

/// What a gateway asks of its node: little, as a rehearsal does; the chart asks for 100m and 128Mi.
pub(super) fn resources() -> Value {
    json!({"requests": {"cpu": "10m", "memory": "40Mi"}})
}
