//! What is wrong with a field, in the words of Kubernetes' `field.Error`.

use std::fmt::{self, Display};

use crate::{
    json::Value,
    resource::Resource,
    status::{Cause, Details, Status},
};

/// One problem of one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldError {
    reason: &'static str,
    field: String,
    body: String,
}

/// The errors of what stands at `path`, whose own paths begin there. All but always there are none,
/// and then no path is written.
pub(crate) fn under(
    path: impl Display,
    errors: Vec<FieldError>,
) -> impl Iterator<Item = FieldError> {
    errors.into_iter().map(move |error| FieldError {
        field: match error.field.as_str() {
            "" => path.to_string(),
            field => format!("{path}.{field}"),
        },
        ..error
    })
}

impl FieldError {
    fn new(reason: &'static str, field: impl Into<String>, body: String) -> Self {
        Self {
            reason,
            field: field.into(),
            body,
        }
    }

    /// A value is missing.
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let body = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self::new("FieldValueRequired", field, body)
    }

    /// A value is malformed or out of range.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: impl Display) -> Self {
        Self::new(
            "FieldValueInvalid",
            field,
            format!("Invalid value: {}: {detail}", shown(value)),
        )
    }

    /// A value has the wrong type.
    pub(crate) fn type_invalid(
        field: impl Into<String>,
        value: &Value,
        detail: impl Display,
    ) -> Self {
        Self::new(
            "FieldValueTypeInvalid",
            field,
            format!("Invalid value: {}: {detail}", shown(value)),
        )
    }

    /// A value is none of those there are.
    pub(crate) fn not_supported(
        field: impl Into<String>,
        value: &Value,
        supported: &[&str],
    ) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let body = format!(
            "Unsupported value: {}: supported values: {}",
            shown(value),
            supported.join(", ")
        );
        Self::new("FieldValueNotSupported", field, body)
    }

    /// A value may not be set.
    pub(crate) fn forbidden(field: impl Into<String>, detail: impl Display) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {detail}"))
    }

    /// A value occurs twice.
    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(
            "FieldValueDuplicate",
            field,
            format!("Duplicate value: {}", shown(value)),
        )
    }

    /// A value refers to something that is not there.
    pub(crate) fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new(
            "FieldValueNotFound",
            field,
            format!("Not found: {}", shown(value)),
        )
    }

    /// A text or list is too long.
    pub(crate) fn too_long(field: impl Into<String>, unit: &str, limit: u64) -> Self {
        let body = format!("Too long: may not be more than {limit} {unit}");
        Self::new("FieldValueTooLong", field, body)
    }

    /// A list has too many items.
    pub(crate) fn too_many(field: impl Into<String>, actual: usize, limit: u64) -> Self {
        let body = format!("Too many: {actual}: must have at most {limit} items");
        Self::new("FieldValueTooMany", field, body)
    }

    /// The same problem as one of another field.
    pub(crate) fn at(self, field: &str) -> Self {
        Self {
            field: field.to_owned(),
            ..self
        }
    }

    fn cause(&self) -> Cause {
        Cause {
            reason: self.reason,
            message: self.body.clone(),
            field: self.field.clone(),
        }
    }
}

impl Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// 422 with every problem, unless there is none.
///
/// # Errors
/// The refusal, if there are problems.
pub(crate) fn refuse_if_any(
    resource: &Resource,
    name: &str,
    errors: Vec<FieldError>,
) -> Result<(), Status> {
    let kind = (
        resource.qualified_kind(),
        resource.kind.as_str(),
        resource.group(),
    );
    refuse_kind_if_any(kind, name, errors)
}

/// 422 about an object of a kind `(qualified, kind, group)`, unless there is no problem.
///
/// # Errors
/// The refusal, if there are problems.
pub(crate) fn refuse_kind_if_any(
    (qualified, kind, group): (String, &str, &str),
    name: &str,
    errors: Vec<FieldError>,
) -> Result<(), Status> {
    let text = match errors.as_slice() {
        [] => return Ok(()),
        [one] => one.to_string(),
        many => format!(
            "[{}]",
            many.iter()
                .map(FieldError::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let details = Details {
        name: name.to_owned(),
        group: group.to_owned(),
        kind: kind.to_owned(),
        causes: errors.iter().map(FieldError::cause).collect(),
        ..Details::default()
    };
    Err(Status::new(
        422,
        "Invalid",
        format!("{qualified} \"{name}\" is invalid: {text}"),
    )
    .with(details))
}
