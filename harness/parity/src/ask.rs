//! One request, built in the open: path, content type, token and body are all visible.

use std::future::IntoFuture;

use anyhow::{Context, Result, ensure};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use crate::answer::Answer;
use crate::bench::PATIENCE;
use crate::watch::Watch;

/// A request on its way; `.await` sends it and collects the whole answer.
pub struct Ask {
    client: Client,
    request: http::request::Builder,
    body: Vec<u8>,
}

impl Ask {
    /// A request without a body. `path` is absolute and may carry a query.
    pub(crate) fn new(client: Client, method: Method, path: &str) -> Self {
        let request = Request::builder().method(method).uri(path);
        Self {
            client,
            request,
            body: Vec::new(),
        }
    }

    /// Sends this JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends these bytes under this content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Authenticates by this token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends the request, whose path says `watch=true`, and reads the answer as events.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn watch(self) -> Result<Watch> {
        let answer = self.open().await?;
        ensure!(
            answer.status() == 200,
            "the watch is refused: {}",
            answer.status()
        );
        Ok(Watch::new(answer.into_body()))
    }

    /// Sends the request and hands over the body unread, as a watch needs it.
    ///
    /// # Errors
    /// When the server cannot be reached or stays silent.
    async fn open(self) -> Result<Response<Body>> {
        let request = self.request.body(Body::from(self.body))?;
        let what = format!("{} {}", request.method(), request.uri());
        let answer = tokio::time::timeout(PATIENCE, self.client.send(request)).await;
        answer
            .with_context(|| format!("{what}: no answer"))?
            .with_context(|| what)
    }
}

impl IntoFuture for Ask {
    type Output = Result<Answer>;
    type IntoFuture = BoxFuture<'static, Result<Answer>>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let (head, body) = self.open().await?.into_parts();
            let bytes = body
                .collect()
                .await
                .context("the body broke off")?
                .to_bytes();
            let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
            let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
            Ok(Answer {
                code: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        }
        .boxed()
    }
}
