//! How an agent asks istiod.

use std::net::SocketAddrV4;

use pki::{Chain, PkiError, Roots, VerifyError};
use sim::{
    net::{Broken, ConnectError, dns::NoAddress},
    program::{Channel, Hello, Reply, Sent},
};

use super::home::Home;
use crate::xds::{Answer, Ask, Refused};

/// A connection to istiod, whose certificate was verified.
pub(super) struct Istiod(Channel);

/// Why istiod does not answer as it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The address is none.
    #[error("'{0}' is no address: write host:port")]
    Address(String),
    /// The name does not resolve.
    #[error(transparent)]
    Name(#[from] NoAddress),
    /// There is no connection.
    #[error("connect to istiod: {0}")]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error("ask istiod: {0}")]
    Broken(#[from] Broken),
    /// The roots are not in the pod's namespace yet.
    #[error("istiod's roots (istio-ca-root-cert, or /etc/certs on a machine) are not there yet")]
    NoRoots,
    /// What istiod sent is no certificate.
    #[error(transparent)]
    Certificate(#[from] PkiError),
    /// It is not istiod that answers.
    #[error("istiod is not believed: {0}")]
    Untrusted(#[from] VerifyError),
    /// The other end speaks no TLS, or not this protocol.
    #[error("what answers at {0} is not istiod")]
    NotIstiod(String),
    /// The API server gives no token.
    #[error("get a token: {0}")]
    Token(String),
    /// istiod refuses.
    #[error("istiod refuses: {0}")]
    Refused(#[from] Refused),
}

impl Istiod {
    /// Connects to `address` as the agent's own user would, shows `chain`, and verifies who
    /// answers.
    pub(super) async fn connect(
        home: &Home,
        address: &str,
        chain: Option<Chain>,
    ) -> Result<Self, Trouble> {
        let wrong = || Trouble::Address(address.to_owned());
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let to = SocketAddrV4::new(home.resolve(host)?, port);
        let conn = home.net().connect_unredirected(&home.origin(), to).await?;
        let channel = Channel::over(conn);
        let hello = Hello {
            sni: host.to_owned(),
            alpn: vec!["h2".to_owned()],
            chain,
        };
        let Reply::Hello(server) = channel.ask(Sent::Hello(hello)).await? else {
            return Err(Trouble::NotIstiod(address.to_owned()));
        };
        let shown = server
            .chain
            .ok_or_else(|| Trouble::NotIstiod(address.to_owned()))?;
        let now = home.clock().now();
        let roots = Roots::from_pem(&home.roots().await?)?;
        roots.verify_server(&shown, host, now)?;
        Ok(Self(channel))
    }

    /// Asks and waits for the answer.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, Trouble> {
        let reply = self.0.ask(ask.seal()).await?;
        match Answer::open(&reply) {
            Some(Answer::Refused(refused)) => Err(refused.clone().into()),
            Some(answer) => Ok(answer.clone()),
            None => Err(Trouble::Broken(Broken::Reset)),
        }
    }
}
