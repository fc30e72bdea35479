//! The metadata that every object has.

use super::{
    field::FieldError,
    name::{
        label_1035_problem, label_problem, label_value_problem, path_segment_problem,
        qualified_name_problem, subdomain_problem,
    },
};
use crate::{
    json::Value,
    object::{self, list, text},
    resource::Resource,
};

/// The most that all annotations of an object may hold together.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// Checks the metadata of a new object.
pub(super) fn create(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for field in ["generateName", "name"] {
        let value = text(object, &["metadata", field]);
        // A prefix may end in a dash: characters follow.
        let tested = if field == "generateName" {
            format!("{value}x")
        } else {
            value.to_owned()
        };
        if let Some(why) = name_problem(resource, &tested).filter(|_| !value.is_empty()) {
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                &value.into(),
                why,
            ));
        }
    }
    errors.extend(common(resource, object));
    errors
}

/// Checks the metadata of an object that replaces another.
pub(super) fn update(resource: &Resource, live: &Value, object: &Value) -> Vec<FieldError> {
    let (old, new) = (&live["metadata"], &object["metadata"]);
    // What was accepted stays acceptable.
    let accepted = COMMON
        .iter()
        .all(|field| old.get(*field) == new.get(*field));
    let mut errors = match accepted {
        true => Vec::new(),
        false => common(resource, object),
    };
    for field in ["name", "namespace", "uid", "creationTimestamp"] {
        let (before, after) = (&old[field], &new[field]);
        if before != after && !after.is_null() {
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                after,
                "field is immutable",
            ));
        }
    }
    errors.extend(added_finalizers(live, object));
    errors
}

/// An object that is being deleted takes no new finalizers.
fn added_finalizers(live: &Value, object: &Value) -> Option<FieldError> {
    let added: Vec<&str> = object::finalizers(object)
        .iter()
        .filter(|f| !object::finalizers(live).contains(f))
        .filter_map(Value::as_str)
        .collect();
    (object::is_deleting(live) && !added.is_empty()).then(|| {
        let why = format!("no new finalizers can be added if the object is being deleted, found new finalizers {added:?}");
        FieldError::forbidden("metadata.finalizers", why)
    })
}

fn name_problem(resource: &Resource, name: &str) -> Option<String> {
    match (resource.group(), resource.kind.as_str()) {
        ("rbac.authorization.k8s.io", _) => path_segment_problem(name),
        ("", "Namespace") => label_problem(name),
        ("", "Service") => label_1035_problem(name),
        _ => subdomain_problem(name),
    }
}

/// The fields that [`common`] looks at.
const COMMON: [&str; 4] = ["labels", "annotations", "ownerReferences", "finalizers"];

fn common(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors = labels(&object["metadata"]["labels"], "metadata.labels");
    errors.extend(annotations(&object["metadata"]["annotations"]));
    errors.extend(owners(object));
    errors.extend(finalizers(resource, object));
    errors
}

/// Checks labels.
pub(super) fn labels(labels: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in labels.as_object().into_iter().flatten() {
        if let Some(why) = qualified_name_problem(key) {
            errors.push(FieldError::invalid(path, &key.as_str().into(), why));
        }
        if let Some(why) = label_value_problem(value.as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid(path, value, why));
        }
    }
    errors
}

fn annotations(annotations: &Value) -> Vec<FieldError> {
    let map = annotations.as_object();
    let mut errors: Vec<FieldError> = map
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| Some((key, qualified_name_problem(&key.to_lowercase())?)))
        .map(|(key, why)| FieldError::invalid("metadata.annotations", &key.as_str().into(), why))
        .collect();
    let entries = map.into_iter().flatten();
    let size: usize = entries
        .map(|(k, v)| k.len() + v.as_str().unwrap_or_default().len())
        .sum();
    if size > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long(
            "metadata.annotations",
            "bytes",
            MAX_ANNOTATIONS as u64,
        ));
    }
    errors
}

fn owners(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let owners = list(object, &["metadata", "ownerReferences"]);
    for owner in owners {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &[field]).is_empty() {
                let why = if field == "apiVersion" {
                    "version must not be empty"
                } else {
                    "must not be empty"
                };
                let path = format!("metadata.ownerReferences.{field}");
                errors.push(FieldError::invalid(path, &owner[field], why));
            }
        }
    }
    let controllers: Vec<&Value> = owners
        .iter()
        .filter(|owner| owner["controller"] == true)
        .collect();
    if let [first, second, ..] = controllers.as_slice() {
        let named =
            |owner: &Value| format!("{}/{}", text(owner, &["kind"]), text(owner, &["name"]));
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            named(first),
            named(second)
        );
        errors.push(FieldError::invalid(
            "metadata.ownerReferences",
            &Value::Null,
            why,
        ));
    }
    errors
}

fn finalizers(resource: &Resource, object: &Value) -> Vec<FieldError> {
    // The servers of definitions and custom resources take any qualified name.
    let strict = resource.custom().is_none() && resource.group() != "apiextensions.k8s.io";
    let mut errors = Vec::new();
    let finalizers = object::finalizers(object);
    for (i, finalizer) in finalizers.iter().enumerate() {
        let path = format!("metadata.finalizers[{i}]");
        let name = finalizer.as_str().unwrap_or_default();
        if let Some(why) = qualified_name_problem(name) {
            errors.push(FieldError::invalid(path.clone(), finalizer, why));
        } else if strict
            && !name.contains('/')
            && !matches!(name, "orphan" | "foregroundDeletion" | "kubernetes")
        {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(path.clone(), finalizer, why));
        }
    }
    let has = |name: &str| finalizers.iter().any(|f| f == name);
    if has("orphan") && has("foregroundDeletion") {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(
            "metadata.finalizers",
            &finalizers.to_vec().into(),
            why,
        ));
    }
    errors
}
