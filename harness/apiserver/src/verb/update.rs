//! Replacing an object.

use std::sync::Arc;

use super::{
    create, decode,
    modify::{Ownership, Target, Wanted, modify},
    stamp,
};
use crate::{
    json::Value,
    lifecycle::update::{Named, Part},
    object,
    request::Request,
    resource::Resource,
    response::Response,
    server::ApiServer,
    status::Status,
    validate::field::{FieldError, refuse_if_any},
};

/// Replaces the object by the one in the body.
///
/// # Errors
/// 400 if the body is another object than the path names, 404, 409, 422.
pub(crate) async fn update(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    body: Value,
) -> Result<Response, Status> {
    replace(server, resource, request, Part::Whole, body).await
}

/// Replaces a part of an object.
pub(super) async fn replace(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    part: Part,
    body: Value,
) -> Result<Response, Status> {
    let (mut object, warnings) = decode::object(resource, request, body, None)?;
    decode::place(resource, request, &mut object)?;
    check_name(request, &mut object)?;
    check_version(&object)?;
    let target = Target {
        server,
        resource,
        request,
        part,
        stamp: stamp(server, resource, request, part),
    };
    let exists = target.live().is_some();
    if !exists && part == Part::Whole && creates_on_update(resource) {
        return create::create_decoded(server, resource, request, object, warnings).await;
    }
    if exists {
        check_pinned(resource, &object)?;
    }
    crate::defaults::apply(resource, &mut object);
    modify(&target, &|_| {
        Ok(Wanted {
            object: object.clone(),
            ownership: Ownership::Tracked(Named::Everything),
            warnings: warnings.clone(),
        })
    })
    .await
}

/// A version that could never have been.
fn check_version(object: &Value) -> Result<(), Status> {
    let version = object::resource_version(object);
    if version.is_empty() || version.parse::<u64>().is_ok() {
        return Ok(());
    }
    let why = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
    Err(Status::new(
        500,
        "",
        format!("resourceVersion: Invalid value: {version:?}: {why}"),
    ))
}

/// Some kinds are replaced only by those who say which version they saw.
fn check_pinned(resource: &Resource, object: &Value) -> Result<(), Status> {
    if !object::resource_version(object).is_empty() || !needs_version(resource) {
        return Ok(());
    }
    let error = FieldError::invalid(
        "metadata.resourceVersion",
        &0.into(),
        "must be specified for an update",
    );
    refuse_if_any(resource, object::name(object), vec![error])
}

fn check_name(request: &Request, object: &mut Value) -> Result<(), Status> {
    let wanted = request.name.as_deref().unwrap_or_default();
    let found = object::name(object);
    if found.is_empty() {
        object::meta_mut(object).insert("name", wanted.into());
        return Ok(());
    }
    if found != wanted {
        return Err(Status::bad_request(format!(
            "the name of the object ({found}) does not match the name on the URL ({wanted})"
        )));
    }
    Ok(())
}

/// The kinds that a replacement creates when they are missing.
fn creates_on_update(resource: &Resource) -> bool {
    matches!(
        (resource.group(), resource.kind.as_str()),
        ("rbac.authorization.k8s.io", _)
            | ("coordination.k8s.io", "Lease")
            | ("", "Event" | "Service" | "Endpoints")
    )
}

/// The kinds that are replaced only by those who say which version they saw.
fn needs_version(resource: &Resource) -> bool {
    resource.custom().is_some()
        || matches!(
            (resource.group(), resource.kind.as_str()),
            (
                "apiextensions.k8s.io"
                    | "admissionregistration.k8s.io"
                    | "coordination.k8s.io"
                    | "policy",
                _
            )
        )
}
