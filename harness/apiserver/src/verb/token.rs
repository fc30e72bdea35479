//! `TokenRequest`: tokens for service accounts.

use super::get::namespaced;
use crate::{
    auth::token::{self, Claims},
    json::{Value, json},
    object,
    request::Request,
    resource::{Gvr, Resource},
    response::Response,
    server::ApiServer,
    status::Status,
    store::Key,
    typed::Object,
    validate::field::{FieldError, refuse_kind_if_any},
};

const DEFAULT_SECONDS: i64 = 3600;
const LEAST_SECONDS: i64 = 600;

/// Issues a token for the service account that the path names.
///
/// # Errors
/// 404 if there is no such account, 422 for a life of less than ten minutes.
pub(super) fn create(
    server: &ApiServer,
    resource: &Resource,
    request: &Request,
) -> Result<Response, Status> {
    let key = namespaced(resource, request.key());
    let account = server.read(|state| state.store.get(resource.table(), &key).cloned());
    let account = account.ok_or_else(|| Status::not_found(resource, &key.name))?;
    let seconds = request.body["spec"]["expirationSeconds"]
        .as_i64()
        .unwrap_or(DEFAULT_SECONDS);
    check(seconds)?;
    let audiences = audiences(server, request);
    let claims = Claims {
        namespace: key.namespace.to_string(),
        account: key.name.to_string(),
        account_uid: object::uid(&account).to_owned(),
        audiences: audiences.clone(),
        seconds,
        bound: bound(server, request, &key)?,
    };
    let token = token::issue(server, &claims);
    Ok(Response::Object {
        code: 201,
        object: Object::new(answer(server, request, &key, &audiences, seconds, &token)),
        warnings: Vec::new(),
    })
}

/// Whom the token is for: the API server itself, if the request does not say.
fn audiences(server: &ApiServer, request: &Request) -> Vec<String> {
    let asked = object::list(&request.body, &["spec", "audiences"]).iter();
    let asked: Vec<String> = asked
        .filter_map(|a| a.as_str().map(str::to_owned))
        .collect();
    if asked.is_empty() {
        vec![server.config().issuer.clone()]
    } else {
        asked
    }
}

/// The object that the token ends with, with its uid filled in.
fn bound(server: &ApiServer, request: &Request, key: &Key) -> Result<Option<Value>, Status> {
    let Some(reference) = object::at(&request.body, &["spec", "boundObjectRef"]) else {
        return Ok(None);
    };
    let plural = match object::text(reference, &["kind"]) {
        "Pod" => "pods",
        "Secret" => "secrets",
        "Node" => "nodes",
        other => {
            return Err(Status::bad_request(format!(
                "cannot bind token to object of type {other}"
            )));
        }
    };
    let name = object::text(reference, &["name"]);
    server.read(|state| {
        let resource = state.catalogue.find(&Gvr::core(plural))?;
        let target = namespaced(&resource, Key::new(&key.namespace, name));
        let found = state.store.get(resource.table(), &target).ok_or_else(|| Status::not_found(&resource, name))?;
        let (wanted, uid) = (object::text(reference, &["uid"]), object::uid(found));
        if !wanted.is_empty() && wanted != uid {
            let why = format!("the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have been deleted and then recreated");
            return Err(Status::conflict(&resource, name, &why));
        }
        let mut reference = reference.clone();
        reference["uid"] = uid.into();
        Ok(Some(reference))
    })
}

fn check(seconds: i64) -> Result<(), Status> {
    let mut errors = Vec::new();
    if seconds < LEAST_SECONDS {
        let why = "may not specify a duration less than 10 minutes";
        errors.push(FieldError::invalid(
            "spec.expirationSeconds",
            &seconds.into(),
            why,
        ));
    }
    let kind = (
        "TokenRequest.authentication.k8s.io".to_owned(),
        "TokenRequest",
        "authentication.k8s.io",
    );
    refuse_kind_if_any(kind, "", errors)
}

fn answer(
    server: &ApiServer,
    request: &Request,
    key: &Key,
    audiences: &[String],
    seconds: i64,
    token: &str,
) -> Value {
    let clock = &server.config().clock;
    let life = std::time::Duration::from_secs(seconds.unsigned_abs());
    let bound = object::at(&request.body, &["spec", "boundObjectRef"])
        .cloned()
        .unwrap_or(Value::Null);
    json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": key.name, "namespace": key.namespace, "creationTimestamp": clock.stamp()},
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound},
        "status": {"token": token, "expirationTimestamp": clock.stamp_in(life)},
    })
}
