//! Selectors inside objects.

use super::{field::FieldError, metadata::labels, name::qualified_name_problem};
use crate::{
    json::Value,
    object::{list, text},
};

/// Checks a `LabelSelector`.
pub(super) fn label_selector(selector: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = labels(&selector["matchLabels"], &format!("{path}.matchLabels"));
    for (i, expression) in list(selector, &["matchExpressions"]).iter().enumerate() {
        errors.extend(requirement(
            expression,
            &format!("{path}.matchExpressions[{i}]"),
        ));
    }
    errors
}

fn requirement(expression: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let values = list(expression, &["values"]);
    match text(expression, &["operator"]) {
        "In" | "NotIn" if values.is_empty() => {
            let why = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required(format!("{path}.values"), why));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(format!("{path}.values"), why));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => errors.push(FieldError::invalid(
            format!("{path}.operator"),
            &expression["operator"],
            "not a valid selector operator",
        )),
    }
    if let Some(why) = qualified_name_problem(text(expression, &["key"])) {
        errors.push(FieldError::invalid(
            format!("{path}.key"),
            &expression["key"],
            why,
        ));
    }
    errors
}
