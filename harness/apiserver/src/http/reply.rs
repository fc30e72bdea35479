//! Replies: responses and refusals as HTTP writes them.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, header};
use serde::{Serialize, Serializer};

use super::body::ReplyBody;
use crate::{
    discovery,
    json::{Value, json},
    response,
    response::List,
    server::ApiServer,
    status::Status,
    typed::Object,
};

/// How objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    /// `PartialObjectMetadata`: the metadata alone.
    Metadata,
}

impl Form {
    /// The first form of the `Accept` header that this server can write.
    ///
    /// # Errors
    /// 406 if there is none; tables and protobuf are not modelled.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Status> {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("*/*");
        let form = |part: &str| {
            let part = part.replace(' ', "");
            let (kind, parameters) = part.split_once(';').unwrap_or((&part, ""));
            let json = matches!(kind, "*/*" | "application/*" | "application/json" | "");
            match (json, parameters) {
                (true, p) if p.contains("as=PartialObjectMetadata") => Some(Form::Metadata),
                (true, p) if p.contains("as=") => None,
                (json, _) => json.then_some(Form::Whole),
            }
        };
        accept.split(',').find_map(form).ok_or_else(|| {
            let message = "only the following media types are accepted: application/json";
            Status::new(406, "NotAcceptable", message)
        })
    }
}

fn reply(code: u16, content: &'static str, body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(code).expect("every code used is one");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    response
}

pub(super) fn json(code: u16, value: &impl Serialize) -> Response<ReplyBody> {
    reply(code, "application/json", ReplyBody::whole(bytes(value)))
}

pub(super) fn text(code: u16, text: &str) -> Response<ReplyBody> {
    reply(
        code,
        "text/plain; charset=utf-8",
        ReplyBody::whole(text.as_bytes().to_vec()),
    )
}

pub(super) fn refusal(status: &Status) -> Response<ReplyBody> {
    let mut response = json(status.code, &status.to_value());
    let retry = status
        .details
        .as_ref()
        .and_then(|details| details.retry_after_seconds);
    if let Some(seconds) = retry {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

pub(super) fn success(response: response::Response, form: Form) -> Response<ReplyBody> {
    match response {
        response::Response::Object {
            code,
            object,
            warnings,
        } => {
            let mut reply = json(code, &*shaped(&object, form));
            for warning in warnings {
                let text = HeaderValue::from_str(&format!("299 - {warning:?}"));
                reply
                    .headers_mut()
                    .extend(text.ok().map(|text| (header::WARNING, text)));
            }
            reply
        }
        response::Response::List(list) => reply(
            200,
            "application/json",
            ReplyBody::whole(list_bytes(&list, form)),
        ),
        response::Response::Watch(watch) => {
            reply(200, "application/json", ReplyBody::watch(*watch, form))
        }
        response::Response::Text(output) => text(200, &output),
    }
}

pub(super) fn shaped(object: &Arc<Object>, form: Form) -> Arc<Object> {
    match form {
        Form::Metadata if object["kind"] != "Status" => {
            Object::owned(metadata_only(object), object.owners().clone())
        }
        Form::Metadata | Form::Whole => Arc::clone(object),
    }
}

/// The metadata of an object alone.
pub(crate) fn metadata_only(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// Lists are written item by item, without building one value of all of them.
fn list_bytes(list: &List, form: Form) -> Vec<u8> {
    let (kind, version) = match form {
        Form::Whole => (list.kind.as_str(), list.api_version.as_str()),
        Form::Metadata => ("PartialObjectMetadataList", "meta.k8s.io/v1"),
    };
    let mut out =
        format!("{{\"kind\":{kind:?},\"apiVersion\":{version:?},\"metadata\":").into_bytes();
    out.extend(bytes(&list.metadata()));
    out.extend_from_slice(b",\"items\":[");
    for (i, item) in list.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend(item_bytes(item, list.typed, form));
    }
    out.extend_from_slice(b"]}");
    out
}

/// Items of built-in lists leave out what the list's own kind says.
fn item_bytes(item: &Arc<Object>, typed: bool, form: Form) -> Vec<u8> {
    match (typed, form) {
        (true, Form::Whole) => bytes(&Item(item)),
        (_, form) => bytes(&*shaped(item, form)),
    }
}

/// An item of a built-in list.
struct Item<'a>(&'a Object);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let own = |name: &str| !matches!(name, "apiVersion" | "kind");
        self.0.serialize_fields(own, serializer)
    }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON values are serialisable")
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// The groups, in the form that the client asks for: all resources at once, or one by one.
pub(super) fn discovery(
    server: &ApiServer,
    legacy: bool,
    headers: &HeaderMap,
) -> Response<ReplyBody> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let wanted = |part: &str| {
        let part = part.replace(' ', "");
        part.contains("g=apidiscovery.k8s.io")
            && part.contains("v=v2;")
            && part.contains("as=APIGroupDiscoveryList")
    };
    if accept.split(',').any(wanted) {
        let body = bytes(&discovery::aggregated(server, legacy));
        return reply(200, AGGREGATED, ReplyBody::whole(body));
    }
    json(200, &discovery::groups(server, legacy))
}
