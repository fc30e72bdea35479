//! The way of an ordinary client's requests: a tower service, as [`kube::Client`] wants one.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use apiserver::{ApiServer, ReplyBody};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use http::{HeaderValue, Method, Request, Response, header};
use http_body::{Body, Frame};
use http_body_util::BodyStream;
use kube::client::Body as ClientBody;
use tokio::time::sleep;
use tower::Service;

use super::{ApiConn, COMMIT, Remote, RemoteError};

/// Carries requests to an API server.
#[derive(Clone)]
pub(super) struct Transport(pub(super) Remote);

impl Transport {
    async fn send(
        &self,
        mut request: Request<ClientBody>,
    ) -> Result<Response<RemoteBody>, RemoteError> {
        let token = HeaderValue::from_str(&format!("Bearer {}", self.0.access.token));
        if let Ok(token) = token {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        let asked = self.0.exchange(|server| answer(server, request));
        let (conn, answer) = asked.await?;
        match answer {
            Ok(response) => Ok(response.map(|body| RemoteBody::new(conn, body))),
            Err(never) => match never {},
        }
    }
}

/// What a server answers, and when.
async fn answer(
    server: ApiServer,
    request: Request<ClientBody>,
) -> Result<Response<ReplyBody>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        sleep(COMMIT).await;
    }
    server.service(Vec::new()).call(request).await
}

impl Service<Request<ClientBody>> for Transport {
    type Response = Response<RemoteBody>;
    type Error = RemoteError;
    type Future = BoxFuture<'static, Result<Self::Response, RemoteError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), RemoteError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ClientBody>) -> Self::Future {
        let transport = self.clone();
        async move { transport.send(request).await }.boxed()
    }
}

/// The body of an answer: whole answers came with their exchange, each further line of a watch
/// takes its own way over the connection.
pub(super) struct RemoteBody(BoxStream<'static, Result<Frame<Bytes>, RemoteError>>);

impl RemoteBody {
    fn new<B>(conn: ApiConn, body: B) -> Self
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        if body.size_hint().exact().is_some() {
            let frames = BodyStream::new(body).map(|frame| {
                let Ok(frame) = frame;
                Ok(frame)
            });
            return Self(frames.boxed());
        }
        let lines = BodyStream::new(body).then(move |line| {
            let conn = Arc::clone(&conn);
            async move {
                let Ok(line) = line;
                let to = conn.address();
                let received = conn.receive().await;
                received
                    .map(|()| line)
                    .map_err(|why| RemoteError::Broken { to, why })
            }
        });
        Self(lines.boxed())
    }
}

impl Body for RemoteBody {
    type Data = Bytes;
    type Error = RemoteError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RemoteError>>> {
        self.0.poll_next_unpin(context)
    }
}
