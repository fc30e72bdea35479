//! ConfigMaps and Secrets.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::field::FieldError;
use crate::json::Value;

/// The most that the values of one object may hold together.
const MAX_SIZE: usize = 1024 * 1024;
const KEY_FORM: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Checks the keys and the size of the data.
pub(super) fn data(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut size = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            if let Some(why) = key_problem(key) {
                errors.push(FieldError::invalid(
                    format!("{field}[{key}]"),
                    &key.as_str().into(),
                    why,
                ));
            }
            if field == "binaryData" && object["data"].get(key).is_some() {
                let path = format!("data[{key}]");
                errors.push(FieldError::invalid(
                    path,
                    &key.as_str().into(),
                    "duplicate of key present in binaryData",
                ));
            }
            size += value.as_str().map_or(0, |text| decoded_size(object, text));
        }
    }
    // The two kinds name the whole of their data differently.
    let whole = if object["kind"] == "Secret" {
        "data"
    } else {
        "[]"
    };
    if size > MAX_SIZE {
        errors.push(FieldError::too_long(whole, "bytes", MAX_SIZE as u64));
    }
    errors.extend(typed(object));
    errors
}

/// A Secret of a type holds what its users look for.
fn typed(object: &Value) -> Vec<FieldError> {
    let needed: &[&str] = match object["type"].as_str() {
        Some("kubernetes.io/tls") => &["tls.crt", "tls.key"],
        Some("kubernetes.io/dockerconfigjson") => &[".dockerconfigjson"],
        _ => &[],
    };
    let missing = needed
        .iter()
        .filter(|key| object["data"].get(**key).is_none());
    missing
        .map(|key| FieldError::required(format!("data[{key}]"), ""))
        .collect()
}

fn key_problem(key: &str) -> Option<&'static str> {
    let good = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    (!good || key == "." || key == ".." || key.len() > 253).then_some(KEY_FORM)
}

fn decoded_size(object: &Value, text: &str) -> usize {
    if object["kind"] == "Secret" {
        STANDARD
            .decode(text)
            .map_or(text.len(), |bytes| bytes.len())
    } else {
        text.len()
    }
}
