//! Creating an object.

use std::sync::Arc;

use super::{decode, get::namespaced, stamp};
use crate::{
    admission::{self, Operation, Review},
    apply::{Owners, track_update},
    auth::escalation,
    crds, defaults,
    json::Value,
    lifecycle::{self, generation, namespace, update::Part},
    object,
    request::Request,
    resource::Resource,
    response::Response,
    server::ApiServer,
    status::Status,
    typed::Object,
    validate,
    validate::field::{FieldError, refuse_if_any},
    watch,
};

/// Creates the object in the body.
///
/// # Errors
/// Whatever Kubernetes refuses, in its order: the form, the namespace, admission, the content, a
/// name that is taken.
pub(crate) async fn create(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    body: Value,
) -> Result<Response, Status> {
    if let Some(answer) = crate::reviews::answer(server, resource, request, &body)? {
        return Ok(answer);
    }
    let (mut object, warnings) = decode::object(resource, request, body, None)?;
    decode::place(resource, request, &mut object)?;
    create_decoded(server, resource, request, object, warnings).await
}

/// Creates an object that was read and put into its namespace already.
pub(super) async fn create_decoded(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    mut object: Value,
    warnings: Vec<String>,
) -> Result<Response, Status> {
    defaults::apply(resource, &mut object);
    let stamp = stamp(server, resource, request, Part::Whole);
    begin(server, resource, &mut object)?;
    let owners = track_update(
        decode::shape(resource),
        resource.has_status(),
        (&Value::Null, &Owners::default()),
        &mut object,
        &stamp,
    );
    let (object, more) = finish(server, resource, request, object, owners).await?;
    let warnings = warnings.into_iter().chain(more).collect();
    Ok(Response::Object {
        code: 201,
        object: watch::as_served(resource, &object),
        warnings,
    })
}

/// System metadata, and whether the namespace takes new objects.
pub(super) fn begin(
    server: &ApiServer,
    resource: &Resource,
    object: &mut Value,
) -> Result<(), Status> {
    if !object::resource_version(object).is_empty() {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(Status::new(500, "", message));
    }
    server.write(|state| {
        lifecycle::create::stamp(server, state, resource, object);
        namespace::admit_create(state, resource, object)
    })?;
    if object::name(object).is_empty() {
        let error = FieldError::required("metadata.name", "name or generateName is required");
        return refuse_if_any(resource, "", vec![error]);
    }
    Ok(())
}

/// Admission, preparation, validation, storage.
pub(super) async fn finish(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    mut object: Value,
    owners: Owners,
) -> Result<(Arc<Object>, Vec<String>), Status> {
    let review = Review::new(resource, request, Operation::Create, None).owned_by(&owners);
    server.read(|state| admission::service_account::admit(server, state, resource, &object))?;
    let completed = server
        .read(|state| admission::service_account::complete(server, state, resource, &mut object));
    let mut warnings = Vec::new();
    let mutated = admission::mutate(server, &review, &mut object, &mut warnings).await?;
    if mutated {
        object = decode::reread(resource, object, None)?;
        object::meta_mut(&mut object).remove("managedFields");
    }
    if completed || mutated {
        defaults::apply(resource, &mut object);
    }
    defaults::prepare_create(server, resource, &mut object);
    generation::start(resource, &mut object);
    server.write(|state| defaults::allocate(server, state, resource, None, &mut object))?;
    validate::create(resource, &object)?;
    server.read(|state| escalation::check(state, &request.user, resource, &object))?;
    admission::validate(server, &review, &object, &mut warnings).await?;
    let stored = store(server, resource, request, object, owners)?;
    Ok((stored, warnings))
}

fn store(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    mut object: Value,
    owners: Owners,
) -> Result<Arc<Object>, Status> {
    let key = namespaced(resource, object::key(&object));
    let table = resource.table();
    if let Some(custom) = resource.custom() {
        // One version is stored, whichever it was written in.
        object["apiVersion"] = format!("{}/{}", resource.group(), custom.storage_version).into();
    }
    let stored = server.write(|state| {
        if state.store.get(table, &key).is_some() {
            return Err(Status::already_exists(resource, &key.name));
        }
        if request.options.dry_run {
            return Ok(Object::owned(object, owners));
        }
        Ok(state.store.put(table, key.clone(), object, owners))
    })?;
    if !request.options.dry_run {
        after(server, resource, &stored);
    }
    Ok(stored)
}

/// What follows from a new object at once.
fn after(server: &ApiServer, resource: &Resource, stored: &Value) {
    if resource.is("", "Namespace") {
        namespace::furnish(server, object::name(stored));
    }
    if resource.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        crds::establish(server, stored);
    }
}
