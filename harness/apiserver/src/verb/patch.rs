//! Changing parts of an object.

use std::sync::Arc;

use super::{
    create, decode,
    modify::{Ownership, Target, Wanted, modify},
    stamp,
};
use crate::{
    apply::{self, Owners},
    json::{Map, Value},
    lifecycle::update::{Named, Part, confine},
    object, patch,
    request::{PatchKind, Request},
    resource::Resource,
    response::Response,
    server::ApiServer,
    status::Status,
    typed::Object,
    validate::field::{FieldError, refuse_kind_if_any},
    watch,
};

/// Patches an object.
///
/// # Errors
/// 400 for a malformed patch, 404, 409 for conflicts, 415 for a strategic merge patch of a custom
/// resource, 422.
pub(crate) async fn patch(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    kind: PatchKind,
) -> Result<Response, Status> {
    patch_part(server, resource, request, kind, Part::Whole).await
}

/// Patches a part of an object.
pub(super) async fn patch_part(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    kind: PatchKind,
    part: Part,
) -> Result<Response, Status> {
    check_options(request, kind)?;
    let stamp = stamp(server, resource, request, part);
    let target = Target {
        server,
        resource,
        request,
        part,
        stamp,
    };
    match kind {
        PatchKind::Apply => apply_part(&target).await,
        PatchKind::StrategicMerge if resource.custom().is_some() => {
            Err(Status::unsupported_media_type(&[
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/apply-patch+yaml",
            ]))
        }
        _ => modify(&target, &|live| patched(resource, request, kind, live)).await,
    }
}

fn check_options(request: &Request, kind: PatchKind) -> Result<(), Status> {
    let mut errors = Vec::new();
    if kind == PatchKind::Apply && request.options.field_manager.is_none() {
        errors.push(FieldError::required(
            "fieldManager",
            "is required for apply patch",
        ));
    }
    if request
        .options
        .field_manager
        .as_ref()
        .is_some_and(|manager| manager.len() > 128)
    {
        errors.push(FieldError::too_long("fieldManager", "bytes", 128));
    }
    if kind != PatchKind::Apply && request.options.force {
        errors.push(FieldError::forbidden(
            "force",
            "may not be specified for non-apply patch",
        ));
    }
    refuse_kind_if_any(
        (
            "PatchOptions.meta.k8s.io".to_owned(),
            "PatchOptions",
            "meta.k8s.io",
        ),
        "",
        errors,
    )
}

fn patched(
    resource: &Resource,
    request: &Request,
    kind: PatchKind,
    live: &Object,
) -> Result<Wanted, Status> {
    let body = &request.body;
    let (named, changed) = match kind {
        // It may speak of the owners that it was told of.
        PatchKind::Json => (Named::Everything, patch::json(&live.whole(), body)?),
        PatchKind::Merge => {
            let named = Named::by(object_patch(body)?);
            (named, patch::merge(live, body))
        }
        PatchKind::StrategicMerge => {
            let named = Named::by(object_patch(body)?);
            (named, patch::strategic(&resource.shape, live, body)?)
        }
        PatchKind::Apply => unreachable!("applies take their own way"),
    };
    check_identity(live, &changed)?;
    let (mut object, warnings) = decode::changed(resource, request, changed, (live, &named))
        .map_err(|status| misfit(request, live, status))?;
    crate::defaults::renew(resource, &named, &mut object);
    Ok(Wanted {
        object,
        ownership: Ownership::Tracked(named),
        warnings,
    })
}

/// A patch whose result is no object of its kind is itself what is invalid.
fn misfit(request: &Request, live: &Value, status: Status) -> Status {
    if status.code != 400 || status.message.contains("strict decoding error") {
        return status;
    }
    let error = FieldError::invalid("patch", &request.body.to_string().into(), &status.message);
    let kind = (String::new(), "", "");
    refuse_kind_if_any(kind, object::name(live), vec![error])
        .err()
        .unwrap_or(status)
}

fn object_patch(patch: &Value) -> Result<&Map, Status> {
    patch.as_object().ok_or_else(|| {
        Status::bad_request(
            "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
        )
    })
}

/// A patch cannot rename an object.
fn check_identity(live: &Value, changed: &Value) -> Result<(), Status> {
    let (before, after) = (object::name(live), object::name(changed));
    if before != after {
        return Err(Status::bad_request(format!(
            "the name of the object ({after}) does not match the name on the URL ({before})"
        )));
    }
    if object::namespace(live) != object::namespace(changed) {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

async fn apply_part(target: &Target<'_>) -> Result<Response, Status> {
    let config = configuration(target)?;
    let (resource, force) = (target.resource, target.request.options.force);
    let merge = |live: (&Value, &Owners)| {
        apply::apply(
            decode::shape(resource),
            resource.has_status(),
            live,
            &config,
            &target.stamp,
            force,
        )
    };
    if target.live().is_none() {
        let (object, owners) = merge((&Value::Null, &Owners::default()))?;
        return create_applied(target, object, owners).await;
    }
    let change = |live: &Object| {
        let (object, owners) = merge((live, live.owners()))?;
        let object = confined(target, live, object)?;
        Ok(Wanted {
            object,
            ownership: Ownership::Decided(owners),
            warnings: Vec::new(),
        })
    };
    modify(target, &change).await
}

/// The applied object in its shape. Its fields were merged before defaults came.
fn confined(target: &Target<'_>, live: &Value, object: Value) -> Result<Value, Status> {
    let mut object = decode::reread(target.resource, object, Some(live))?;
    crate::defaults::apply(target.resource, &mut object);
    let (resource, part) = (target.resource, target.part);
    confine(resource, part, &Named::Everything, live, &mut object);
    Ok(object)
}

/// Reads the applied configuration: only what it says, nothing that encoding would fill in.
fn configuration(target: &Target<'_>) -> Result<Value, Status> {
    let Target {
        resource, request, ..
    } = target;
    let mut config = request.body.clone();
    check_type(resource, &config)?;
    if object::at(&config, &["metadata", "managedFields"])
        .is_some_and(|m| m.as_array().is_some_and(|m| !m.is_empty()))
    {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    decode::place(resource, request, &mut config)?;
    let wanted = request.name.as_deref().unwrap_or_default();
    let found = object::name(&config).to_owned();
    if found.is_empty() {
        object::meta_mut(&mut config).insert("name", wanted.into());
    } else if found != wanted {
        return Err(Status::bad_request(format!(
            "the name of the object ({found}) does not match the name on the URL ({wanted})"
        )));
    }
    let (_, unknown) = decode::parse(resource, config.clone(), None)?;
    let problem = unknown
        .first()
        .map(|path| format!(".{path}: field not declared in schema"));
    if let Some(why) = problem.or_else(|| apply::doubled(decode::shape(resource), &config)) {
        return Err(untyped(resource, &config, &why));
    }
    Ok(crate::schema::known_only(resource, config))
}

/// 500, as Kubernetes answers to a configuration that its schema cannot hold.
fn untyped(resource: &Resource, config: &Value, why: &str) -> Status {
    let name = format!("{}/{}", object::namespace(config), object::name(config));
    let kind = format!(
        "{}, Kind={}",
        qualified(&resource.gvr.api_version()),
        resource.kind
    );
    Status::new(
        500,
        "",
        format!("failed to create typed patch object ({name}; {kind}): {why}"),
    )
}

fn check_type(resource: &Resource, config: &Value) -> Result<(), Status> {
    if !config.is_object() {
        return Err(Status::bad_request(
            "error decoding YAML: the body of an apply must be an object",
        ));
    }
    let (version, kind) = (
        object::text(config, &["apiVersion"]),
        object::text(config, &["kind"]),
    );
    let wanted = resource.gvr.api_version();
    if version == wanted && kind == resource.kind {
        return Ok(());
    }
    if kind != resource.kind || version.is_empty() {
        let version = if version.is_empty() {
            "/".to_owned()
        } else {
            qualified(version)
        };
        return Err(Status::bad_request(format!(
            "invalid object type: {version}, Kind={kind}"
        )));
    }
    Err(Status::bad_request(format!(
        "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {wanted}"
    )))
}

/// A group and version as Go prints it: the core group is empty before the slash.
fn qualified(version: &str) -> String {
    if version.contains('/') {
        version.to_owned()
    } else {
        format!("/{version}")
    }
}

/// An apply of an object that does not exist creates it, except through a sub-resource.
async fn create_applied(
    target: &Target<'_>,
    object: Value,
    owners: Owners,
) -> Result<Response, Status> {
    let Target {
        server,
        resource,
        request,
        part,
        ..
    } = target;
    if *part != Part::Whole {
        return Err(Status::not_found(resource, &target.key().name));
    }
    if !object::uid(&object).is_empty() {
        let why = format!(
            "uid mismatch: the provided object specified uid {}, and no existing object was found",
            object::uid(&object)
        );
        return Err(Status::conflict(resource, object::name(&object), &why));
    }
    let mut object = decode::reread(resource, object, None)?;
    crate::defaults::apply(resource, &mut object);
    create::begin(server, resource, &mut object)?;
    let (object, warnings) = create::finish(server, resource, request, object, owners).await?;
    Ok(Response::Object {
        code: 201,
        object: watch::as_served(resource, &object),
        warnings,
    })
}
