//! Objects that are questions: created, answered and never stored.

use crate::{
    auth::{Attributes, User, reason, token},
    json::{Value, json},
    object::{self, list, text},
    request::Request,
    resource::Resource,
    response::Response,
    select::LabelSelector,
    server::{ApiServer, State},
    status::Status,
    tables::DISRUPTION_BUDGETS,
};

/// Answers a review; `None` for every other kind.
///
/// # Errors
/// 400 for an access review that asks about nothing.
pub(crate) fn answer(
    server: &ApiServer,
    resource: &Resource,
    request: &Request,
    body: &Value,
) -> Result<Option<Response>, Status> {
    let status = match (resource.group(), resource.kind.as_str()) {
        ("authentication.k8s.io", "TokenReview") => token_review(server, body),
        ("authentication.k8s.io", "SelfSubjectReview") => {
            json!({"userInfo": user_info(&request.user)})
        }
        ("authorization.k8s.io", "SelfSubjectAccessReview") => {
            access_review(server, &request.user, body)?
        }
        ("authorization.k8s.io", "SubjectAccessReview" | "LocalSubjectAccessReview") => {
            access_review_of(server, resource, request, body)?
        }
        ("", "Binding") => return Err(Status::not_modelled("bindings (use pods/binding)")),
        _ => return Ok(None),
    };
    let mut object = body.clone();
    object["apiVersion"] = resource.gvr.api_version().into();
    object["kind"] = resource.kind.as_str().into();
    object::meta_mut(&mut object);
    object["status"] = status;
    Ok(Some(Response::Object {
        code: 201,
        object: crate::typed::Object::new(object),
        warnings: Vec::new(),
    }))
}

/// What somebody else may do.
fn access_review_of(
    server: &ApiServer,
    resource: &Resource,
    request: &Request,
    body: &Value,
) -> Result<Value, Status> {
    let spec = &body["spec"];
    let asked = text(spec, &["resourceAttributes", "namespace"]);
    if resource.namespaced && request.namespace.as_deref() != Some(asked) {
        let own = request.namespace.as_deref().unwrap_or_default();
        return Err(Status::bad_request(format!(
            "spec.resourceAttributes.namespace must match namespace: {own}"
        )));
    }
    let groups: Vec<&str> = list(spec, &["groups"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let user = User::new(text(spec, &["user"]), &groups);
    access_review(server, &user, body)
}

/// A user as admission and token reviews show it.
pub(crate) fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.as_str().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}

fn token_review(server: &ApiServer, review: &Value) -> Value {
    let asked: Vec<&str> = list(review, &["spec", "audiences"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let audiences = if asked.is_empty() {
        vec![server.config().issuer.as_str()]
    } else {
        asked
    };
    let bearer = text(review, &["spec", "token"]);
    for audience in &audiences {
        if let Some(user) = token::verify(server, bearer, Some(audience)) {
            return json!({"authenticated": true, "user": user_info(&user), "audiences": [audience]});
        }
    }
    let other = server
        .handlers()
        .authenticator
        .as_ref()
        .and_then(|a| a.token(bearer));
    match other {
        Some(user) => {
            json!({"authenticated": true, "user": user_info(&user), "audiences": audiences})
        }
        None => json!({"user": {}, "error": "[invalid bearer token]"}),
    }
}

fn access_review(server: &ApiServer, user: &User, review: &Value) -> Result<Value, Status> {
    let Some(wanted) = object::at(review, &["spec", "resourceAttributes"]) else {
        return match object::at(review, &["spec", "nonResourceAttributes"]) {
            Some(_) => Err(Status::not_modelled(
                "access reviews of nonResourceAttributes",
            )),
            None => Err(Status::bad_request(
                "spec: at least one of resourceAttributes or nonResourceAttributes must be specified",
            )),
        };
    };
    let field = |name: &str| text(wanted, &[name]);
    let attributes = Attributes {
        verb: field("verb"),
        group: field("group"),
        resource: field("resource"),
        subresource: field("subresource"),
        namespace: field("namespace"),
        name: field("name"),
    };
    Ok(
        match server.read(|state| reason(state, user, &attributes)) {
            Some(reason) if reason.is_empty() => json!({"allowed": true}),
            Some(reason) => json!({"allowed": true, "reason": reason}),
            None => json!({"allowed": false}),
        },
    )
}

/// Whether a disruption budget keeps the pod where it is.
pub(crate) fn protected(state: &State, pod: &Value) -> bool {
    let namespace = object::namespace(pod).to_owned();
    let rows = state.store.rows(&DISRUPTION_BUDGETS);
    rows.into_iter()
        .flat_map(|rows| rows.within(Some(&namespace)))
        .any(|(_, budget)| {
            LabelSelector::of_object(&budget["spec"]["selector"])
                .matches(&pod["metadata"]["labels"])
                && budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0) <= 0
        })
}
