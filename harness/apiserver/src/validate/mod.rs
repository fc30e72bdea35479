//! What an object may say. Problems are reported all at once, in the words of Kubernetes.

mod admissionregistration;
mod apps;
mod autoscaling;
mod batch;
mod configmap;
mod container;
mod definition;
pub(crate) mod field;
mod immutable;
mod metadata;
pub(crate) mod name;
mod network;
mod pod;
mod rbac;
mod schema;
mod selector;
mod service;
mod structural;

use crate::{
    json::Value,
    lifecycle::{generation::beyond_metadata, update::Part},
    object,
    resource::Resource,
    status::Status,
    validate::field::{FieldError, refuse_if_any},
};

/// Checks a new object.
///
/// # Errors
/// 422 with every problem.
pub(crate) fn create(resource: &Resource, object: &Value) -> Result<(), Status> {
    let mut errors = metadata::create(resource, object);
    errors.extend(content(resource, object));
    refuse_if_any(resource, object::name(object), errors)
}

/// Checks an object that replaces another.
///
/// # Errors
/// 422 with every problem.
pub(crate) fn update(
    resource: &Resource,
    part: Part,
    live: &Value,
    object: &Value,
) -> Result<(), Status> {
    let mut errors = metadata::update(resource, live, object);
    // What was accepted of a built-in kind stays acceptable; definitions change, and their objects
    // are checked anew.
    let accepted = || resource.custom().is_none() && !beyond_metadata(live, object, false);
    match part {
        Part::Whole if accepted() => {}
        Part::Whole => {
            errors.extend(content(resource, object));
            errors.extend(immutable::changed(resource, live, object));
        }
        Part::Status if resource.custom().is_some() => errors.extend(content(resource, object)),
        Part::Status | Part::Finalize => {}
    }
    refuse_if_any(resource, object::name(object), errors)
}

fn content(resource: &Resource, object: &Value) -> Vec<FieldError> {
    if let Some(custom) = resource.custom() {
        return custom
            .schema
            .as_ref()
            .map(|schema| structural::check(&schema.schema, object))
            .unwrap_or_default();
    }
    match (resource.group(), resource.kind.as_str()) {
        ("", "Pod") => pod::spec(&object["spec"], "spec", pod::Place::Pod),
        ("", "Service") => service::service(object),
        ("", "ConfigMap" | "Secret") => configmap::data(object),
        ("apps", kind) => apps::workload(kind, object),
        ("batch", "Job") => batch::job(object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler(object),
        ("policy", "PodDisruptionBudget") => autoscaling::budget(object),
        ("rbac.authorization.k8s.io", kind) => rbac::rbac(kind, object),
        ("admissionregistration.k8s.io", _) => admissionregistration::webhooks(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::definition(object),
        _ => Vec::new(),
    }
}
