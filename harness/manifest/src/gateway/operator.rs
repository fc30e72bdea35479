//! A gateway as an IstioOperator, in the form of Istio's `gen-eastwest-gateway.sh`.

use scenario::topology::GatewayKind;
use serde_json::{Value, json};

use super::{GatewaySite, deployment::resources, port::ports};
use crate::{Object, site::ISTIO_SYSTEM, unit::VERSION_LABEL};

/// The IstioOperator of a gateway.
pub(crate) fn operator(gateway: &GatewaySite<'_>) -> Object {
    let (list, values) = match gateway.gateway.kind {
        GatewayKind::EastWest | GatewayKind::Ingress => ("ingressGateways", "istio-ingressgateway"),
        GatewayKind::Egress => ("egressGateways", "istio-egressgateway"),
    };
    let mut spec = json!({
        "components": {list: [component(gateway)]},
        "profile": "empty",
        "values": {
            "gateways": {values: {
                "autoscaleEnabled": false,
                "injectionTemplate": "gateway",
                "replicaCount": gateway.gateway.replicas,
                "resources": resources(),
            }},
            // Without it a gateway pulls its image although the node has it.
            "global": {"imagePullPolicy": "IfNotPresent"},
        },
    });
    if let Some(revision) = &gateway.site.revision.name {
        spec["revision"] = json!(revision.as_str());
    }
    if let Some(network) = gateway.network() {
        spec["values"]["global"]["network"] = json!(network);
    }
    let system = gateway.site.namespace();
    if system != ISTIO_SYSTEM {
        spec["values"]["global"]["istioNamespace"] = json!(system);
    }
    Object::rendered(json!({
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {
            "name": gateway.gateway.name.as_str(),
            "namespace": gateway.namespace(),
            "labels": {VERSION_LABEL: gateway.site.revision.version.to_string()},
        },
        "spec": spec,
    }))
}

fn component(gateway: &GatewaySite<'_>) -> Value {
    let port = |port: super::port::Port| json!({"name": port.name, "port": port.port, "targetPort": port.target});
    let ports: Vec<Value> = ports(gateway).into_iter().map(port).collect();
    let mut kubernetes = json!({"service": {"ports": ports}});
    if let Some(network) = gateway.network() {
        kubernetes["env"] = json!([
            {"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network},
        ]);
    }
    json!({
        "enabled": true,
        "k8s": kubernetes,
        "label": gateway.labels(),
        "name": gateway.gateway.name.as_str(),
        "namespace": gateway.namespace(),
    })
}
