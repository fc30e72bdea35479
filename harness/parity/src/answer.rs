//! What a server answered, and the claims a fact makes about it.

use anyhow::{Result, ensure};
use http::HeaderMap;
use serde_json::Value;

use crate::claim::Claims;

/// One complete HTTP answer. The body is JSON if it parses as such, else one JSON string.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub code: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Value,
}

impl Answer {
    /// The body, provided that the server answered exactly `code`.
    ///
    /// # Errors
    /// When the code differs; the message holds the body.
    pub fn ok(self, code: u16) -> Result<Value> {
        ensure!(
            self.code == code,
            "expected {code}, observed {}: {}",
            self.code,
            self.body
        );
        Ok(self.body)
    }

    /// The `Status` body of a refusal, provided that code and reason are these.
    ///
    /// # Errors
    /// When the code, the reason or the shape of a failure `Status` differ.
    pub fn refused(self, code: u16, reason: &str) -> Result<Value> {
        let status = self.ok(code)?;
        status.has("/kind", "Status")?;
        status.has("/apiVersion", "v1")?;
        status.has("/status", "Failure")?;
        status.has("/code", code)?;
        status.has("/reason", reason)?;
        Ok(status)
    }

    /// A 422 whose causes name this field with this reason, as a form would show it.
    ///
    /// # Errors
    /// When the answer is no 422 `Invalid` or no cause matches.
    pub fn invalid(self, field: &str, reason: &str) -> Result<Value> {
        let status = self.refused(422, "Invalid")?;
        ensure!(
            causes(&status).any(|cause| cause["field"] == field && cause["reason"] == reason),
            "no cause {reason} for {field}: {status}"
        );
        Ok(status)
    }

    /// The values of one header, joined by `, `; empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The causes of a `Status`; none when it has no details.
pub fn causes(status: &Value) -> impl Iterator<Item = &Value> {
    status["details"]["causes"].as_array().into_iter().flatten()
}
