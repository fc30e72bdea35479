//! Paths below an object.

use std::sync::Arc;

use super::{
    get::{get, namespaced},
    patch::patch_part,
    scale, token,
    update::replace,
};
use crate::{
    json::{Value, json},
    lifecycle::update::Part,
    object,
    request::{Request, Verb},
    resource::Resource,
    response::Response,
    server::ApiServer,
    status::Status,
    store::Key,
    typed::Object,
    verb::delete::delete,
};

/// Carries out a request on a sub-resource.
///
/// # Errors
/// 404 for one that the resource does not have, 405 for a verb it does not have, 501 by name for
/// what only a kubelet can answer and no handler does.
pub(crate) async fn subresource(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    name: &str,
) -> Result<Response, Status> {
    let (name, _) = name.split_once('/').unwrap_or((name, ""));
    let known = resource
        .subresources
        .get(name)
        .ok_or_else(Status::no_such_resource)?;
    if !known.verbs.iter().any(|verb| verb == request.verb.as_str()) {
        return Err(Status::method_not_allowed());
    }
    match name {
        "status" => part(server, resource, request, Part::Status).await,
        "finalize" => part(server, resource, request, Part::Finalize).await,
        "scale" => scale::scale(server, resource, request).await,
        "token" => token::create(server, resource, request),
        "binding" => bind(server, resource, request).await,
        "eviction" => evict(server, resource, request).await,
        "exec" | "attach" | "portforward" | "log" | "proxy" => {
            kubelet(server, resource, request, name).await
        }
        other => Err(Status::not_modelled(format!(
            "{}/{other}",
            resource.gvr.resource
        ))),
    }
}

async fn part(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    part: Part,
) -> Result<Response, Status> {
    match request.verb {
        Verb::Get => get(server, resource, request),
        Verb::Update => {
            let body = request.body.clone();
            replace(server, resource, request, part, body).await
        }
        Verb::Patch(kind) => patch_part(server, resource, request, kind, part).await,
        Verb::List | Verb::Watch | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            Err(Status::method_not_allowed())
        }
    }
}

fn parent_key(resource: &Resource, request: &Request) -> Key {
    namespaced(resource, request.key())
}

/// What only a kubelet can answer.
async fn kubelet(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    name: &str,
) -> Result<Response, Status> {
    let key = parent_key(resource, request);
    let pod = server.read(|state| state.store.get(resource.table(), &key).cloned());
    let pod = pod.ok_or_else(|| Status::not_found(resource, &key.name))?;
    match &server.handlers().kubelet {
        Some(kubelet) => kubelet.handle(request.clone(), pod).await,
        None => Err(Status::not_modelled(format!(
            "{}/{name}",
            resource.gvr.resource
        ))),
    }
}

/// Puts a pod on a node, as a scheduler does.
async fn bind(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
) -> Result<Response, Status> {
    let node = object::text(&request.body, &["target", "name"]).to_owned();
    let key = parent_key(resource, request);
    server.write(|state| {
        let table = resource.table();
        let pod = state
            .store
            .get(table, &key)
            .ok_or_else(|| Status::not_found(resource, &key.name))?;
        let bound = object::text(pod, &["spec", "nodeName"]);
        let why = |why: String| Err(Status::conflict(resource, &key.name, &why));
        if object::is_deleting(pod) {
            return why(format!(
                "pod {} is being deleted, cannot be assigned to a host",
                key.name
            ));
        }
        if !bound.is_empty() {
            return why(format!(
                "pod {} is already assigned to node {bound:?}",
                key.name
            ));
        }
        let owners = pod.owners().clone();
        let mut pod = Value::clone(pod);
        pod["spec"]["nodeName"] = node.as_str().into();
        crate::defaults::pod::scheduled(&mut pod, &server.config().clock);
        state.store.put(table, key.clone(), pod, owners);
        Ok(())
    })?;
    let done = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Response::Object {
        code: 201,
        object: Object::new(done),
        warnings: Vec::new(),
    })
}

/// Deletes a pod unless a disruption budget keeps it.
async fn evict(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
) -> Result<Response, Status> {
    let key = parent_key(resource, request);
    let pod = server.read(|state| state.store.get(resource.table(), &key).cloned());
    let pod = pod.ok_or_else(|| Status::not_found(resource, &key.name))?;
    if server.read(|state| crate::reviews::protected(state, &pod)) {
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        return Err(Status::new(429, "TooManyRequests", message));
    }
    let deletion = Request {
        verb: Verb::Delete,
        subresource: None,
        body: request.body["deleteOptions"].clone(),
        ..request.clone()
    };
    delete(server, resource, &deletion).await?;
    let done = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Response::Object {
        code: 201,
        object: Object::new(done),
        warnings: Vec::new(),
    })
}
