//! The scale sub-resource: the number of replicas, whatever the kind calls it.

use std::sync::Arc;

use super::{
    modify::{Ownership, Target, Wanted, modify},
    stamp,
};
use crate::{
    apply::{Owners, track_update},
    json::{Value, json},
    lifecycle::update::Part,
    object::{self, text},
    patch,
    request::{PatchKind, Request, Verb},
    resource::{Resource, ScalePaths},
    response::Response,
    schema::{builtin, decode},
    server::ApiServer,
    status::Status,
    typed::Object,
};

/// Reads or changes the scale of an object.
///
/// # Errors
/// 404 if there is no object, 409 if it changed, 422 for a negative number.
pub(super) async fn scale(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
) -> Result<Response, Status> {
    let mut stamp = stamp(server, resource, request, Part::Whole);
    stamp.subresource = "scale".to_owned();
    let target = Target {
        server,
        resource,
        request,
        part: Part::Whole,
        stamp,
    };
    let paths = paths(resource);
    let missing = || Status::not_found(resource, &target.key().name);
    if request.verb == Verb::Get {
        let live = target.live().ok_or_else(missing)?;
        return Ok(Response::ok(Object::new(shown(&paths, &live))));
    }
    let answer = modify(&target, &|live| wanted(&target, &paths, live)).await?;
    let changed = answer.object().expect("a write answers with the object");
    Ok(Response::ok(Object::new(shown(&paths, changed))))
}

fn paths(resource: &Resource) -> ScalePaths {
    let path = |steps: &[&str]| steps.iter().map(|s| (*s).to_owned()).collect();
    resource
        .custom()
        .and_then(|custom| custom.scale.clone())
        .unwrap_or_else(|| ScalePaths {
            spec_replicas: path(&["spec", "replicas"]),
            status_replicas: path(&["status", "replicas"]),
            selector: None,
        })
}

fn number(object: &Value, path: &[String]) -> i64 {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    object::at(object, &path)
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

fn shown(paths: &ScalePaths, object: &Value) -> Value {
    let meta = &object["metadata"];
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {},
        "spec": {}, "status": {"replicas": number(object, &paths.status_replicas)},
    });
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        if let Some(value) = meta.get(field) {
            scale["metadata"][field] = value.clone();
        }
    }
    let replicas = number(object, &paths.spec_replicas);
    if replicas != 0 {
        scale["spec"]["replicas"] = replicas.into();
    }
    let selector = selector(paths, object);
    if !selector.is_empty() {
        scale["status"]["selector"] = selector.into();
    }
    scale
}

/// The selector as text, for autoscalers.
fn selector(paths: &ScalePaths, object: &Value) -> String {
    if let Some(path) = &paths.selector {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        return text(object, &path).to_owned();
    }
    let labels = object["spec"]["selector"]["matchLabels"]
        .as_object()
        .into_iter()
        .flatten();
    let pairs = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

fn wanted(target: &Target<'_>, paths: &ScalePaths, live: &Object) -> Result<Wanted, Status> {
    let request = target.request;
    let before = shown(paths, live);
    let scale = match request.verb {
        Verb::Patch(PatchKind::Json) => patch::json(&before, &request.body)?,
        Verb::Patch(PatchKind::Merge | PatchKind::StrategicMerge) => {
            patch::merge(&before, &request.body)
        }
        Verb::Patch(PatchKind::Apply) => {
            return Err(Status::not_modelled(
                "server-side apply to the scale sub-resource",
            ));
        }
        _ => request.body.clone(),
    };
    let shape = builtin::shape("autoscaling.v1.Scale");
    let refuse = |why| {
        Status::bad_request(format!(
            "Scale in version \"v1\" cannot be handled as a Scale: {why}"
        ))
    };
    let scale = decode(&shape, scale).map_err(refuse)?.object;
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let error = crate::validate::field::FieldError::invalid(
            "spec.replicas",
            &replicas.into(),
            "must be greater than or equal to 0",
        );
        let kind = ("Scale.autoscaling".to_owned(), "Scale", "autoscaling");
        crate::validate::field::refuse_kind_if_any(kind, object::name(live), vec![error])?;
    }
    let (mut object, owners) = owned(target, paths, live, replicas);
    object::copy_meta(&scale, &mut object, "resourceVersion");
    Ok(Wanted {
        object,
        ownership: Ownership::Decided(owners),
        warnings: Vec::new(),
    })
}

/// The object with these replicas, which belong to the scaler; zero replicas belong to nobody,
/// because a Scale does not write them.
fn owned(target: &Target<'_>, paths: &ScalePaths, live: &Object, replicas: i64) -> (Value, Owners) {
    let mut object = Value::clone(live);
    let path: Vec<&str> = paths.spec_replicas.iter().map(String::as_str).collect();
    let set = |object: &mut Value| {
        let place = path.iter().fold(object, |value, step| &mut value[*step]);
        *place = replicas.into();
    };
    if replicas == 0 {
        object::remove(&mut object, &path);
    } else {
        set(&mut object);
    }
    let resource = target.resource;
    let owners = track_update(
        &resource.shape,
        resource.has_status(),
        (live, live.owners()),
        &mut object,
        &target.stamp,
    );
    set(&mut object);
    (object, owners)
}
