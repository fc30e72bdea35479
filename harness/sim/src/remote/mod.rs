//! An API server as it is reached over the network: by address, with its certificate verified
//! and a bearer token shown, as a kubeconfig describes it.
//!
//! [`Remote::client`] is an ordinary [`kube::Client`]; its requests take the network's time and meet
//! its faults, and so do the events of its watches. [`reader`] and [`writer`] are the same way for
//! programs of this process, without the bytes.

mod reader;
mod throttle;
mod transport;
mod writer;

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apiserver::{ApiServer, Clock, Request, Response, Status, User};
use futures::{FutureExt, future::BoxFuture};
use pki::{Authority, Chain, KeyPair, Leaf, Roots, Subject, Validity};
use tokio::time::{sleep, timeout};

use crate::{
    net::{Broken, Conn, ConnectError, Net, Origin},
    program::{Reply, Serve},
};
use throttle::Throttle;
use transport::Transport;

pub use reader::{Collection, Events};
pub use throttle::Rate;

/// How long a silent connection is believed in. Source: client-go's HTTP/2 health check, a ping
/// after 30 s that may take 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a connection may take. Source: client-go's dialer, 30 s.
const DIAL: Duration = Duration::from_secs(30);
/// How long a write takes a server until etcd has it. Measured on kube-apiserver 1.34 with an etcd that
/// does not wait for its disk, as on kind: two clients that each put their own CA back into a
/// webhook, as istiods with different roots do, wrote 180 times a second in all, 5 ms a write.
const COMMIT: Duration = Duration::from_millis(3);

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

/// Why something that was asked for was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AskError {
    /// The server refused.
    #[error("{}", .0.message)]
    Refused(Status),
    /// The server was not reached.
    #[error(transparent)]
    Unreachable(#[from] RemoteError),
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

type ApiConn = Arc<Conn<Arc<dyn Serve>>>;

/// An API server as somebody reaches it. Clones share its connection.
#[derive(Clone)]
pub struct Remote {
    net: Net<Arc<dyn Serve>>,
    clock: Clock,
    from: Origin,
    access: Access,
    throttle: Option<Arc<Throttle>>,
    /// The connection that requests share, as HTTP/2 has it.
    conn: Arc<Mutex<Option<ApiConn>>>,
}

impl Remote {
    /// An API server, as `from` reaches it with `access`.
    pub fn new(net: &Net<Arc<dyn Serve>>, clock: Clock, from: Origin, access: Access) -> Self {
        Self {
            net: net.clone(),
            clock,
            from,
            access,
            throttle: None,
            conn: Arc::default(),
        }
    }

    /// The same for somebody who asks no more often than this.
    #[must_use]
    pub fn at_most(self, rate: Rate) -> Self {
        Self {
            throttle: Some(Arc::new(Throttle::new(rate))),
            ..self
        }
    }

    /// An ordinary client of it. The runtime is entered.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(Transport(self.clone()), "default")
    }

    /// Asks with the rights of the token, and says over which connection; a write takes its time.
    async fn ask(
        &self,
        commit: Option<Duration>,
        request: impl FnOnce(&User) -> Request,
    ) -> Result<(ApiConn, Response), AskError> {
        let token = &self.access.token;
        let asked = self.exchange(|server| async move {
            if let Some(commit) = commit {
                sleep(commit).await;
            }
            let user = server.authenticate(token)?;
            server.call(request(&user)).await
        });
        let (conn, answer) = asked.await?;
        Ok((conn, answer.map_err(AskError::Refused)?))
    }

    /// Lets the server do something for somebody who asks over the shared connection.
    async fn exchange<T, W>(
        &self,
        work: impl FnOnce(ApiServer) -> W,
    ) -> Result<(ApiConn, T), RemoteError>
    where
        W: Future<Output = T>,
    {
        if let Some(throttle) = &self.throttle {
            throttle.turn().await;
        }
        let conn = self.conn().await?;
        let port = conn
            .server()
            .api()
            .expect("a connection is kept only to an API server");
        let work = work(port.server.clone());
        let answer = timeout(SILENCE, conn.exchange(work)).await;
        match answer.unwrap_or(Err(Broken::TimedOut)) {
            Ok(answer) => Ok((conn, answer)),
            Err(why) => {
                self.forget();
                let to = self.access.server;
                Err(RemoteError::Broken { to, why })
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
