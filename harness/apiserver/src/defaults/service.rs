//! Services: their defaults, addresses and node ports.

use std::{collections::BTreeSet, net::Ipv4Addr};

use crate::{
    json::{Map, Value, json},
    object::{self, list, map_mut, set_default, text},
    resource::Resource,
    server::{ApiServer, State},
    status::Status,
    validate::field::{FieldError, refuse_if_any},
};

const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// Defaults of a Service.
pub(super) fn service(service: &mut Value) {
    let spec = map_mut(service, "spec");
    set_default(spec, "sessionAffinity", "None");
    set_default(spec, "type", "ClusterIP");
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if spec["sessionAffinity"] == "ClientIP" {
        set_default(
            spec,
            "sessionAffinityConfig",
            json!({"clientIP": {"timeoutSeconds": 10800}}),
        );
    }
    traffic_policies(spec, &kind);
    if kind != "ExternalName" {
        families(spec);
    }
    if kind == "LoadBalancer" {
        set_default(spec, "allocateLoadBalancerNodePorts", true);
    }
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        self::port(port);
    }
}

fn traffic_policies(spec: &mut Map, kind: &str) {
    if matches!(kind, "NodePort" | "LoadBalancer") {
        set_default(spec, "externalTrafficPolicy", "Cluster");
    } else {
        spec.remove("externalTrafficPolicy");
    }
    if kind != "ExternalName" {
        set_default(spec, "internalTrafficPolicy", "Cluster");
    }
}

/// Without a selector nobody knows what stands behind a headless Service.
fn families(spec: &mut Map) {
    let headless = spec.get("clusterIP").is_some_and(|ip| ip == "None");
    let (families, policy) = match headless && !spec.contains_key("selector") {
        true => (json!(["IPv4", "IPv6"]), "RequireDualStack"),
        false => (json!(["IPv4"]), "SingleStack"),
    };
    set_default(spec, "ipFamilies", families);
    set_default(spec, "ipFamilyPolicy", policy);
}

fn port(port: &mut Value) {
    let number = port["port"].clone();
    let Some(port) = port.as_object_mut() else {
        return;
    };
    set_default(port, "protocol", "TCP");
    if port.get("targetPort").is_none_or(|t| *t == 0 || *t == "") {
        port.insert("targetPort", number);
    }
}

/// Addresses of a load balancer are virtual unless its provider says otherwise.
pub(super) fn ingress_modes(service: &mut Value) {
    for ingress in object::items_mut(service, &["status", "loadBalancer", "ingress"]) {
        let Some(ingress) = ingress.as_object_mut() else {
            continue;
        };
        if ingress.get("ip").is_some() {
            set_default(ingress, "ipMode", "VIP");
        }
    }
}

/// An update that does not mention what was allocated keeps it.
pub(super) fn keep_allocated(live: &Value, service: &mut Value) {
    let external = |s: &Value| text(s, &["spec", "type"]) == "ExternalName";
    if external(service) || external(live) {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
        if let Some(value) = object::at(&live["spec"], &[field]) {
            set_default(map_mut(service, "spec"), field, value.clone());
        }
    }
    if !wants_node_ports(service) {
        return;
    }
    let before = list(live, &["spec", "ports"]).to_vec();
    for port in object::items_mut(service, &["spec", "ports"]) {
        let same =
            |old: &&Value| old["port"] == port["port"] && old["protocol"] == port["protocol"];
        let unset = port["nodePort"].as_i64().unwrap_or(0) == 0;
        let number = before
            .iter()
            .find(same)
            .and_then(|old| old["nodePort"].as_i64());
        if let Some(number) = number.filter(|_| unset) {
            port["nodePort"] = number.into();
        }
    }
}

fn wants_node_ports(service: &Value) -> bool {
    match text(service, &["spec", "type"]) {
        "NodePort" => true,
        "LoadBalancer" => service["spec"]["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

/// Gives a Service its address and node ports.
///
/// # Errors
/// 422 if what it asks for is taken or outside of the ranges.
pub(super) fn allocate(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    live: Option<&Value>,
    service: &mut Value,
) -> Result<(), Status> {
    let kind = text(service, &["spec", "type"]).to_owned();
    if kind == "ExternalName" {
        let spec = map_mut(service, "spec");
        ["clusterIP", "clusterIPs"]
            .iter()
            .for_each(|field| drop(spec.remove(field)));
    } else {
        address(server, state, resource, live, service)?;
    }
    if text(service, &["spec", "externalTrafficPolicy"]) == "Local" && kind == "LoadBalancer" {
        health_check_port(server, state, resource, service);
    }
    if wants_node_ports(service) {
        node_ports(server, state, resource, service)?;
    } else {
        for port in object::items_mut(service, &["spec", "ports"]) {
            object::remove(port, &["nodePort"]);
        }
    }
    Ok(())
}

fn others<'a>(
    state: &'a State,
    resource: &Resource,
    service: &'a Value,
) -> impl Iterator<Item = &'a Value> {
    let own = object::key(service);
    state
        .store
        .all(resource.table())
        .filter(move |(key, _)| ***key != own)
        .map(|(_, other)| &***other)
        .collect::<Vec<_>>()
        .into_iter()
}

fn address(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    live: Option<&Value>,
    service: &mut Value,
) -> Result<(), Status> {
    let asked = text(service, &["spec", "clusterIP"]).to_owned();
    let kept = live.is_some_and(|live| text(live, &["spec", "clusterIP"]) == asked);
    let address = match asked.as_str() {
        "" => free_address(server, state, resource, service),
        "None" => "None".to_owned(),
        _ if kept => asked,
        _ => claim(server, state, resource, service, &asked)?,
    };
    service["spec"]["clusterIP"] = address.as_str().into();
    service["spec"]["clusterIPs"] = json!([address]);
    Ok(())
}

/// The first free address from a place that the Service's name decides, in the upper part of the
/// range as Kubernetes does, so that fixed ones below stay free.
fn free_address(server: &ApiServer, state: &State, resource: &Resource, service: &Value) -> String {
    let range = server.config().service_cidr;
    let (first, last) = (
        u32::from(range.network()) + 1,
        u32::from(range.broadcast()) - 1,
    );
    let reserved = ((last - first) / 16).clamp(16, 256);
    let (low, size) = (first + reserved, last - first - reserved + 1);
    let digest = server.seed().digest(&[
        "clusterIP",
        object::namespace(service),
        object::name(service),
    ]);
    let start = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % size;
    let taken: BTreeSet<&str> = others(state, resource, service)
        .map(|s| text(s, &["spec", "clusterIP"]))
        .collect();
    let candidates = (0..size).map(|i| Ipv4Addr::from(low + (start + i) % size).to_string());
    candidates
        .into_iter()
        .find(|a| !taken.contains(a.as_str()))
        .unwrap_or_default()
}

fn claim(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    service: &Value,
    asked: &str,
) -> Result<String, Status> {
    let range = server.config().service_cidr;
    let taken = others(state, resource, service).any(|s| text(s, &["spec", "clusterIP"]) == asked);
    let why = match asked.parse::<Ipv4Addr>() {
        Ok(address) if !range.contains(&address) => Some(format!(
            "failed to allocate IP {asked}: the provided network does not match the current range"
        )),
        Ok(_) if taken => Some(format!(
            "failed to allocate IP {asked}: provided IP is already allocated"
        )),
        // A malformed address is validation's to refuse.
        Ok(_) | Err(_) => None,
    };
    match why {
        None => Ok(asked.to_owned()),
        Some(why) => {
            let error = FieldError::invalid("spec.clusterIPs", &json!([asked]), why);
            refuse_if_any(resource, object::name(service), vec![error]).map(|()| String::new())
        }
    }
}

fn taken_ports(state: &State, resource: &Resource, service: &Value) -> BTreeSet<i64> {
    let others = others(state, resource, service);
    let ports = others.flat_map(|s| {
        let own = s["spec"]["healthCheckNodePort"].as_i64();
        list(s, &["spec", "ports"])
            .iter()
            .filter_map(|port| port["nodePort"].as_i64())
            .chain(own)
    });
    ports.collect()
}

fn node_ports(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    service: &mut Value,
) -> Result<(), Status> {
    let mut taken = taken_ports(state, resource, service);
    let (namespace, name) = (
        object::namespace(service).to_owned(),
        object::name(service).to_owned(),
    );
    let mut errors = Vec::new();
    for (i, port) in object::items_mut(service, &["spec", "ports"]).enumerate() {
        let field = format!("spec.ports[{i}].nodePort");
        match port["nodePort"].as_i64().unwrap_or(0) {
            0 => {
                let words = ["nodePort", &namespace, &name, &port["port"].to_string()];
                let free = free_port(server.seed().digest(&words), &taken);
                port["nodePort"] = free.into();
                taken.insert(free);
            }
            asked if !NODE_PORTS.contains(&asked) => {
                let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                errors.push(FieldError::invalid(field, &asked.into(), why));
            }
            asked if taken.contains(&asked) => {
                errors.push(FieldError::invalid(
                    field,
                    &asked.into(),
                    "provided port is already allocated",
                ));
            }
            asked => drop(taken.insert(asked)),
        }
    }
    refuse_if_any(resource, &name, errors)
}

/// The node port at which nodes tell whether they hold an endpoint.
fn health_check_port(server: &ApiServer, state: &State, resource: &Resource, service: &mut Value) {
    if service["spec"]["healthCheckNodePort"].as_i64().unwrap_or(0) != 0 {
        return;
    }
    let taken = taken_ports(state, resource, service);
    let words = [
        "healthCheckNodePort",
        object::namespace(service),
        object::name(service),
    ];
    let free = free_port(server.seed().digest(&words), &taken);
    service["spec"]["healthCheckNodePort"] = free.into();
}

fn free_port(digest: [u8; 32], taken: &BTreeSet<i64>) -> i64 {
    let size = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    let start = i64::from(u16::from_be_bytes([digest[0], digest[1]])) % size;
    let candidates = (0..size).map(|i| NODE_PORTS.start() + (start + i) % size);
    candidates
        .into_iter()
        .find(|port| !taken.contains(port))
        .unwrap_or(*NODE_PORTS.end())
}
