//! Configurations of webhooks.

use std::collections::BTreeSet;

use super::{
    field::{FieldError, under},
    name::subdomain_problem,
    selector::label_selector,
};
use crate::{
    json::Value,
    object::{at, list, text},
};

/// Checks every webhook of a configuration.
pub(super) fn webhooks(configuration: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for (i, webhook) in list(configuration, &["webhooks"]).iter().enumerate() {
        let name = text(webhook, &["name"]);
        let mut found = Vec::from_iter(self::name(name));
        if !name.is_empty() && !names.insert(name) {
            found.push(FieldError::duplicate("name", &name.into()));
        }
        found.extend(self::webhook(webhook));
        errors.extend(under(format_args!("webhooks[{i}]"), found));
    }
    errors
}

/// The name of a webhook belongs to a domain.
fn name(name: &str) -> Option<FieldError> {
    if name.is_empty() {
        return Some(FieldError::required("name", ""));
    }
    if let Some(why) = subdomain_problem(name) {
        return Some(FieldError::invalid("name", &name.into(), why));
    }
    let short = name.split('.').count() < 3;
    let why = "should be a domain with at least three segments separated by dots";
    short.then(|| FieldError::invalid("name", &name.into(), why))
}

/// Checks one webhook; paths begin at it.
fn webhook(webhook: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (field, known) in CHOICES {
        errors.extend(one_of(webhook, field, known));
    }
    for (field, why) in REQUIRED {
        let absent = at(webhook, &[field]).is_none_or(|v| v.as_array().is_some_and(Vec::is_empty));
        errors.extend(absent.then(|| FieldError::required(field, why)));
    }
    errors.extend(timeout(webhook));
    for selector in ["namespaceSelector", "objectSelector"] {
        errors.extend(under(selector, label_selector(&webhook[selector])));
    }
    errors.extend(under("clientConfig", way(&webhook["clientConfig"])));
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

fn timeout(webhook: &Value) -> Option<FieldError> {
    let timeout = webhook["timeoutSeconds"].as_i64().unwrap_or(10);
    let why = "the timeout value must be between 1 and 30 seconds";
    (!(1..=30).contains(&timeout))
        .then(|| FieldError::invalid("timeoutSeconds", &timeout.into(), why))
}

/// How the webhook is reached: by one way, and encrypted.
fn way(config: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let encrypted = |url: &&Value| url.as_str().is_some_and(|u| u.starts_with("https://"));
    if let Some(url) = at(config, &["url"]).filter(|url| !encrypted(url)) {
        let why = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
        errors.push(FieldError::invalid("url", url, why));
    }
    let ways = ["url", "service"].map(|way| at(config, &[way]).is_some());
    if ways[0] == ways[1] {
        let why = "exactly one of url or service is required";
        errors.push(FieldError::required("", why));
    }
    errors
}

fn one_of(webhook: &Value, field: &str, known: &[&str]) -> Option<FieldError> {
    let value = at(webhook, &[field])?;
    let fine = known.iter().any(|k| value == k);
    (!fine).then(|| FieldError::not_supported(field, value, known))
}
