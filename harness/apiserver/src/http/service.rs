//! The tower service that an ordinary `kube::Client` talks to.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, Method, Request, Response, header};
use http_body::Body;
use http_body_util::BodyExt;

use super::{
    body::ReplyBody,
    query::Query,
    reply::{self, Form},
    route::{Route, Target, route, verb},
};
use crate::{
    auth, auth::User, discovery, json::Value, request, response, server::ApiServer, status::Status,
};

/// A server as a tower service, for requests of one connection.
#[derive(Debug, Clone)]
pub struct HttpService {
    server: ApiServer,
    peer: Peer,
}

/// What is known of the other side of a connection.
#[derive(Debug, Clone)]
enum Peer {
    Trusted(User),
    /// Headers and these certificates tell.
    Presented {
        certificates: Vec<Vec<u8>>,
        token: Option<String>,
    },
}

impl HttpService {
    pub(crate) fn trusted(server: ApiServer, user: User) -> Self {
        Self {
            server,
            peer: Peer::Trusted(user),
        }
    }

    pub(crate) fn with_token(server: ApiServer, token: &str) -> Self {
        let token = Some(token.to_owned());
        Self {
            server,
            peer: Peer::Presented {
                certificates: Vec::new(),
                token,
            },
        }
    }

    pub(crate) fn presented(server: ApiServer, certificates: Vec<Vec<u8>>) -> Self {
        Self {
            server,
            peer: Peer::Presented {
                certificates,
                token: None,
            },
        }
    }

    fn user(&self, headers: &HeaderMap) -> Result<User, Status> {
        match &self.peer {
            Peer::Trusted(user) => auth::impersonated(&self.server, user.clone(), headers),
            Peer::Presented {
                certificates,
                token,
            } => {
                let token = token.as_deref().or_else(|| bearer(headers));
                let user = auth::authenticate(&self.server, token, certificates)?;
                auth::impersonated(&self.server, user, headers)
            }
        }
    }

    async fn answer(&self, parts: http::request::Parts, body: Vec<u8>) -> Response<ReplyBody> {
        let form = Form::accepted(&parts.headers);
        match self.respond(&parts, &body, form).await {
            Ok(response) => response,
            Err(status) => reply::refusal(&status),
        }
    }

    async fn respond(
        &self,
        parts: &http::request::Parts,
        body: &[u8],
        form: Result<Form, Status>,
    ) -> Result<Response<ReplyBody>, Status> {
        let user = self.user(&parts.headers)?;
        let path = parts.uri.path();
        let found = route(path);
        if !matches!(found, Route::Resource(_)) {
            auth::authorize_path(&self.server, &user, &parts.method, path)?;
        }
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        match found {
            Route::Resource(target) if !self.knows_group(&target) => {
                Ok(reply::text(404, "404 page not found\n"))
            }
            Route::Resource(target) => {
                let request = self.request(parts, body, target, user)?;
                let form = form?;
                self.server
                    .call(request)
                    .await
                    .map(|response| reply::success(response, form))
            }
            _ if !reads => Err(Status::method_not_allowed()),
            Route::Version => Ok(reply::json(200, &discovery::version())),
            Route::Health => Ok(reply::text(200, "ok")),
            Route::Groups { legacy } => Ok(reply::discovery(&self.server, legacy, &parts.headers)),
            Route::Group(group) => {
                discovery::group(&self.server, &group).map(|v| reply::json(200, &v))
            }
            Route::GroupVersion(group, version) => {
                discovery::resources(&self.server, &group, &version).map(|v| reply::json(200, &v))
            }
            Route::OpenApi => Err(Status::not_modelled("OpenAPI (/openapi)")),
            Route::Unknown => Ok(reply::text(404, "404 page not found\n")),
        }
    }

    /// A group that nobody serves is no part of the API at all.
    fn knows_group(&self, target: &Target) -> bool {
        let versions = |state: &crate::server::State| {
            state
                .catalogue
                .versions()
                .iter()
                .any(|(group, _)| *group == target.gvr.group)
                || !matches!(state.catalogue.find(&target.gvr), Err(status) if status.code == 404)
        };
        self.server.read(versions)
    }

    fn request(
        &self,
        parts: &http::request::Parts,
        body: &[u8],
        target: Target,
        user: User,
    ) -> Result<request::Request, Status> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let content = content_type(&parts.headers);
        let verb = verb(&parts.method, &target, &query, content)?;
        let mut options = query.options()?;
        if options.field_manager.is_none() {
            options.field_manager = agent(&parts.headers, verb);
        }
        // A watch of one name is a watch of the collection, selected by that name.
        let mut name = target.name;
        if let (request::Verb::Watch, Some(one)) =
            (verb, name.take_if(|_| verb == request::Verb::Watch))
        {
            options.field_selector = Some(format!("metadata.name={one}"));
        }
        Ok(request::Request {
            verb,
            gvr: target.gvr,
            subresource: target.subresource,
            namespace: target.namespace,
            name,
            body: parse(&parts.method, content, body, &query)?,
            options,
            user,
        })
    }
}

/// The default field manager of an update: the client's name up to the first slash. Applies must
/// name theirs.
fn agent(headers: &HeaderMap, verb: request::Verb) -> Option<String> {
    if verb == request::Verb::Patch(request::PatchKind::Apply) {
        return None;
    }
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(agent.split('/').next().unwrap_or_default().to_owned()).filter(|agent| !agent.is_empty())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
}

const BODIES: [&str; 1] = ["application/json"];

/// Parses a body. YAML that is JSON is read; other YAML and protobuf are refused by name.
fn parse(method: &Method, content: &str, body: &[u8], query: &Query) -> Result<Value, Status> {
    if body.is_empty() {
        return match *method {
            // Delete options may be in the query instead.
            Method::DELETE => Ok(query.delete_options()),
            _ => Ok(Value::Null),
        };
    }
    let kind = content.split(';').next().unwrap_or_default().trim();
    let patch = *method == Method::PATCH;
    if !patch && !matches!(kind, "" | "application/json" | "application/yaml") {
        return Err(Status::unsupported_media_type(&BODIES));
    }
    serde_json::from_slice(body).map_err(|error| match kind {
        "application/yaml" | "application/apply-patch+yaml" => {
            Status::not_modelled(format!("a YAML body that is no JSON ({error})"))
        }
        _ => Status::bad_request(format!(
            "couldn't get version/kind; json parse error: {error}"
        )),
    })
}

impl<B> tower::Service<Request<B>> for HttpService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<ReplyBody>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes().to_vec());
            match body.map_err(|error| Status::bad_request(error.into().to_string())) {
                Ok(body) => Ok(service.answer(parts, body).await),
                Err(status) => Ok(reply::refusal(&status)),
            }
        }
        .boxed()
    }
}

impl From<response::List> for Value {
    fn from(list: response::List) -> Value {
        let items: Vec<Value> = list.items.iter().map(|item| item.whole()).collect();
        crate::json::json!({
            "apiVersion": list.api_version, "kind": list.kind, "metadata": list.metadata(), "items": items,
        })
    }
}
