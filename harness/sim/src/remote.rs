//! An API server as it is reached over the network: by address, with its certificate verified
//! and a bearer token shown, as a kubeconfig describes it.
//!
//! The result is an ordinary [`kube::Client`]; its requests take the network's time and meet its
//! faults, and so do the events of its watches.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddrV4},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use apiserver::{ApiServer, Clock};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame};
use http_body_util::BodyStream;
use kube::client::Body as ClientBody;
use pki::{Authority, Chain, KeyPair, Leaf, Roots, Subject, Validity};
use tokio::time::timeout;
use tower::Service;

use crate::{
    net::{Broken, Conn, ConnectError, Net, Origin},
    program::{Reply, Serve},
};

/// How long a silent connection is believed in. Source: client-go's HTTP/2 health check, a ping
/// after 30 s that may take 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a connection may take. Source: client-go's dialer, 30 s.
const DIAL: Duration = Duration::from_secs(30);

/// An API server's end of its port: the server, and the certificate it shows.
pub struct ApiPort {
    pub(crate) server: ApiServer,
    chain: Chain,
}

/// Why an API server cannot be used from here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// The address is not one: there is no DNS between clusters.
    #[error("'{url}' is not https://<IPv4 address>:<port>")]
    Url {
        /// What was written.
        url: String,
    },
    /// There was no connection.
    #[error("dial tcp {to}: {why}")]
    Dial {
        /// The address.
        to: SocketAddrV4,
        /// How it failed.
        #[source]
        why: ConnectError,
    },
    /// The connection broke.
    #[error("read tcp {to}: {why}")]
    Broken {
        /// The address.
        to: SocketAddrV4,
        /// How it broke.
        #[source]
        why: Broken,
    },
    /// What answered there is no API server.
    #[error("{to} does not speak TLS")]
    NotTls {
        /// The address.
        to: SocketAddrV4,
    },
    /// The server's certificate is not believed.
    #[error("tls: failed to verify certificate of {to}: {why}")]
    Untrusted {
        /// The address.
        to: SocketAddrV4,
        /// In the verifier's words.
        why: String,
    },
}

/// What a kubeconfig says of a server and its user.
#[derive(Clone)]
pub struct Access {
    /// Where the server is.
    pub server: SocketAddrV4,
    /// The authorities that are believed.
    pub roots: Roots,
    /// The bearer token that is shown.
    pub token: String,
}

impl Access {
    /// Reads the server's URL.
    ///
    /// # Errors
    /// [`RemoteError::Url`].
    pub fn new(url: &str, roots: Roots, token: impl Into<String>) -> Result<Self, RemoteError> {
        let refused = || RemoteError::Url {
            url: url.to_owned(),
        };
        let rest = url.strip_prefix("https://").ok_or_else(refused)?;
        let host = rest.trim_end_matches('/');
        let (address, port) = host.split_once(':').unwrap_or((host, "443"));
        let address: Ipv4Addr = address.parse().map_err(|_| refused())?;
        let port = port.parse().map_err(|_| refused())?;
        Ok(Self {
            server: SocketAddrV4::new(address, port),
            roots,
            token: token.into(),
        })
    }
}

impl ApiPort {
    /// The port of `server`, with a certificate of its cluster's own authority.
    pub(crate) fn new(
        server: ApiServer,
        authority: &Authority,
        key: &KeyPair,
        address: Ipv4Addr,
        clock: &Clock,
    ) -> Result<Self, pki::PkiError> {
        let names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let leaf = Leaf::Server {
            names: names.map(str::to_owned).to_vec(),
            addresses: vec![IpAddr::V4(address)],
        };
        let validity = Validity::of_authority(clock.now());
        Ok(Self {
            server,
            chain: authority.issue(&leaf, key, validity)?.chain,
        })
    }
}

impl Serve for ApiPort {
    /// What it says to whoever speaks no Kubernetes: a TLS server closes.
    fn serve(&self, _: crate::program::Request) -> BoxFuture<'_, Reply> {
        async { Reply::Closed }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }

    fn api(&self) -> Option<&ApiPort> {
        Some(self)
    }
}

/// The authority of a cluster, from the seed.
pub(crate) fn authority(seed: &pki::Seed, clock: &Clock) -> Result<Authority, pki::PkiError> {
    Authority::root(
        seed,
        &Subject::kubernetes(),
        Validity::of_authority(clock.now()),
    )
}

/// A client of an API server, as `from` reaches it with `access`. The runtime is entered.
pub fn client(
    net: &Net<Arc<dyn Serve>>,
    clock: Clock,
    from: Origin,
    access: Access,
) -> kube::Client {
    let remote = Remote {
        net: net.clone(),
        clock,
        from,
        access,
        conn: Arc::default(),
    };
    kube::Client::new(remote, "default")
}

type ApiConn = Arc<Conn<Arc<dyn Serve>>>;

#[derive(Clone)]
struct Remote {
    net: Net<Arc<dyn Serve>>,
    clock: Clock,
    from: Origin,
    access: Access,
    /// The connection that requests share, as HTTP/2 has it.
    conn: Arc<Mutex<Option<ApiConn>>>,
}

impl Remote {
    async fn send(
        &self,
        mut request: Request<ClientBody>,
    ) -> Result<Response<RemoteBody>, RemoteError> {
        let token = HeaderValue::from_str(&format!("Bearer {}", self.access.token));
        if let Ok(token) = token {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        let conn = self.conn().await?;
        let port = conn
            .server()
            .api()
            .expect("a connection is kept only to an API server");
        let mut service = port.server.service(Vec::new());
        let answer = timeout(SILENCE, conn.exchange(service.call(request))).await;
        match answer.unwrap_or(Err(Broken::TimedOut)) {
            Ok(Ok(response)) => Ok(response.map(|body| RemoteBody::new(conn, body))),
            Ok(Err(never)) => match never {},
            Err(why) => {
                self.forget();
                Err(RemoteError::Broken {
                    to: self.access.server,
                    why,
                })
            }
        }
    }

    async fn conn(&self) -> Result<ApiConn, RemoteError> {
        let kept = self.kept().clone();
        if let Some(conn) = kept.filter(|conn| conn.is_open()) {
            return Ok(conn);
        }
        let to = self.access.server;
        let dialled = timeout(DIAL, self.net.connect(&self.from, to)).await;
        let dialled = dialled.unwrap_or(Err(ConnectError::TimedOut));
        let conn = dialled.map_err(|why| RemoteError::Dial { to, why })?;
        let port = conn.server().api().ok_or(RemoteError::NotTls { to })?;
        let name = to.ip().to_string();
        let verified = self
            .access
            .roots
            .verify_server(&port.chain, &name, self.clock.now());
        verified.map_err(|error| RemoteError::Untrusted {
            to,
            why: error.to_string(),
        })?;
        let conn = Arc::new(conn);
        *self.kept() = Some(Arc::clone(&conn));
        Ok(conn)
    }

    fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<ApiConn>> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service<Request<ClientBody>> for Remote {
    type Response = Response<RemoteBody>;
    type Error = RemoteError;
    type Future = BoxFuture<'static, Result<Self::Response, RemoteError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), RemoteError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ClientBody>) -> Self::Future {
        let remote = self.clone();
        async move { remote.send(request).await }.boxed()
    }
}

/// The body of an answer: whole answers came with their exchange, each further line of a watch
/// takes its own way over the connection.
struct RemoteBody(BoxStream<'static, Result<Frame<Bytes>, RemoteError>>);

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
