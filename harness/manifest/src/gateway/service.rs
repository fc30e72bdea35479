//! The Service of a gateway: where other clusters and the outside reach it.

use scenario::topology::GatewayKind;
use serde_json::{Value, json};

use super::{GatewaySite, port::ports};
use crate::Object;

pub(super) fn gateway(gateway: &GatewaySite<'_>) -> Object {
    let labels = gateway.labels();
    let port = |port: super::port::Port| {
        json!({
            "name": port.name,
            "port": port.port,
            "protocol": "TCP",
            "targetPort": port.target,
        })
    };
    let ports: Vec<Value> = ports(gateway).into_iter().map(port).collect();
    let kind = match gateway.gateway.kind {
        GatewayKind::EastWest | GatewayKind::Ingress => "LoadBalancer",
        GatewayKind::Egress => "ClusterIP",
    };
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": gateway.gateway.name.as_str(),
            "namespace": gateway.namespace(),
            "labels": &labels,
        },
        "spec": {"ports": ports, "selector": &labels, "type": kind},
    }))
}
