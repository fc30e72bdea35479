//! Configurations of webhooks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{field::FieldError, name::subdomain_problem, selector::label_selector};
use crate::object::{at, list, text};

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
    errors.extend(one_of(webhook, path, "failurePolicy", &["Fail", "Ignore"]));
    errors.extend(one_of(
        webhook,
        path,
        "matchPolicy",
        &["Equivalent", "Exact"],
    ));
    errors.extend(one_of(
        webhook,
        path,
        "reinvocationPolicy",
        &["IfNeeded", "Never"],
    ));
    match at(webhook, &["sideEffects"]) {
        None => errors.push(FieldError::required(
            format!("{path}.sideEffects"),
            "must specify one of None, NoneOnDryRun",
        )),
        Some(_) => errors.extend(one_of(
            webhook,
            path,
            "sideEffects",
            &["None", "NoneOnDryRun"],
        )),
    }
    if list(webhook, &["admissionReviewVersions"]).is_empty() {
        let why = "must specify one of v1, v1beta1";
        errors.push(FieldError::required(
            format!("{path}.admissionReviewVersions"),
            why,
        ));
    }
    let timeout = webhook["timeoutSeconds"].as_i64().unwrap_or(10);
    if !(1..=30).contains(&timeout) {
        let why = "the timeout value must be between 1 and 30 seconds";
        errors.push(FieldError::invalid(
            format!("{path}.timeoutSeconds"),
            &timeout.into(),
            why,
        ));
    }
    errors.extend(label_selector(
        &webhook["namespaceSelector"],
        &format!("{path}.namespaceSelector"),
    ));
    errors.extend(label_selector(
        &webhook["objectSelector"],
        &format!("{path}.objectSelector"),
    ));
    let ways = ["url", "service"]
        .iter()
        .filter(|way| at(webhook, &["clientConfig", way]).is_some())
        .count();
    if let Some(url) = at(webhook, &["clientConfig", "url"])
        .filter(|url| !url.as_str().is_some_and(|u| u.starts_with("https://")))
    {
        let why = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
        errors.push(FieldError::invalid(
            format!("{path}.clientConfig.url"),
            url,
            why,
        ));
    }
    if ways != 1 {
        let why = "exactly one of url or service is required";
        errors.push(FieldError::required(format!("{path}.clientConfig"), why));
    }
    errors
}

fn one_of(webhook: &Value, path: &str, field: &str, known: &[&str]) -> Option<FieldError> {
    let value = at(webhook, &[field])?;
    let fine = known.iter().any(|k| value == k);
    (!fine).then(|| FieldError::not_supported(format!("{path}.{field}"), value, known))
}
