//! One call to one webhook, and what came of it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{review::Review, rules::Webhook};
use crate::{
    json::Value,
    object::{at, list, text},
    server::ApiServer,
    status::Status,
};

/// One `AdmissionReview` on its way to a webhook.
#[derive(Debug, Clone)]
pub struct WebhookCall {
    /// The configuration object that names the webhook.
    pub configuration: String,
    /// The webhook's name.
    pub webhook: String,
    /// `clientConfig` as configured: a Service or a URL, and the authority to trust.
    pub client_config: Value,
    /// How long the answer may take.
    pub timeout: Duration,
    /// The review to send.
    pub review: Value,
}

/// Why no review came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WebhookError(pub String);

/// What a webhook says to an object.
pub(super) struct Answer {
    /// The JSON patch it wants, if any.
    pub(super) patch: Option<Value>,
    pub(super) warnings: Vec<String>,
}

/// Asks one webhook.
///
/// # Errors
/// The webhook's refusal; 500 if it cannot be reached and its `failurePolicy` is `Fail`.
pub(super) async fn ask(
    server: &ApiServer,
    webhook: &Webhook,
    review: &Review<'_>,
    object: &Value,
) -> Result<Option<Answer>, Status> {
    let hook = webhook.value();
    if !list(hook, &["matchConditions"]).is_empty() {
        return Err(Status::not_modelled(format!(
            "matchConditions of webhook {:?}",
            webhook.name()
        )));
    }
    let call = WebhookCall {
        configuration: webhook.configuration().to_owned(),
        webhook: webhook.name().to_owned(),
        client_config: hook["clientConfig"].clone(),
        timeout: Duration::from_secs(hook["timeoutSeconds"].as_u64().unwrap_or(10)),
        review: review.to_value(server, webhook.name(), object),
    };
    let uid = call.review["request"]["uid"].clone();
    match send(server, call)
        .await
        .and_then(|answer| check(&answer, &uid))
    {
        Ok(response) => interpret(webhook, &response).map(Some),
        Err(_) if hook["failurePolicy"] == "Ignore" => Ok(None),
        Err(error) => Err(Status::internal(format!(
            "failed calling webhook {:?}: {error}",
            webhook.name()
        ))),
    }
}

async fn send(server: &ApiServer, call: WebhookCall) -> Result<Value, WebhookError> {
    let Some(transport) = &server.handlers().webhooks else {
        return Err(WebhookError(
            "failed to call webhook: no way to any webhook is configured".to_owned(),
        ));
    };
    let timeout = call.timeout;
    match tokio::time::timeout(timeout, transport.review(call)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(WebhookError(why))) => Err(WebhookError(format!("failed to call webhook: {why}"))),
        Err(_) => Err(WebhookError(
            "failed to call webhook: context deadline exceeded".to_owned(),
        )),
    }
}

fn check(answer: &Value, uid: &Value) -> Result<Value, WebhookError> {
    let response = at(answer, &["response"])
        .ok_or_else(|| WebhookError("expected response.uid, got no response".to_owned()))?;
    if response["uid"] != *uid {
        return Err(WebhookError(format!(
            "expected response.uid={uid}, got {}",
            response["uid"]
        )));
    }
    Ok(response.clone())
}

fn interpret(webhook: &Webhook, response: &Value) -> Result<Answer, Status> {
    if response["allowed"] != true {
        return Err(denied(webhook, response));
    }
    let warnings = list(response, &["warnings"])
        .iter()
        .filter_map(|w| w.as_str().map(str::to_owned));
    Ok(Answer {
        patch: patch(webhook, response)?,
        warnings: warnings.collect(),
    })
}

fn denied(webhook: &Webhook, response: &Value) -> Status {
    let status = &response["status"];
    let name = webhook.name();
    let message = match (text(status, &["message"]), text(status, &["reason"])) {
        ("", "") => format!("admission webhook {name:?} denied the request without explanation"),
        ("", reason) => format!("admission webhook {name:?} denied the request: {reason}"),
        (message, _) => format!("admission webhook {name:?} denied the request: {message}"),
    };
    let code = status["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| *code >= 400);
    let code = code.unwrap_or(400);
    let reason = match text(status, &["reason"]) {
        "Forbidden" => "Forbidden",
        "BadRequest" => "BadRequest",
        "Conflict" => "Conflict",
        "Invalid" => "Invalid",
        _ => "",
    };
    Status::new(code, reason, message)
}

fn patch(webhook: &Webhook, response: &Value) -> Result<Option<Value>, Status> {
    let Some(encoded) = at(response, &["patch"]).and_then(Value::as_str) else {
        return Ok(None);
    };
    let refuse = |why: String| {
        Status::internal(format!(
            "failed calling webhook {:?}: {why}",
            webhook.name()
        ))
    };
    if text(response, &["patchType"]) != "JSONPatch" {
        return Err(refuse(format!(
            "unsupported patch type {:?}",
            text(response, &["patchType"])
        )));
    }
    let bytes = STANDARD
        .decode(encoded)
        .map_err(|error| refuse(error.to_string()))?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| refuse(error.to_string()))
}
