//! Deleting an object, or a collection of them.

use std::sync::Arc;

use super::{get::namespaced, list::list};
use crate::{
    admission::{self, Operation, Review},
    crds,
    json::{Value, json},
    lifecycle::{
        delete::{DeleteOptions, Outcome, check_preconditions, outcome},
        namespace,
    },
    object,
    request::Request,
    resource::Resource,
    response::Response,
    server::{ApiServer, State},
    status::Status,
    store::{Key, Table},
    typed::Object,
    watch,
};

/// Deletes an object.
///
/// # Errors
/// 404 if there is none, 409 if it is not the one meant, 403 for namespaces that must stay.
pub(crate) async fn delete(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
) -> Result<Response, Status> {
    let options = DeleteOptions::parse(&request.body)?;
    let name = request.name.clone().unwrap_or_default();
    let key = namespaced(
        resource,
        Key::new(request.namespace.as_deref().unwrap_or_default(), &name),
    );
    namespace::admit_delete(resource, &name)?;
    let find = || server.read(|state| state.store.get(resource.table(), &key).cloned());
    let live = find().ok_or_else(|| Status::not_found(resource, &name))?;
    let review = Review::new(resource, request, Operation::Delete, Some(&live));
    let mut warnings = Vec::new();
    admission::mutate(server, &review, &mut Value::Null, &mut warnings).await?;
    admission::validate(server, &review, &Value::Null, &mut warnings).await?;
    let deleted = carry_out(server, resource, &key, &options, request.options.dry_run)?;
    let object = match deleted {
        Deleted::Gone(object) if returns_object(resource) => watch::as_served(resource, &object),
        Deleted::Gone(object) => Object::new(success(resource, &object)),
        Deleted::Marked(object) => watch::as_served(resource, &object),
    };
    Ok(Response::Object {
        code: 200,
        object,
        warnings,
    })
}

enum Deleted {
    Gone(Arc<Object>),
    Marked(Arc<Object>),
}

fn carry_out(
    server: &ApiServer,
    resource: &Arc<Resource>,
    key: &Key,
    options: &DeleteOptions,
    dry_run: bool,
) -> Result<Deleted, Status> {
    let table = resource.table();
    let dry_run = dry_run || options.dry_run;
    let deleted = server.write(|state| {
        let live = state
            .store
            .get(table, key)
            .cloned()
            .ok_or_else(|| Status::not_found(resource, &key.name))?;
        check_preconditions(resource, &live, options)?;
        let outcome = outcome(resource, &live, options, &server.config().clock);
        Ok(if dry_run {
            would_be(outcome, live)
        } else {
            done(state, table, key, outcome, live)
        })
    })?;
    let (Deleted::Gone(object) | Deleted::Marked(object)) = &deleted;
    if !dry_run && resource.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        crds::retire(server, object);
    }
    Ok(deleted)
}

fn would_be(outcome: Outcome, live: Arc<Object>) -> Deleted {
    match outcome {
        Outcome::Pending => Deleted::Marked(live),
        Outcome::Marked(object) => Deleted::Marked(Object::owned(object, live.owners().clone())),
        Outcome::Gone => Deleted::Gone(live),
    }
}

fn done(
    state: &mut State,
    table: &Table,
    key: &Key,
    outcome: Outcome,
    live: Arc<Object>,
) -> Deleted {
    match outcome {
        Outcome::Pending => Deleted::Marked(live),
        Outcome::Marked(object) => {
            let owners = live.owners().clone();
            Deleted::Marked(state.store.put(table, key.clone(), object, owners))
        }
        Outcome::Gone => {
            state.lives.end(table, key);
            let gone = state.store.remove(table, key);
            Deleted::Gone(gone.expect("found under the same lock"))
        }
    }
}

/// The kinds whose deletion answers with the object; the others answer with a `Status`.
fn returns_object(resource: &Resource) -> bool {
    resource.group().is_empty()
        && matches!(
            resource.kind.as_str(),
            "Pod" | "Service" | "ServiceAccount" | "Namespace"
        )
}

fn success(resource: &Resource, object: &Value) -> Value {
    let mut details = resource.details(object::name(object));
    details.uid = object::uid(object).to_owned();
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details.to_value()})
}

/// Deletes everything that a list with the same options shows; answers with that list.
///
/// # Errors
/// What the list or a deletion refuses; objects that vanish meanwhile are passed over.
pub(crate) async fn delete_collection(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
) -> Result<Response, Status> {
    let listed = list(server, resource, request)?;
    for object in &listed.items {
        let one = Request {
            namespace: Some(object::namespace(object).to_owned()).filter(|n| !n.is_empty()),
            name: Some(object::name(object).to_owned()),
            ..request.clone()
        };
        match delete(server, resource, &one).await {
            Ok(_) => {}
            Err(status) if status.code == 404 => {}
            Err(status) => return Err(status),
        }
    }
    Ok(Response::List(listed))
}
