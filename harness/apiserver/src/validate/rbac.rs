//! Roles and bindings.

use super::field::FieldError;
use crate::{
    json::Value,
    object::{list, text},
};

/// Checks an object of this kind.
pub(super) fn rbac(kind: &str, object: &Value) -> Vec<FieldError> {
    match kind {
        "Role" | "ClusterRole" => rules(kind, object),
        _ => binding(kind, object),
    }
}

fn rules(kind: &str, role: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (i, rule) in list(role, &["rules"]).iter().enumerate() {
        let path = format!("rules[{i}]");
        let has = |field: &str| !list(rule, &[field]).is_empty();
        if !has("verbs") {
            errors.push(FieldError::required(
                format!("{path}.verbs"),
                "verbs must contain at least one value",
            ));
        }
        if has("nonResourceURLs") {
            if kind == "Role" {
                let why = "namespaced rules cannot apply to non-resource URLs";
                errors.push(FieldError::invalid(
                    format!("{path}.nonResourceURLs"),
                    &rule["nonResourceURLs"],
                    why,
                ));
            }
            continue;
        }
        if !has("apiGroups") {
            let why = "resource rules must supply at least one api group";
            errors.push(FieldError::required(format!("{path}.apiGroups"), why));
        }
        if !has("resources") {
            let why = "resource rules must supply at least one resource";
            errors.push(FieldError::required(format!("{path}.resources"), why));
        }
    }
    errors
}

fn binding(kind: &str, binding: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let group = "rbac.authorization.k8s.io";
    let found = text(binding, &["roleRef", "apiGroup"]);
    if found != group {
        errors.push(FieldError::not_supported(
            "roleRef.apiGroup",
            &found.into(),
            &[group],
        ));
    }
    let kinds: &[&str] = if kind == "RoleBinding" {
        &["ClusterRole", "Role"]
    } else {
        &["ClusterRole"]
    };
    let referred = text(binding, &["roleRef", "kind"]);
    if !kinds.contains(&referred) {
        errors.push(FieldError::not_supported(
            "roleRef.kind",
            &referred.into(),
            kinds,
        ));
    }
    if text(binding, &["roleRef", "name"]).is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    }
    for (i, subject) in list(binding, &["subjects"]).iter().enumerate() {
        errors.extend(self::subject(subject, &format!("subjects[{i}]"), kind));
    }
    errors
}

fn subject(subject: &Value, path: &str, binding: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if text(subject, &["name"]).is_empty() {
        errors.push(FieldError::required(format!("{path}.name"), ""));
    }
    let kinds = ["Group", "ServiceAccount", "User"];
    match text(subject, &["kind"]) {
        "ServiceAccount"
            if binding == "ClusterRoleBinding" && text(subject, &["namespace"]).is_empty() =>
        {
            errors.push(FieldError::required(format!("{path}.namespace"), ""));
        }
        known if kinds.contains(&known) => {}
        other => errors.push(FieldError::not_supported(
            format!("{path}.kind"),
            &other.into(),
            &kinds,
        )),
    }
    errors
}
