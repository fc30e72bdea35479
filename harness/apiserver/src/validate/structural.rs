//! Custom resources against the schemas of their definitions.

use regex::Regex;

use super::field::FieldError;
use crate::{
    json::{Map, Value},
    object::{at, list, text},
};

/// Checks an object against a structural schema.
pub(super) fn check(schema: &Value, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    visit(schema, object, "", &mut errors);
    errors
}

fn visit(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if let Some(error) = wrong_type(schema, value, path) {
        errors.push(error);
        return;
    }
    errors.extend(wrong_value(schema, value, path));
    match value {
        Value::Object(map) => fields(schema, map, path, errors),
        Value::Array(items) => list_items(schema, items, path, errors),
        Value::String(text) => errors.extend(wrong_text(schema, text, value, path)),
        Value::Number(_) => errors.extend(wrong_number(schema, value, path)),
        Value::Null | Value::Bool(_) => {}
    }
    combined(schema, value, path, errors);
}

fn in_body(path: &str) -> String {
    format!("{path} in body")
}

fn wrong_type(schema: &Value, value: &Value, path: &str) -> Option<FieldError> {
    let fits = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        _ => true,
    };
    if schema["x-kubernetes-int-or-string"] == true {
        return (!fits("integer") && !fits("string")).then(|| {
            FieldError::invalid(
                path,
                &kind_of(value).into(),
                format!(
                    "{} must be of type integer,string: {:?}",
                    in_body(path),
                    kind_of(value)
                ),
            )
        });
    }
    let wanted = text(schema, &["type"]);
    (!fits(wanted)).then(|| {
        let found = kind_of(value);
        FieldError::type_invalid(
            path,
            &found.into(),
            format!("{} must be of type {wanted}: {found:?}", in_body(path)),
        )
    })
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn wrong_value(schema: &Value, value: &Value, path: &str) -> Option<FieldError> {
    let allowed = at(schema, &["enum"])?.as_array()?;
    if allowed.contains(value) {
        return None;
    }
    let shown: Vec<String> = allowed
        .iter()
        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        .collect();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    Some(FieldError::not_supported(path, value, &shown))
}

fn fields(schema: &Value, map: &Map, path: &str, errors: &mut Vec<FieldError>) {
    let inner = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    for name in list(schema, &["required"]).iter().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            errors.push(FieldError::required(inner(name), ""));
        }
    }
    for (name, value) in map {
        let root = path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
        let known = at(schema, &["properties", name]);
        let known =
            known.or_else(|| at(schema, &["additionalProperties"]).filter(|s| s.is_object()));
        if let Some(known) = known.filter(|_| !root) {
            visit(known, value, &inner(name), errors);
        }
    }
    let count = map.len() as u64;
    if let Some(most) = schema["maxProperties"]
        .as_u64()
        .filter(|most| count > *most)
    {
        errors.push(FieldError::too_many(path, map.len(), most));
    }
    if let Some(least) = schema["minProperties"]
        .as_u64()
        .filter(|least| count < *least)
    {
        let why = format!("{} should have at least {least} properties", in_body(path));
        errors.push(FieldError::invalid(path, &count.into(), why));
    }
}

fn list_items(schema: &Value, items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    for (i, item) in items.iter().enumerate() {
        visit(&schema["items"], item, &format!("{path}[{i}]"), errors);
    }
    let count = items.len() as u64;
    if let Some(most) = schema["maxItems"].as_u64().filter(|most| count > *most) {
        errors.push(FieldError::too_many(path, items.len(), most));
    }
    if let Some(least) = schema["minItems"].as_u64().filter(|least| count < *least) {
        let why = format!("{} should have at least {least} items", in_body(path));
        errors.push(FieldError::invalid(path, &count.into(), why));
    }
    errors.extend(duplicates(schema, items, path));
}

/// Items of sets and keyed lists occur once.
fn duplicates(schema: &Value, items: &[Value], path: &str) -> Vec<FieldError> {
    let keys: Vec<&str> = list(schema, &["x-kubernetes-list-map-keys"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let identity = |item: &Value| -> Option<Value> {
        match text(schema, &["x-kubernetes-list-type"]) {
            "set" => Some(item.clone()),
            "map" => Some(
                keys.iter()
                    .map(|key| ((*key).to_owned(), item[*key].clone()))
                    .collect::<Map>()
                    .into(),
            ),
            _ => None,
        }
    };
    let identities: Vec<Value> = items.iter().filter_map(identity).collect();
    let repeated = |i: &usize| identities[..*i].contains(&identities[*i]);
    let repeated = (0..identities.len()).filter(repeated);
    repeated
        .map(|i| FieldError::duplicate(format!("{path}[{i}]"), &identities[i]))
        .collect()
}

fn wrong_text(schema: &Value, text: &str, value: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let count = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| count > *most) {
        errors.push(FieldError::too_long(path, "bytes", most));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| count < *least) {
        let why = format!("{} should be at least {least} chars long", in_body(path));
        errors.push(FieldError::invalid(path, value, why));
    }
    let format = schema["format"].as_str().unwrap_or_default();
    if !of_format(format, text) {
        let why = format!("{} must be of type {format}: {text:?}", in_body(path));
        errors.push(FieldError::type_invalid(path, value, why));
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let fits = Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
        if !fits {
            errors.push(FieldError::invalid(
                path,
                value,
                format!("{} should match '{pattern}'", in_body(path)),
            ));
        }
    }
    errors
}

/// Whether a text is of a format; unknown formats hold anything, as Kubernetes has it.
fn of_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        _ => true,
    }
}

fn wrong_number(schema: &Value, value: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let number = value.as_f64().unwrap_or(0.0);
    let mut refuse = |why: String| {
        errors.push(FieldError::invalid(
            path,
            value,
            format!("{} should be {why}", in_body(path)),
        ))
    };
    if let Some(least) = schema["minimum"].as_f64() {
        let exclusive = schema["exclusiveMinimum"] == true;
        if number < least || (exclusive && number <= least) {
            let bound = if exclusive {
                "greater than"
            } else {
                "greater than or equal to"
            };
            refuse(format!("{bound} {least}"));
        }
    }
    if let Some(most) = schema["maximum"].as_f64() {
        let exclusive = schema["exclusiveMaximum"] == true;
        if number > most || (exclusive && number >= most) {
            let bound = if exclusive {
                "less than"
            } else {
                "less than or equal to"
            };
            refuse(format!("{bound} {most}"));
        }
    }
    if let Some(step) = schema["multipleOf"]
        .as_f64()
        .filter(|step| (number / step).fract() != 0.0)
    {
        refuse(format!("a multiple of {step}"));
    }
    errors
}

fn combined(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let fits = |schema: &Value| {
        let mut found = Vec::new();
        visit(schema, value, path, &mut found);
        found.is_empty()
    };
    let empty = Value::from("");
    let shown = if value.is_object() || value.is_array() {
        &empty
    } else {
        value
    };
    for schema in list(schema, &["allOf"]) {
        visit(schema, value, path, errors);
    }
    let any = list(schema, &["anyOf"]);
    if !any.is_empty() && !any.iter().any(fits) {
        let why = format!("{} must validate at least one schema (anyOf)", quoted(path));
        errors.push(FieldError::invalid(NO_FIELD, shown, why));
    }
    let one = list(schema, &["oneOf"]);
    let matching = one.iter().filter(|schema| fits(schema)).count();
    if !one.is_empty() && matching != 1 {
        let found = if matching == 0 {
            "none valid".to_owned()
        } else {
            format!("{matching} valid alternatives")
        };
        let why = format!(
            "{} must validate one and only one schema (oneOf). Found {found}",
            quoted(path)
        );
        errors.push(FieldError::invalid(NO_FIELD, shown, why));
    }
    if at(schema, &["not"]).is_some_and(fits) {
        let why = format!("{} must not validate the schema (not)", quoted(path));
        errors.push(FieldError::invalid(NO_FIELD, shown, why));
    }
}

/// Kubernetes loses the field of combined schemas; the message holds it.
const NO_FIELD: &str = "<nil>";

fn quoted(path: &str) -> String {
    format!("{path:?}")
}
