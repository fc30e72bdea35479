//! Refusals, as `metav1.Status` says them. The texts are part of the API: clients match on them.

use crate::{
    json::{Map, Value, json},
    resource::Resource,
};

/// Why a request was refused: the body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason, in Kubernetes' words; empty for a code it has no word for.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
    /// What the refusal is about.
    pub details: Option<Box<Details>>,
    /// Where an expired page may be continued in the present.
    pub continue_token: Option<String>,
}

/// What a refusal is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// The object's name; empty if there is none.
    pub name: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource, or the kind in the case of an invalid object.
    pub kind: String,
    /// The object's uid; empty if unknown.
    pub uid: String,
    /// What exactly is wrong, one entry per field.
    pub causes: Vec<Cause>,
    /// When trying again may help, in seconds.
    pub retry_after_seconds: Option<u32>,
}

/// One reason among several, with the field it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The machine-readable reason, such as `FieldValueRequired`.
    pub reason: &'static str,
    /// The sentence for people, without the field.
    pub message: String,
    /// The field's path.
    pub field: String,
}

impl Status {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
            continue_token: None,
        }
    }

    pub(crate) fn with(mut self, details: Details) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    pub(crate) fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        self.details.get_or_insert_default().causes = causes;
        self
    }

    /// 404 for an object.
    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(
            404,
            "NotFound",
            format!("{} \"{name}\" not found", resource.qualified()),
        )
        .with(resource.details(name))
    }

    /// 404 for a path.
    pub(crate) fn no_such_resource() -> Self {
        Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
        .with(Details::default())
    }

    /// 409 for a name that is taken.
    pub(crate) fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Self::new(409, "AlreadyExists", message).with(resource.details(name))
    }

    /// 409 for a write that rests on something no longer true.
    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let what = resource.qualified();
        let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {why}");
        Self::new(409, "Conflict", message).with(resource.details(name))
    }

    /// 409 for a write to a version of the object that is no longer the newest.
    pub(crate) fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 403 with a sentence about an object, or about the resource if the name is empty.
    pub(crate) fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let what = resource.qualified();
        let message = match name {
            "" => format!("{what} is forbidden: {why}"),
            _ => format!("{what} \"{name}\" is forbidden: {why}"),
        };
        Self::new(403, "Forbidden", message).with(resource.details(name))
    }

    /// 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 405 for a verb that a resource does not have.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).with(Details::default())
    }

    /// 410 for a version that the history no longer holds.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 415 with the types that would do.
    pub(crate) fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message).with(Details::default())
    }

    /// 500: what should not happen.
    #[must_use]
    pub fn internal(message: impl std::fmt::Display) -> Self {
        let message = format!("Internal error occurred: {message}");
        let cause = Cause {
            reason: "",
            message: message.clone(),
            field: String::new(),
        };
        Self::new(500, "InternalError", message).with_causes(vec![Cause {
            message: cause
                .message
                .trim_start_matches("Internal error occurred: ")
                .to_owned(),
            ..cause
        }])
    }

    /// 501: something Kubernetes has and this server does not, by its name.
    pub(crate) fn not_modelled(what: impl std::fmt::Display) -> Self {
        let message = format!(
            "{what} is not modelled by the simulated API server; run this on a real engine"
        );
        Self::new(501, "NotImplemented", message)
    }

    /// The status as it is sent.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Failure", "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(token) = &self.continue_token {
            status["metadata"]["continue"] = token.as_str().into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.to_value();
        }
        status
    }
}

impl Details {
    pub(crate) fn to_value(&self) -> Value {
        let mut details = Map::new();
        let texts = [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ];
        for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            details.insert(field, text.as_str().into());
        }
        if !self.causes.is_empty() {
            details.insert(
                "causes".to_owned(),
                self.causes.iter().map(Cause::to_value).collect(),
            );
        }
        if let Some(seconds) = self.retry_after_seconds {
            details.insert("retryAfterSeconds", seconds.into());
        }
        Value::Object(details)
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let texts = [
            ("reason", self.reason),
            ("message", &self.message),
            ("field", &self.field),
        ];
        let present = texts.into_iter().filter(|(_, text)| !text.is_empty());
        Value::Object(
            present
                .map(|(field, text)| (field.to_owned(), text.into()))
                .collect(),
        )
    }
}
