//! Custom resource definitions.

use super::{field::FieldError, schema};
use crate::{
    json::Value,
    object::{at, list, text},
};

/// Checks a definition. What this server could not serve truly is forbidden by name.
pub(super) fn definition(definition: &Value) -> Vec<FieldError> {
    let spec = &definition["spec"];
    let mut errors = Vec::new();
    let (group, plural) = (text(spec, &["group"]), text(spec, &["names", "plural"]));
    for (path, value) in [
        ("spec.group", group),
        ("spec.names.plural", plural),
        ("spec.names.kind", text(spec, &["names", "kind"])),
    ] {
        if value.is_empty() {
            errors.push(FieldError::required(path, ""));
        }
    }
    let name = text(definition, &["metadata", "name"]);
    if name != format!("{plural}.{group}") {
        let why = "must be spec.names.plural+\".\"+spec.group";
        errors.push(FieldError::invalid("metadata.name", &name.into(), why));
    }
    match text(spec, &["scope"]) {
        "" => errors.push(FieldError::required("spec.scope", "")),
        "Namespaced" | "Cluster" => {}
        other => errors.push(FieldError::not_supported(
            "spec.scope",
            &other.into(),
            &["Cluster", "Namespaced"],
        )),
    }
    errors.extend(versions(spec));
    if text(spec, &["conversion", "strategy"]) == "Webhook" {
        let why = "conversion by webhooks is not modelled by the simulated API server; run this on a real engine";
        errors.push(FieldError::forbidden("spec.conversion.strategy", why));
    }
    errors
}

fn versions(spec: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let versions = list(spec, &["versions"]);
    let stored = versions
        .iter()
        .filter(|version| version["storage"] == true)
        .count();
    if stored != 1 {
        let why = "must have exactly one version marked as storage version";
        errors.push(FieldError::invalid(
            "spec.versions",
            &versions.to_vec().into(),
            why,
        ));
    }
    for (i, version) in versions.iter().enumerate() {
        // With one version, its schema is one of the definition as a whole.
        let path = match versions.len() {
            1 => "spec.validation".to_owned(),
            _ => format!("spec.versions[{i}].schema"),
        };
        match at(version, &["schema", "openAPIV3Schema"]) {
            None => errors.push(FieldError::required(
                format!("{path}.openAPIV3Schema"),
                "schemas are required",
            )),
            Some(schema) => errors.extend(schema::root(schema, &format!("{path}.openAPIV3Schema"))),
        }
    }
    errors
}
