//! Reading one object.

use std::sync::Arc;

use crate::{
    request::Request, resource::Resource, response::Response, server::ApiServer, status::Status,
    store::Key, watch,
};

/// Reads an object.
///
/// # Errors
/// 404 if there is none, 504 if the client asks for a version that is still to come.
pub(crate) fn get(
    server: &ApiServer,
    resource: &Resource,
    request: &Request,
) -> Result<Response, Status> {
    let asked = watch::revision(
        request
            .options
            .resource_version
            .as_deref()
            .unwrap_or_default(),
    )?;
    let key = Key::new(
        request.namespace.as_deref().unwrap_or_default(),
        request.name.as_deref().unwrap_or_default(),
    );
    let found = server.read(|state| {
        let now = state.store.revision();
        if asked > now {
            return Err(watch::too_large(asked, now));
        }
        Ok(state
            .store
            .get(resource.table(), &namespaced(resource, key.clone()))
            .map(Arc::clone))
    })?;
    let object = found.ok_or_else(|| Status::not_found(resource, &key.name))?;
    Ok(Response::ok(watch::as_served(resource, &object)))
}

/// Cluster-scoped objects have no namespace, even where the path names one.
pub(super) fn namespaced(resource: &Resource, key: Key) -> Key {
    if resource.namespaced {
        key
    } else {
        Key::new("", &key.name)
    }
}
