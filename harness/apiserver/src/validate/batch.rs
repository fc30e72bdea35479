//! Jobs.

use super::{
    field::FieldError,
    pod::{self, Place},
};
use crate::json::Value;

/// Checks a Job.
pub(super) fn job(job: &Value) -> Vec<FieldError> {
    let spec = &job["spec"];
    let negative = [
        "parallelism",
        "completions",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    ];
    let negative = negative.into_iter().filter_map(|field| {
        let number = spec[field].as_i64().filter(|number| *number < 0)?;
        Some(FieldError::invalid(
            format!("spec.{field}"),
            &number.into(),
            "must be greater than or equal to 0",
        ))
    });
    negative
        .chain(pod::template(
            &spec["template"],
            "spec.template",
            Place::Job,
        ))
        .collect()
}
