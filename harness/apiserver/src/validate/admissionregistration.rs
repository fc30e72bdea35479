//! Configurations of webhooks.

use std::collections::BTreeSet;

use super::{field::FieldError, name::subdomain_problem, selector::label_selector};
use crate::{
    json::Value,
    object::{at, list, text},
};

/// Checks every webhook of a configuration.
pub(super) fn webhooks(configuration: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for (i, webhook) in list(configuration, &["webhooks"]).iter().enumerate() {
        let path = format!("webhooks[{i}]");
        let name = text(webhook, &["name"]);
        errors.extend(self::name(name, &path));
        if !name.is_empty() && !names.insert(name) {
            errors.push(FieldError::duplicate(format!("{path}.name"), &name.into()));
        }
        errors.extend(self::webhook(webhook, &path));
    }
    errors
}

/// The name of a webhook belongs to a domain.
fn name(name: &str, path: &str) -> Option<FieldError> {
    let path = format!("{path}.name");
    if name.is_empty() {
        return Some(FieldError::required(path, ""));
    }
    if let Some(why) = subdomain_problem(name) {
        return Some(FieldError::invalid(path, &name.into(), why));
    }
    let short = name.split('.').count() < 3;
    let why = "should be a domain with at least three segments separated by dots";
    short.then(|| FieldError::invalid(path, &name.into(), why))
}

fn webhook(webhook: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (field, known) in CHOICES {
        errors.extend(one_of(webhook, path, field, known));
    }
    for (field, why) in REQUIRED {
        let absent = at(webhook, &[field]).is_none_or(|v| v.as_array().is_some_and(Vec::is_empty));
        errors.extend(absent.then(|| FieldError::required(format!("{path}.{field}"), why)));
    }
    errors.extend(timeout(webhook, path));
    for selector in ["namespaceSelector", "objectSelector"] {
        errors.extend(label_selector(
            &webhook[selector],
            &format!("{path}.{selector}"),
        ));
    }
    errors.extend(way(
        &webhook["clientConfig"],
        &format!("{path}.clientConfig"),
    ));
    errors
}

/// Fields that hold one of a few words.
const CHOICES: [(&str, &[&str]); 4] = [
    ("failurePolicy", &["Fail", "Ignore"]),
    ("matchPolicy", &["Equivalent", "Exact"]),
    ("reinvocationPolicy", &["IfNeeded", "Never"]),
    ("sideEffects", &["None", "NoneOnDryRun"]),
];

/// Fields that have no default.
const REQUIRED: [(&str, &str); 2] = [
    ("sideEffects", "must specify one of None, NoneOnDryRun"),
    ("admissionReviewVersions", "must specify one of v1, v1beta1"),
];

fn timeout(webhook: &Value, path: &str) -> Option<FieldError> {
    let timeout = webhook["timeoutSeconds"].as_i64().unwrap_or(10);
    let why = "the timeout value must be between 1 and 30 seconds";
    let path = format!("{path}.timeoutSeconds");
    (!(1..=30).contains(&timeout)).then(|| FieldError::invalid(path, &timeout.into(), why))
}

/// How the webhook is reached: by one way, and encrypted.
fn way(config: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let encrypted = |url: &&Value| url.as_str().is_some_and(|u| u.starts_with("https://"));
    if let Some(url) = at(config, &["url"]).filter(|url| !encrypted(url)) {
        let why = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
        errors.push(FieldError::invalid(format!("{path}.url"), url, why));
    }
    let ways = ["url", "service"].map(|way| at(config, &[way]).is_some());
    if ways[0] == ways[1] {
        let why = "exactly one of url or service is required";
        errors.push(FieldError::required(path, why));
    }
    errors
}

fn one_of(webhook: &Value, path: &str, field: &str, known: &[&str]) -> Option<FieldError> {
    let value = at(webhook, &[field])?;
    let fine = known.iter().any(|k| value == k);
    (!fine).then(|| FieldError::not_supported(format!("{path}.{field}"), value, known))
}
