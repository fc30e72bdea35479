//! From the body of a request to an object of its kind.

use crate::{
    json::{Map, Text, Value},
    lifecycle::update::Named,
    object,
    request::{FieldValidation, Request},
    resource::Resource,
    schema::{Node, builtin, decode_over},
    status::Status,
};

/// Reads an object of the resource's kind, which may be one that takes the place of a live one; also
/// returns the warnings about dropped fields.
///
/// # Errors
/// 400 for a body that is no such object, or for unknown fields when these are refused.
pub(super) fn object(
    resource: &Resource,
    request: &Request,
    body: Value,
    live: Option<&Value>,
) -> Result<(Value, Vec<String>), Status> {
    let (body, unknown) = parse(resource, body, live)?;
    let warnings = judge_unknown(resource, request.options.field_validation, unknown)?;
    Ok((body, warnings))
}

/// Reads an object of the resource's kind in which nothing but the named fields differs from the
/// live one; also returns the warnings about dropped fields.
///
/// # Errors
/// As [`object`].
pub(super) fn changed(
    resource: &Resource,
    request: &Request,
    mut body: Value,
    (live, named): (&Value, &Named),
) -> Result<(Value, Vec<String>), Status> {
    let others = take_others(&mut body, named);
    let (mut object, warnings) = self::object(resource, request, body, Some(live))?;
    if let Value::Object(map) = &mut object {
        *map = std::mem::take(map).into_iter().chain(others).collect();
    }
    Ok((object, warnings))
}

/// Takes the fields out that are not named, but for those that say what the object is.
fn take_others(body: &mut Value, named: &Named) -> Vec<(Text, Value)> {
    let (Named::Only(_), Value::Object(map)) = (named, body) else {
        return Vec::new();
    };
    let identity = |name: &str| matches!(name, "apiVersion" | "kind");
    let all = std::mem::take(map).into_iter();
    let (read, others): (Vec<_>, _) =
        all.partition(|(name, _)| identity(name) || named.holds(name));
    *map = read.into_iter().collect();
    others
}

/// Reads an object of the resource's kind and drops what it does not know.
///
/// # Errors
/// 400 for a body that is no such object.
pub(super) fn parse(
    resource: &Resource,
    mut body: Value,
    live: Option<&Value>,
) -> Result<(Value, Vec<String>), Status> {
    identify(resource, &mut body)?;
    let (version, kind) = (resource.gvr.version.clone(), resource.kind.clone());
    let refuse = |why| {
        Status::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        ))
    };
    match resource.custom() {
        None => {
            let decoded = decode_over(&resource.shape, body, live).map_err(refuse)?;
            Ok((decoded.object, decoded.unknown))
        }
        Some(custom) => {
            let (shape, live) = (builtin::object_meta(), live.map(|live| &live["metadata"]));
            let meta = decode_over(&shape, body["metadata"].take(), live).map_err(refuse)?;
            let inner = meta
                .unknown
                .into_iter()
                .map(|path| format!("metadata.{path}"));
            body["metadata"] = match meta.object {
                Value::Null => Value::Object(Map::new()),
                meta => meta,
            };
            let dropped = custom
                .schema
                .as_ref()
                .map(|schema| schema.prune(&mut body))
                .unwrap_or_default();
            Ok((body, inner.chain(dropped).collect()))
        }
    }
}

/// Checks `apiVersion` and `kind`; built-in kinds may leave them out.
fn identify(resource: &Resource, body: &mut Value) -> Result<(), Status> {
    let Value::Object(map) = body else {
        return Err(Status::bad_request(
            "the body of the request is not an object",
        ));
    };
    let (version, kind) = (resource.gvr.api_version(), resource.kind.as_str());
    let written = |field| map.get(field).and_then(Value::as_str).unwrap_or_default();
    let (found_version, found_kind) = (written("apiVersion"), written("kind"));
    if (found_version, found_kind) == (version.as_str(), kind) {
        return Ok(());
    }
    if resource.custom().is_some() && found_kind.is_empty() {
        let shown = Value::Object(map.clone());
        return Err(Status::bad_request(format!(
            "Object 'Kind' is missing in '{shown}'"
        )));
    }
    if !found_kind.is_empty() && found_kind != kind {
        return Err(Status::bad_request(format!(
            "{found_kind} in version {:?} cannot be handled as a {kind}: no kind {found_kind:?} is registered for the resource {}",
            resource.gvr.version, resource.gvr
        )));
    }
    let needed = resource.custom().is_some() || !found_version.is_empty();
    if needed && found_version != version {
        return Err(Status::bad_request(format!(
            "the API version in the data ({found_version}) does not match the expected API version ({version})"
        )));
    }
    map.insert("apiVersion", version.into());
    map.insert("kind", kind.into());
    Ok(())
}

fn judge_unknown(
    resource: &Resource,
    validation: FieldValidation,
    unknown: Vec<String>,
) -> Result<Vec<String>, Status> {
    let text = |path: String| format!("unknown field {path:?}");
    match validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(unknown.into_iter().map(text).collect()),
        FieldValidation::Strict if unknown.is_empty() => Ok(Vec::new()),
        FieldValidation::Strict => {
            let all: Vec<String> = unknown.into_iter().map(text).collect();
            let (kind, version) = (&resource.kind, &resource.gvr.version);
            Err(Status::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {}",
                all.join(", ")
            )))
        }
    }
}

/// Checks that the object is in the namespace that the path names, and puts it there.
///
/// # Errors
/// 400 if the two differ.
pub(super) fn place(
    resource: &Resource,
    request: &Request,
    object: &mut Value,
) -> Result<(), Status> {
    let wanted = request
        .namespace
        .as_deref()
        .filter(|_| resource.namespaced)
        .unwrap_or_default();
    let found = object::namespace(object);
    if !found.is_empty() && found != wanted {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let meta = object::meta_mut(object);
    if wanted.is_empty() {
        meta.remove("namespace");
    } else {
        meta.insert("namespace", wanted.into());
    }
    Ok(())
}

/// Re-reads an object in its shape after it was patched or mutated.
///
/// # Errors
/// 400 if it no longer is of its kind.
pub(super) fn reread(
    resource: &Resource,
    object: Value,
    live: Option<&Value>,
) -> Result<Value, Status> {
    parse(resource, object, live).map(|(object, _)| object)
}

/// The shape by which ownership of an object's fields is tracked.
pub(super) fn shape(resource: &Resource) -> &Node {
    &resource.shape
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{PatchKind, User, catalogue::Catalogue, json::json, resource::Gvr};

    fn warnings(named: Named) -> Vec<String> {
        let gvr = Gvr::core("pods");
        let pods = Catalogue::builtin().find(&gvr).unwrap();
        let user = User::admin();
        let request = Request::patch(PatchKind::Merge, &gvr, "a", "b", Value::Null, &user);
        let live = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}});
        let mut body = live.clone();
        body["spec"]["unheardOf"] = 1.into();
        let read = changed(&pods, &request, body, (&live, &named));
        let (object, warnings) = read.unwrap();
        assert_eq!(object["spec"]["containers"], json!([]));
        warnings
    }

    #[test]
    fn of_a_changed_object_only_what_is_named_is_read() {
        let only = |field: &str| Named::Only([field.into()].into());
        let unknown = ["unknown field \"spec.unheardOf\""];
        assert_eq!(warnings(Named::Everything), unknown);
        assert_eq!(warnings(only("spec")), unknown);
        assert_eq!(warnings(only("metadata")), [""; 0]);
    }
}
