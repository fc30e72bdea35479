//! Pods and the templates of pods.

use std::collections::BTreeSet;

use super::{
    container::{self, Kind},
    field::FieldError,
    metadata::labels,
    name::{label_problem, subdomain_problem},
};
use crate::{
    json::Value,
    object::{at, list, text},
};

/// Where a pod's specification stands, which decides how it may restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Pod,
    /// In a controller that replaces its pods.
    Workload,
    Job,
}

/// Checks a template of pods.
pub(super) fn template(template: &Value, path: &str, place: Place) -> Vec<FieldError> {
    let mut errors = labels(
        &template["metadata"]["labels"],
        &format!("{path}.metadata.labels"),
    );
    errors.extend(spec(&template["spec"], &format!("{path}.spec"), place));
    errors
}

/// Checks a pod's specification.
pub(super) fn spec(spec: &Value, path: &str, place: Place) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let volumes = volumes(spec, path, &mut errors);
    errors.extend(containers(spec, path, &volumes));
    errors.extend(restart_policy(spec, path, place));
    errors.extend(dns_policy(spec, path));
    for (field, check) in [
        (
            "serviceAccountName",
            subdomain_problem as fn(&str) -> Option<String>,
        ),
        ("nodeName", subdomain_problem),
        ("hostname", label_problem),
        ("subdomain", label_problem),
    ] {
        let value = text(spec, &[field]);
        if let Some(why) = check(value).filter(|_| !value.is_empty()) {
            errors.push(FieldError::invalid(
                format!("{path}.{field}"),
                &value.into(),
                why,
            ));
        }
    }
    let grace = spec["terminationGracePeriodSeconds"].as_i64().unwrap_or(0);
    if grace < 0 {
        let path = format!("{path}.terminationGracePeriodSeconds");
        errors.push(FieldError::invalid(
            path,
            &grace.into(),
            "must be greater than or equal to 0",
        ));
    }
    errors
}

fn containers(spec: &Value, path: &str, volumes: &BTreeSet<String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    if list(spec, &["containers"]).is_empty() {
        errors.push(FieldError::required(format!("{path}.containers"), ""));
    }
    for (field, kind) in [("initContainers", Kind::Init), ("containers", Kind::Main)] {
        for (i, container) in list(spec, &[field]).iter().enumerate() {
            let path = format!("{path}.{field}[{i}]");
            errors.extend(container::container(container, &path, kind, volumes));
            let name = text(container, &["name"]);
            if !name.is_empty() && !names.insert(name.to_owned()) {
                errors.push(FieldError::duplicate(format!("{path}.name"), &name.into()));
            }
        }
    }
    errors
}

fn volumes(spec: &Value, path: &str, errors: &mut Vec<FieldError>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (i, volume) in list(spec, &["volumes"]).iter().enumerate() {
        let name = text(volume, &["name"]);
        let field = format!("{path}.volumes[{i}].name");
        if name.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else if let Some(why) = label_problem(name) {
            errors.push(FieldError::invalid(field, &name.into(), why));
        } else if !names.insert(name.to_owned()) {
            errors.push(FieldError::duplicate(field, &name.into()));
        }
        let sources = volume
            .as_object()
            .map_or(0, |map| map.keys().filter(|key| *key != "name").count());
        if sources > 1 {
            let why = "may not specify more than 1 volume type";
            errors.push(FieldError::forbidden(format!("{path}.volumes[{i}]"), why));
        }
    }
    names
}

fn restart_policy(spec: &Value, path: &str, place: Place) -> Option<FieldError> {
    let path = format!("{path}.restartPolicy");
    let policy = text(spec, &["restartPolicy"]);
    let supported: &[&str] = match place {
        Place::Pod => &["Always", "OnFailure", "Never"],
        Place::Workload => &["Always"],
        Place::Job => &["OnFailure", "Never"],
    };
    match policy {
        "" => Some(FieldError::required(path, "")),
        // Templates are given "Always", which for a Job is as good as nothing.
        "Always" if place == Place::Job => Some(FieldError::required(
            path,
            "valid values: \"OnFailure\", \"Never\"",
        )),
        policy if supported.contains(&policy) => None,
        policy => Some(FieldError::not_supported(path, &policy.into(), supported)),
    }
}

fn dns_policy(spec: &Value, path: &str) -> Option<FieldError> {
    let supported = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
    let policy = at(spec, &["dnsPolicy"])?;
    let known = supported.iter().any(|s| policy == s);
    (!known).then(|| FieldError::not_supported(format!("{path}.dnsPolicy"), policy, &supported))
}
