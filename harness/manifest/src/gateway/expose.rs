//! What gateways offer to other clusters: the services of a network, and istiod.

use serde_json::{Value, json};

use super::GatewaySite;
use crate::{
    Object,
    site::{Part, Site},
};

/// `cross-network-gateway`: every service of the mesh on 15443, found by the server name that a
/// sidecar puts into its TLS hello, without ending that TLS.
pub(crate) fn services(namespace: &str) -> Object {
    Object::rendered(json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "cross-network-gateway", "namespace": namespace},
        "spec": {
            "selector": {"istio": "eastwestgateway"},
            "servers": [{
                "hosts": ["*.local"],
                "port": {"name": "tls", "number": 15443, "protocol": "TLS"},
                "tls": {"mode": "AUTO_PASSTHROUGH"},
            }],
        },
    }))
}

/// The Gateway and VirtualServices by which 15012 and 15017 lead to the istiods of a cluster.
pub(crate) fn istiod(gateway: &GatewaySite<'_>, sites: &[Site<'_>]) -> Vec<Object> {
    let exposed = sites.iter().filter(|site| site.part != Part::FrontDoor);
    let mut objects: Vec<Object> = exposed.map(route).collect();
    if let Some(site) = sites.iter().find(|site| site.part != Part::FrontDoor) {
        objects.insert(0, entrance(gateway, site));
    }
    objects
}

fn entrance(gateway: &GatewaySite<'_>, site: &Site<'_>) -> Object {
    let server = |name: &str, number: u16| {
        json!({
            "hosts": ["*"],
            "port": {"name": name, "number": number, "protocol": "TLS"},
            "tls": {"mode": "PASSTHROUGH"},
        })
    };
    Object::rendered(json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": gateway_name(site), "namespace": site.namespace()},
        "spec": {
            "selector": {"istio": gateway.role()},
            "servers": [server("tls-istiod", 15012), server("tls-istiodwebhook", 15017)],
        },
    }))
}

fn route(site: &Site<'_>) -> Object {
    let name = match site.part {
        Part::ExternalIstiod { .. } => site.revised("external-istiod-vs"),
        _ => site.revised("istiod-vs"),
    };
    Object::rendered(json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": site.namespace()},
        "spec": {
            "gateways": [gateway_name(site)],
            "hosts": ["*"],
            "tls": [hop(site, 15012, 15012), hop(site, 15017, 443)],
        },
    }))
}

fn gateway_name(site: &Site<'_>) -> &'static str {
    match site.part {
        Part::ExternalIstiod { .. } => "external-istiod-gw",
        _ => "istiod-gateway",
    }
}

/// With revisions side by side the server name tells for whom the connection is.
fn hop(site: &Site<'_>, from: u16, to: u16) -> Value {
    let service = format!("{}.{}.svc", site.revised("istiod"), site.namespace());
    let names = match &site.revision.name {
        None => json!(["*"]),
        Some(_) => json!([&service, format!("{service}.cluster.local")]),
    };
    json!({
        "match": [{"port": from, "sniHosts": names}],
        "route": [{"destination": {
            "host": format!("{service}.cluster.local"),
            "port": {"number": to},
        }}],
    })
}
