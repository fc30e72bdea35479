//! HorizontalPodAutoscalers and PodDisruptionBudgets.

use super::field::FieldError;
use crate::{
    json::Value,
    object::{at, text},
};

/// Checks a HorizontalPodAutoscaler.
pub(super) fn autoscaler(autoscaler: &Value) -> Vec<FieldError> {
    let spec = &autoscaler["spec"];
    let mut errors = Vec::new();
    let (least, most) = (
        spec["minReplicas"].as_i64().unwrap_or(1),
        spec["maxReplicas"].as_i64().unwrap_or(0),
    );
    if least < 1 {
        errors.push(FieldError::invalid(
            "spec.minReplicas",
            &least.into(),
            "must be greater than or equal to 1",
        ));
    }
    if most < 1 {
        errors.push(FieldError::invalid(
            "spec.maxReplicas",
            &most.into(),
            "must be greater than 0",
        ));
    }
    if most < least {
        let why = "must be greater than or equal to `minReplicas`";
        errors.push(FieldError::invalid("spec.maxReplicas", &most.into(), why));
    }
    for field in ["kind", "name"] {
        if text(spec, &["scaleTargetRef", field]).is_empty() {
            errors.push(FieldError::required(
                format!("spec.scaleTargetRef.{field}"),
                "",
            ));
        }
    }
    errors
}

/// Checks a PodDisruptionBudget.
pub(super) fn budget(budget: &Value) -> Vec<FieldError> {
    let both = ["minAvailable", "maxUnavailable"]
        .iter()
        .all(|field| at(budget, &["spec", field]).is_some());
    let why = "minAvailable and maxUnavailable cannot be both set";
    both.then(|| FieldError::invalid("spec", &budget["spec"], why))
        .into_iter()
        .collect()
}
