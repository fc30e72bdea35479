//! What the server writes into an object that says nothing about it, kind by kind.

mod admissionregistration;
mod apps;
mod autoscaling;
mod batch;
mod core;
mod definition;
mod network;
pub(crate) mod pod;
mod rbac;
mod service;

use crate::{
    json::Value,
    lifecycle::update::Named,
    object,
    resource::Resource,
    server::{ApiServer, State},
    status::Status,
};

/// Sets the defaults of the object's kind. Doing so twice changes nothing.
pub(crate) fn apply(resource: &Resource, object: &mut Value) {
    if let Some(custom) = resource.custom() {
        if let Some(schema) = &custom.schema {
            schema.default(object);
        }
        return;
    }
    match (resource.group(), resource.kind.as_str()) {
        ("", "Pod") => pod::pod(object),
        ("", "Service") => {
            service::service(object);
            service::ingress_modes(object);
        }
        ("", "Namespace") => core::namespace(object),
        ("", "Secret") => core::secret(object),
        ("", "Node") => core::node(object),
        ("apps", kind) => apps::workload(kind, object),
        ("batch", "Job") => batch::job(object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(object),
        ("rbac.authorization.k8s.io", _) => rbac::rbac(object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::autoscaler(object),
        ("scheduling.k8s.io", "PriorityClass") => {
            let map = object.as_object_mut().expect("decoded objects are maps");
            object::set_default(map, "preemptionPolicy", "PreemptLowerPriority");
        }
        ("admissionregistration.k8s.io", kind) => admissionregistration::webhooks(kind, object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::definition(object),
        _ => {}
    }
}

/// Sets the defaults of an object of which nothing but the named fields has changed. What pods and
/// workloads leave out is all in their spec.
pub(crate) fn renew(resource: &Resource, named: &Named, object: &mut Value) {
    let in_spec = matches!(
        (resource.group(), resource.kind.as_str()),
        ("", "Pod") | ("apps", _) | ("batch", "Job")
    );
    if !in_spec || named.holds("spec") {
        apply(resource, object);
    }
}

/// What creation adds and takes away beyond defaults.
pub(crate) fn prepare_create(server: &ApiServer, resource: &Resource, object: &mut Value) {
    if resource.has_status() {
        reset_status(resource, object);
    }
    match (resource.group(), resource.kind.as_str()) {
        ("", "Pod") => server.read(|state| pod::admit(state, object)),
        ("", "Namespace") => core::activate(object),
        ("batch", "Job") => batch::identify(object),
        _ => {}
    }
}

/// New objects have no status of their own, except for those whose status is what they say.
fn reset_status(resource: &Resource, object: &mut Value) {
    if resource.is("", "Node") {
        return;
    }
    let empty = crate::schema::decode(&resource.shape, crate::json::json!({}));
    let status = empty
        .ok()
        .and_then(|decoded| decoded.object.get("status").cloned());
    let map = object.as_object_mut().expect("decoded objects are maps");
    match status.filter(|_| resource.custom().is_none()) {
        Some(status) => map.insert("status", status),
        None => map.remove("status"),
    };
}

/// What an update keeps of the object as it was, kind by kind.
pub(crate) fn prepare_update(resource: &Resource, live: &Value, object: &mut Value) {
    match (resource.group(), resource.kind.as_str()) {
        ("", "Service") => service::keep_allocated(live, object),
        ("", "Pod") => pod::keep(live, object),
        ("", "Secret") => core::secret(object),
        _ => {}
    }
}

/// Gives an object what only one can have: addresses and ports.
///
/// # Errors
/// 422 if what it asks for is taken or outside of the ranges.
pub(crate) fn allocate(
    server: &ApiServer,
    state: &mut State,
    resource: &Resource,
    live: Option<&Value>,
    object: &mut Value,
) -> Result<(), Status> {
    if resource.is("", "Service") {
        service::allocate(server, state, resource, live, object)?;
    }
    Ok(())
}
