//! Deployments, ReplicaSets, StatefulSets, DaemonSets.

use super::{
    field::{FieldError, under},
    pod::{self, Place},
    selector::label_selector,
};
use crate::{
    json::Value,
    object::{at, text},
    select::LabelSelector,
};

/// Checks a workload of this kind.
pub(super) fn workload(kind: &str, workload: &Value) -> Vec<FieldError> {
    if kind == "ControllerRevision" {
        return Vec::new();
    }
    let spec = &workload["spec"];
    let mut errors = Vec::new();
    errors.extend(not_negative(spec, "replicas"));
    errors.extend(selector(spec));
    errors.extend(pod::template(
        &spec["template"],
        "spec.template",
        Place::Workload,
    ));
    errors.extend(not_negative(spec, "minReadySeconds"));
    errors.extend(not_negative(spec, "revisionHistoryLimit"));
    match kind {
        "Deployment" => errors.extend(strategy(spec, "strategy", &["Recreate", "RollingUpdate"])),
        "StatefulSet" | "DaemonSet" => errors.extend(strategy(
            spec,
            "updateStrategy",
            &["OnDelete", "RollingUpdate"],
        )),
        _ => {}
    }
    errors
}

fn not_negative(spec: &Value, field: &str) -> Option<FieldError> {
    let number = spec[field].as_i64().filter(|number| *number < 0)?;
    Some(FieldError::invalid(
        format!("spec.{field}"),
        &number.into(),
        "must be greater than or equal to 0",
    ))
}

/// A workload must find the pods that it makes, and no more than those.
fn selector(spec: &Value) -> Vec<FieldError> {
    let Some(selector) = at(spec, &["selector"]) else {
        let labels = &spec["template"]["metadata"]["labels"];
        let why = "`selector` does not match template `labels`";
        return vec![
            FieldError::required("spec.selector", ""),
            FieldError::invalid("spec.template.metadata.labels", labels, why),
        ];
    };
    let found = label_selector(selector);
    let mut errors: Vec<FieldError> = under("spec.selector", found).collect();
    let empty =
        at(selector, &["matchLabels"]).is_none() && at(selector, &["matchExpressions"]).is_none();
    if empty {
        let why = "empty selector is invalid for deployment";
        errors.push(FieldError::invalid("spec.selector", selector, why));
    } else if errors.is_empty() {
        let labels = &spec["template"]["metadata"]["labels"];
        if !LabelSelector::of_object(selector).matches(labels) {
            let why = "`selector` does not match template `labels`";
            errors.push(FieldError::invalid(
                "spec.template.metadata.labels",
                labels,
                why,
            ));
        }
    }
    errors
}

fn strategy(spec: &Value, field: &str, kinds: &[&str]) -> Option<FieldError> {
    let kind = text(spec, &[field, "type"]);
    let path = format!("spec.{field}");
    if !kinds.contains(&kind) {
        // A real server names the strategy of a Deployment as a whole.
        let path = if field == "strategy" {
            path
        } else {
            format!("{path}.type")
        };
        return Some(FieldError::not_supported(path, &kind.into(), kinds));
    }
    let update = at(spec, &[field, "rollingUpdate"]);
    if kind != "RollingUpdate" && update.is_some() {
        let why = format!("may not be specified when strategy `type` is '{kind}'");
        return Some(FieldError::forbidden(format!("{path}.rollingUpdate"), why));
    }
    update.and_then(|update| stuck(update, &path))
}

/// An update that may neither add nor take away a pod cannot move.
fn stuck(update: &Value, path: &str) -> Option<FieldError> {
    let none = |field: &str| matches!(&update[field], v if *v == 0 || *v == "0%");
    let why = "may not be 0 when `maxSurge` is 0";
    (none("maxSurge") && none("maxUnavailable")).then(|| {
        let path = format!("{path}.rollingUpdate.maxUnavailable");
        FieldError::invalid(path, &update["maxUnavailable"], why)
    })
}
