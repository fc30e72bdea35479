//! Field selectors. Each resource can be selected by a few fields only; others are refused.

use crate::{json::Value, object, resource::Resource, status::Status};

/// A conjunction of comparisons; the empty one matches everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FieldSelector(Vec<Comparison>);

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    path: Vec<String>,
    equal: bool,
    value: String,
}

impl FieldSelector {
    /// Parses `a.b=c,d!=e`.
    ///
    /// # Errors
    /// 400 for a term that is no comparison and for a field the resource cannot be selected by.
    pub(crate) fn parse(resource: &Resource, selector: &str) -> Result<Self, Status> {
        let terms = selector.split(',').filter(|term| !term.is_empty());
        terms
            .map(|term| comparison(resource, term))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|comparison| {
            let path: Vec<&str> = comparison.path.iter().map(String::as_str).collect();
            (shown(&path, object) == comparison.value) == comparison.equal
        })
    }
}

fn comparison(resource: &Resource, term: &str) -> Result<Comparison, Status> {
    let (field, equal, value) = split(term).ok_or_else(|| {
        Status::bad_request(format!(
            "invalid selector: '{term}'; can't understand '{term}'"
        ))
    })?;
    if !resource.selectable(field) {
        return Err(Status::bad_request(unsupported(resource, field)));
    }
    Ok(Comparison {
        path: field.split('.').map(str::to_owned).collect(),
        equal,
        value: value.to_owned(),
    })
}

fn split(term: &str) -> Option<(&str, bool, &str)> {
    let pick = |sign: &str, equal| {
        term.split_once(sign)
            .map(|(field, value)| (field, equal, value))
    };
    pick("!=", false)
        .or_else(|| pick("==", true))
        .or_else(|| pick("=", true))
}

fn unsupported(resource: &Resource, field: &str) -> String {
    match (resource.group(), resource.kind.as_str()) {
        ("", "Pod" | "Node" | "Event" | "Namespace" | "Secret" | "Service") => {
            format!("field label not supported: {field}")
        }
        ("batch", "Job") => format!("field label {field:?} not supported for Job"),
        _ if resource.custom().is_some() => format!("field label not supported: {field}"),
        _ => format!(
            "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
    }
}

/// The field as a selector sees it: texts as they are, numbers and booleans written out.
fn shown(path: &[&str], object: &Value) -> String {
    match object::at(object, path) {
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => absent(path),
    }
}

/// What an absent field reads as: its type's zero value.
fn absent(path: &[&str]) -> String {
    match path {
        ["spec", "unschedulable" | "hostNetwork"] => "false".to_owned(),
        ["status", "successful"] => "0".to_owned(),
        _ => String::new(),
    }
}
