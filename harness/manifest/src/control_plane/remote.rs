//! What leads from a cluster without an istiod to one elsewhere: a Service without a selector, and
//! the addresses behind it.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::{Facts, ManifestError, Need, Object, site::Site};

/// The first minor release of Istio 1 that writes EndpointSlices; older charts write Endpoints.
const FIRST_WITH_SLICES: u64 = 28;

pub(super) fn service(site: &Site<'_>, facts: &Facts) -> Result<Vec<Object>, ManifestError> {
    let addresses = site
        .istiod_addresses()
        .into_iter()
        .map(|gateway| facts.text(&Need::Address(gateway)).map(str::to_owned))
        .collect::<Result<Vec<String>, _>>()?;
    let is_address = |text: &String| text.parse::<Ipv4Addr>().is_ok();
    let Some(name) = addresses.iter().find(|text| !is_address(text)) else {
        return Ok(vec![selectorless(site), endpoints(site, &addresses)]);
    };
    Ok(vec![by_name(site, name)])
}

/// A Service whose addresses are written by hand.
fn selectorless(site: &Site<'_>) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(site),
        "spec": {"ports": ports()},
    }))
}

/// A gateway known by a host name, as some clouds give them, is an alias in DNS.
fn by_name(site: &Site<'_>, host: &str) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(site),
        "spec": {"externalName": host, "ports": ports(), "type": "ExternalName"},
    }))
}

fn metadata(site: &Site<'_>) -> Value {
    json!({
        "name": site.revised("istiod"),
        "namespace": site.namespace(),
        "labels": {"app.kubernetes.io/name": "istiod", "istio.io/rev": site.rev()},
    })
}

fn ports() -> Value {
    json!([
        {"name": "tcp-istiod", "port": 15012, "protocol": "TCP"},
        {"name": "tcp-webhook", "port": 443, "protocol": "TCP", "targetPort": 15017},
    ])
}

fn endpoints(site: &Site<'_>, addresses: &[String]) -> Object {
    if site.revision.version.minor() >= FIRST_WITH_SLICES {
        let ports = [("tcp-istiod", 15012), ("tcp-webhook", 15017)];
        return slice(site, &site.revised("istiod"), addresses, &ports);
    }
    let all: Vec<Value> = addresses.iter().map(|ip| json!({ "ip": ip })).collect();
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": site.revised("istiod"), "namespace": site.namespace()},
        "subsets": [{"addresses": all, "ports": [
            {"name": "tcp-istiod", "port": 15012, "protocol": "TCP"},
            {"name": "tcp-webhook", "port": 15017, "protocol": "TCP"},
        ]}],
    }))
}

/// Addresses for the Service `istiod`; port names must be those of the Service.
pub(super) fn slice(
    site: &Site<'_>,
    name: &str,
    addresses: &[String],
    ports: &[(&str, u16)],
) -> Object {
    let port = |(name, port): &(&str, u16)| json!({"name": name, "port": port, "protocol": "TCP"});
    Object::rendered(json!({
        "addressType": "IPv4",
        "apiVersion": "discovery.k8s.io/v1",
        "endpoints": [{"addresses": addresses}],
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": site.namespace(),
            "labels": {"kubernetes.io/service-name": site.revised("istiod")},
        },
        "ports": ports.iter().map(port).collect::<Vec<_>>(),
    }))
}
