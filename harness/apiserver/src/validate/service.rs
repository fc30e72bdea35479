//! Services.

use std::collections::BTreeSet;

use super::{
    container::{port_number_problem, protocol},
    field::FieldError,
    metadata::labels,
    name::{label_problem, port_name_problem, subdomain_problem},
};
use crate::{
    json::{Value, json},
    object::{list, text},
};

/// Checks a Service.
pub(super) fn service(service: &Value) -> Vec<FieldError> {
    let spec = &service["spec"];
    let kind = text(spec, &["type"]);
    let headless = text(spec, &["clusterIP"]) == "None";
    let mut errors = Vec::new();
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&kind) {
        errors.push(FieldError::not_supported("spec.type", &kind.into(), &kinds));
    }
    if list(spec, &["ports"]).is_empty() && !headless && kind != "ExternalName" {
        errors.push(FieldError::required("spec.ports", ""));
    }
    if kind == "ExternalName" {
        errors.extend(external_name(spec));
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let why = format!("may not be set to 'None' for {kind} services");
        errors.push(FieldError::invalid(
            "spec.clusterIPs[0]",
            &"None".into(),
            why,
        ));
    }
    errors.extend(address(spec));
    errors.extend(affinity(spec));
    errors.extend(ports(spec, headless));
    errors.extend(labels(&spec["selector"], "spec.selector"));
    errors.extend(policies(spec));
    errors
}

fn external_name(spec: &Value) -> Option<FieldError> {
    match text(spec, &["externalName"]).trim_end_matches('.') {
        "" => Some(FieldError::required("spec.externalName", "")),
        name => subdomain_problem(name)
            .map(|why| FieldError::invalid("spec.externalName", &name.into(), why)),
    }
}

fn address(spec: &Value) -> Option<FieldError> {
    let address = text(spec, &["clusterIP"]);
    let good = matches!(address, "" | "None") || address.parse::<std::net::IpAddr>().is_ok();
    let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    (!good).then(|| FieldError::invalid("spec.clusterIPs[0]", &address.into(), why))
}

fn affinity(spec: &Value) -> Option<FieldError> {
    let affinities = ["ClientIP", "None"];
    let affinity = text(spec, &["sessionAffinity"]);
    (!affinities.contains(&affinity))
        .then(|| FieldError::not_supported("spec.sessionAffinity", &affinity.into(), &affinities))
}

fn ports(spec: &Value, headless: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let ports = list(spec, &["ports"]);
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (i, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{i}]");
        errors.extend(port_name(port, &path, ports.len() > 1, &mut names));
        let number = port["port"].as_i64().unwrap_or(0);
        if let Some(why) = port_number_problem(number) {
            errors.push(FieldError::invalid(
                format!("{path}.port"),
                &number.into(),
                why,
            ));
        }
        errors.extend(protocol(port, &path));
        if !headless {
            errors.extend(target_port(port, &path));
        }
        let key = format!("{}/{number}", text(port, &["protocol"]));
        if !numbers.insert(key) {
            let shown = json!({"port": number, "protocol": port["protocol"]});
            errors.push(FieldError::duplicate(path, &shown));
        }
    }
    errors
}

/// Several ports are told apart by their names.
fn port_name(
    port: &Value,
    path: &str,
    needed: bool,
    names: &mut BTreeSet<String>,
) -> Option<FieldError> {
    let path = format!("{path}.name");
    match text(port, &["name"]) {
        "" if needed => Some(FieldError::required(path, "")),
        "" => None,
        name => match label_problem(name) {
            Some(why) => Some(FieldError::invalid(path, &name.into(), why)),
            None if !names.insert(name.to_owned()) => {
                Some(FieldError::duplicate(path, &name.into()))
            }
            None => None,
        },
    }
}

fn target_port(port: &Value, path: &str) -> Option<FieldError> {
    let target = &port["targetPort"];
    let why = match (target.as_i64(), target.as_str()) {
        (Some(number), _) => port_number_problem(number).map(str::to_owned),
        (None, Some(name)) => port_name_problem(name),
        (None, None) => None,
    };
    why.map(|why| FieldError::invalid(format!("{path}.targetPort"), target, why))
}

fn policies(spec: &Value) -> Vec<FieldError> {
    let known = ["Cluster", "Local"];
    let wrong = |field: &&str| {
        let policy = text(spec, &[field]);
        !policy.is_empty() && !known.contains(&policy)
    };
    let fields = ["externalTrafficPolicy", "internalTrafficPolicy"]
        .into_iter()
        .filter(wrong);
    fields
        .map(|field| FieldError::not_supported(format!("spec.{field}"), &spec[field], &known))
        .collect()
}
