//! Containers.

use std::collections::BTreeSet;

use super::{
    field::FieldError,
    name::{label_problem, port_name_problem},
};
use crate::{
    json::Value,
    object::{at, list, text},
    quantity,
};

/// Whether a container runs beside the others or before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Main,
    Init,
}

/// Checks a container against the volumes of its pod.
pub(super) fn container(
    container: &Value,
    path: &str,
    kind: Kind,
    volumes: &BTreeSet<String>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    errors.extend(name(container, path));
    let image = text(container, &["image"]);
    if image.is_empty() {
        errors.push(FieldError::required(format!("{path}.image"), ""));
    } else if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(
            format!("{path}.image"),
            &image.into(),
            why,
        ));
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    if let Some(policy) =
        at(container, &["imagePullPolicy"]).filter(|p| !policies.iter().any(|x| p == x))
    {
        errors.push(FieldError::not_supported(
            format!("{path}.imagePullPolicy"),
            policy,
            &policies,
        ));
    }
    errors.extend(ports(container, path));
    errors.extend(env(container, path));
    errors.extend(mounts(container, path, volumes));
    errors.extend(resources(container, path));
    errors.extend(probes(container, path));
    errors.extend(restart(container, path, kind));
    errors
}

fn name(container: &Value, path: &str) -> Option<FieldError> {
    let path = format!("{path}.name");
    match text(container, &["name"]) {
        "" => Some(FieldError::required(path, "")),
        name => label_problem(name).map(|why| FieldError::invalid(path, &name.into(), why)),
    }
}

/// Only init containers may run on beside the others.
fn restart(container: &Value, path: &str, kind: Kind) -> Option<FieldError> {
    let policy = at(container, &["restartPolicy"])?;
    let path = format!("{path}.restartPolicy");
    match kind {
        Kind::Init if *policy == "Always" => None,
        Kind::Init => Some(FieldError::not_supported(path, policy, &["Always"])),
        Kind::Main => Some(FieldError::forbidden(
            path,
            "may not be set for non-init containers",
        )),
    }
}

fn ports(container: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for (i, port) in list(container, &["ports"]).iter().enumerate() {
        let path = format!("{path}.ports[{i}]");
        let number = port["containerPort"].as_i64().unwrap_or(0);
        if number == 0 {
            errors.push(FieldError::required(format!("{path}.containerPort"), ""));
        } else if let Some(why) = port_number_problem(number) {
            errors.push(FieldError::invalid(
                format!("{path}.containerPort"),
                &number.into(),
                why,
            ));
        }
        let name = text(port, &["name"]);
        if !name.is_empty() {
            if let Some(why) = port_name_problem(name) {
                errors.push(FieldError::invalid(
                    format!("{path}.name"),
                    &name.into(),
                    why,
                ));
            } else if !names.insert(name) {
                errors.push(FieldError::duplicate(format!("{path}.name"), &name.into()));
            }
        }
        errors.extend(protocol(port, &path));
    }
    errors
}

/// Why a number is no port.
pub(super) fn port_number_problem(number: i64) -> Option<&'static str> {
    (!(1..=65_535).contains(&number)).then_some("must be between 1 and 65535, inclusive")
}

/// Checks the protocol of a port.
pub(super) fn protocol(port: &Value, path: &str) -> Option<FieldError> {
    let protocols = ["SCTP", "TCP", "UDP"];
    let path = format!("{path}.protocol");
    match text(port, &["protocol"]) {
        "" => Some(FieldError::required(path, "")),
        known if protocols.contains(&known) => None,
        other => Some(FieldError::not_supported(path, &other.into(), &protocols)),
    }
}

fn env(container: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (i, variable) in list(container, &["env"]).iter().enumerate() {
        let path = format!("{path}.env[{i}]");
        let name = text(variable, &["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        } else if name.contains('=') || !name.is_ascii() {
            let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.push(FieldError::invalid(
                format!("{path}.name"),
                &name.into(),
                why,
            ));
        }
        let from = at(variable, &["valueFrom"]);
        if from.is_some() && !text(variable, &["value"]).is_empty() {
            let why = "may not be specified when `value` is not empty";
            errors.push(FieldError::invalid(
                format!("{path}.valueFrom"),
                &"".into(),
                why,
            ));
        }
    }
    errors
}

fn mounts(container: &Value, path: &str, volumes: &BTreeSet<String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut places = BTreeSet::new();
    for (i, mount) in list(container, &["volumeMounts"]).iter().enumerate() {
        let path = format!("{path}.volumeMounts[{i}]");
        let (name, place) = (text(mount, &["name"]), text(mount, &["mountPath"]));
        if name.is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        } else if !volumes.contains(name) {
            errors.push(FieldError::not_found(format!("{path}.name"), &name.into()));
        }
        if place.is_empty() {
            errors.push(FieldError::required(format!("{path}.mountPath"), ""));
        } else if !places.insert(place) {
            errors.push(FieldError::invalid(
                format!("{path}.mountPath"),
                &place.into(),
                "must be unique",
            ));
        }
    }
    errors
}

fn resources(container: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let limits = container["resources"]["limits"].as_object();
    for (name, request) in container["resources"]["requests"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let limit = limits
            .and_then(|limits| limits.get(name))
            .and_then(Value::as_str);
        let request = request.as_str().unwrap_or_default();
        let exceeds =
            limit.is_some_and(|limit| quantity::compare(request, limit).is_some_and(|o| o.is_gt()));
        if let Some(limit) = limit.filter(|_| exceeds) {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            errors.push(FieldError::invalid(
                format!("{path}.resources.requests"),
                &request.into(),
                why,
            ));
        }
    }
    errors
}

fn probes(container: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = at(container, &[field]) else {
            continue;
        };
        let handlers = ["exec", "httpGet", "tcpSocket", "grpc"]
            .iter()
            .filter(|h| at(probe, &[h]).is_some())
            .count();
        let path = format!("{path}.{field}");
        match handlers {
            0 => errors.push(FieldError::required(
                path.clone(),
                "must specify a handler type",
            )),
            1 => {}
            _ => errors.push(FieldError::forbidden(
                path.clone(),
                "may not specify more than 1 handler type",
            )),
        }
        let success = probe["successThreshold"].as_i64().unwrap_or(1);
        if field != "readinessProbe" && success != 1 {
            errors.push(FieldError::invalid(
                format!("{path}.successThreshold"),
                &success.into(),
                "must be 1",
            ));
        }
    }
    errors
}
