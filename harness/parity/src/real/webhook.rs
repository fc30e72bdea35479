//! An admission webhook: an HTTPS server on loopback.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Result;
use base64::Engine as _;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::credentials::{Authority, Serving};
use crate::site::Hook;

/// A served webhook; it stops when dropped.
pub(super) struct Webhook {
    config: Value,
    _server: JoinSet<()>,
}

impl Webhook {
    pub(super) async fn start(authority: &Authority, hook: Hook) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(tls(&authority.serving()?)?));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let authority = base64::engine::general_purpose::STANDARD.encode(&authority.pem);
        let config = json!({
            "url": format!("https://{}/review", listener.local_addr()?),
            "caBundle": authority,
        });
        let mut server = JoinSet::new();
        server.spawn(accept(listener, acceptor, hook));
        Ok(Self {
            config,
            _server: server,
        })
    }

    /// What a webhook configuration says to reach this server.
    pub(super) fn client_config(&self) -> Value {
        self.config.clone()
    }
}

fn tls(serving: &Serving) -> Result<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_slice(
        serving.certificate.as_bytes(),
    )?];
    let key = PrivateKeyDer::from_pem_slice(serving.key.as_bytes())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder?
        .with_no_client_auth()
        .with_single_cert(chain, key)?)
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, hook: Hook) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, acceptor.clone(), hook.clone()));
    }
}

/// A broken connection is the API server's to report; there is nobody to tell it here.
async fn serve(stream: TcpStream, acceptor: TlsAcceptor, hook: Hook) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(|request| answer(request, hook.clone()));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    hook: Hook,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    // A review that is no JSON becomes null, which no hook approves of.
    let review: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(hook(&review).to_string())));
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    Ok(response)
}
