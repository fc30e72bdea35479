//! Authorisation of requests.

use http::Method;

use super::{
    rbac::{Attributes, allows, allows_path},
    user::User,
};
use crate::{request::Request, server::ApiServer, status::Status};

/// Lets a request pass, or not.
///
/// # Errors
/// 403 if no binding of the user allows it.
pub(crate) fn authorize(server: &ApiServer, request: &Request) -> Result<(), Status> {
    let namespace = request.namespace.as_deref().unwrap_or_default();
    let name = request.name.as_deref().unwrap_or_default();
    let (subresource, _) = request
        .subresource
        .as_deref()
        .map_or(("", ""), |s| s.split_once('/').unwrap_or((s, "")));
    let about_namespaces = request.gvr.group.is_empty() && request.gvr.resource == "namespaces";
    let attributes = Attributes {
        verb: request.verb.as_str(),
        group: &request.gvr.group,
        resource: &request.gvr.resource,
        subresource,
        // A namespace lies in itself.
        namespace: if about_namespaces { name } else { namespace },
        name,
    };
    if server.read(|state| allows(state, &request.user, &attributes)) {
        return Ok(());
    }
    Err(attributes.refusal(&request.user))
}

/// Lets a request for a path that is no resource pass, or not.
///
/// # Errors
/// 403 if no binding of the user allows it.
pub(crate) fn authorize_path(
    server: &ApiServer,
    user: &User,
    method: &Method,
    path: &str,
) -> Result<(), Status> {
    let verb = method.as_str().to_lowercase();
    if server.read(|state| allows_path(state, user, &verb, path)) {
        return Ok(());
    }
    let message = format!(
        "forbidden: User {:?} cannot {verb} path {path:?}",
        user.name
    );
    Err(Status::new(403, "Forbidden", message).with(Default::default()))
}
