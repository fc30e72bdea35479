//! Selectors inside objects.

use super::{
    field::{FieldError, under},
    metadata::labels,
    name::qualified_name_problem,
};
use crate::{
    json::Value,
    object::{list, text},
};

/// Checks a `LabelSelector`; paths begin at it.
pub(super) fn label_selector(selector: &Value) -> Vec<FieldError> {
    let mut errors = labels(&selector["matchLabels"], "matchLabels");
    for (i, expression) in list(selector, &["matchExpressions"]).iter().enumerate() {
        let found = requirement(expression);
        errors.extend(under(format_args!("matchExpressions[{i}]"), found));
    }
    errors
}

fn requirement(expression: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let values = list(expression, &["values"]);
    match text(expression, &["operator"]) {
        "In" | "NotIn" if values.is_empty() => {
            let why = "must be specified when `operator` is 'In' or 'NotIn'";
            errors.push(FieldError::required("values", why));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden("values", why));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => errors.push(FieldError::invalid(
            "operator",
            &expression["operator"],
            "not a valid selector operator",
        )),
    }
    if let Some(why) = qualified_name_problem(text(expression, &["key"])) {
        errors.push(FieldError::invalid("key", &expression["key"], why));
    }
    errors
}
