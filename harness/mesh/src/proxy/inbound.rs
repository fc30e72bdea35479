//! Port 15006: what a sidecar does with what others send to its application.

use std::{
    fmt,
    net::{IpAddr, SocketAddrV4},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use istio::{
    Decision,
    authz::{HttpFacts, Received, RequestFacts, Server},
    identity::SpiffeId,
    routing::failure::WireCause,
    tls::{
        Admission, Arrival, Handling, Transport,
        inbound::{admit, is_istio_alpn},
    },
};
use sim::{
    net::Origin,
    program::{Hello, HttpRequest, Reply, Request, Sent, Serve, Trail},
};
use world::{PeerIdentity, TlsSeen, Words};

use super::{
    core::Proxy,
    evidence::{self, note},
    tunnel::{Tunnel, carried},
    upstream::Upstream,
    view::View,
};

/// The port to which connections from outside are redirected.
pub(super) const PORT: u16 = 15006;

/// The header by which a server's proxy tells the application who called.
const FORWARDED_CERT: &str = "x-forwarded-client-cert";

/// Listens on the port.
pub(super) struct Inbound(pub(super) Arc<Proxy>);

/// One connection from outside.
struct Session {
    proxy: Arc<Proxy>,
    from: Origin,
    /// The address of the application that was called.
    to: SocketAddrV4,
    peer: Mutex<Option<Arc<Peer>>>,
    app: Tunnel,
}

/// What of a client's hello matters to the requests behind it.
#[derive(Debug)]
struct Peer {
    sni: String,
    alpn: Vec<String>,
    /// What the application is told of it, as Envoy writes it; `None` if nobody believes it. Source:
    /// `forward_client_cert_details` tells the certificates of the connection, whatever came since.
    told: Option<String>,
    /// Its identity, if it is believed.
    id: Option<SpiffeId>,
}

impl Serve for Inbound {
    fn serve(&self, _: Request) -> BoxFuture<'_, Reply> {
        // Every connection has a session of its own.
        async { Reply::Closed }.boxed()
    }

    fn accept(self: Arc<Self>, from: &Origin, to: SocketAddrV4) -> Arc<dyn Serve> {
        Arc::new(Session {
            proxy: Arc::clone(&self.0),
            from: from.clone(),
            to,
            peer: Mutex::default(),
            app: Tunnel::default(),
        })
    }
}

impl Serve for Session {
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply> {
        self.take(request.sent, request.trail).boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }
}

impl Session {
    async fn take(&self, sent: Sent, trail: Trail) -> Reply {
        let Some(view) = self.proxy.view() else {
            return Reply::Closed;
        };
        let peer = self.peer().clone();
        match (peer, sent) {
            // Once for a connection: what follows on it carries no room for this.
            (None, Sent::Hello(hello)) => Box::pin(self.handshake(&view, hello, &trail)).await,
            (peer, sent) => self.judge(&view, peer.as_deref(), sent, &trail).await,
        }
    }

    /// A client begins with TLS: it is answered, passed on to the application unread, or closed.
    async fn handshake(&self, view: &View, hello: Hello, trail: &Trail) -> Reply {
        let alpns: Vec<&str> = hello.alpn.iter().map(String::as_str).collect();
        let arrival = self.arrival(Transport::Tls { alpns: &alpns }, is_http(&alpns));
        let handled = view.push.inbound.ports.handle(&view.modes, arrival);
        let mutual = match handled.value.0 {
            Handling::Http { mutual } | Handling::Tcp { mutual } => mutual,
            Handling::NoFilterChain | Handling::ProtocolError => {
                self.say(trail, "TLS fits no filter chain", handled.because);
                return Reply::Closed;
            }
        };
        if !mutual {
            self.say(trail, "TLS is passed on unread", handled.because);
            return self.to_application(Sent::Hello(hello), trail).await;
        }
        let id = self.identify(view, &hello, trail);
        let admitted = admit(true, id.as_ref(), &view.snapshot().trust.accepted);
        let Admission::Peer(_) = admitted.value else {
            self.say(trail, "the handshake fails", admitted.because);
            return Reply::Closed;
        };
        let chosen = alpns.iter().find(|alpn| is_istio_alpn(alpn));
        let answer = Hello {
            sni: String::new(),
            alpn: chosen.iter().map(|alpn| (**alpn).to_owned()).collect(),
            chain: self.proxy.identity().map(|own| own.presented()),
        };
        let told = id.as_ref().and_then(|id| self.told_of(&hello, id));
        *self.peer() = Some(Arc::new(Peer {
            sni: hello.sni,
            alpn: hello.alpn,
            told,
            id,
        }));
        Reply::Hello(answer)
    }

    /// Who the client is, if this proxy believes its certificate.
    fn identify(&self, view: &View, hello: &Hello, trail: &Trail) -> Option<SpiffeId> {
        let own = self.proxy.identity()?;
        let bundles = &view.snapshot().trust.bundles;
        let now = self.proxy.about.clock.now();
        match own.believes(hello.chain.as_ref(), bundles, now) {
            Ok(id) => Some(id),
            Err(error) => {
                let said = format!("the client is not believed: {error}");
                self.say(trail, said, istio::tls::rules::PEER_VERIFIED);
                None
            }
        }
    }

    async fn judge(&self, view: &View, peer: Option<&Peer>, sent: Sent, trail: &Trail) -> Reply {
        let speaks = evidence::speaks(&sent);
        let Some(decided) = self.decide(view, peer, &sent) else {
            return Reply::Closed;
        };
        match decided.value {
            Err(cause) => {
                self.say(trail, refusal(view, cause), decided.because);
                evidence::wire(cause, speaks)
            }
            Ok(received) => {
                let caller = received.peer.map(|peer| peer.text().clone());
                trail.tls(match &caller {
                    Some(peer) => TlsSeen::Mutual {
                        peer: PeerIdentity(peer.clone()),
                    },
                    None => TlsSeen::Plaintext,
                });
                let cluster = received.cluster;
                let said = fmt::from_fn(move |f| {
                    let from = caller.as_deref().unwrap_or("plaintext");
                    write!(f, "{from} is let in to {cluster}")
                });
                self.say(trail, said, decided.because);
                let sent = self.told_who_calls(sent, peer, &received);
                self.to_application(sent, trail).await
            }
        }
    }

    /// Whether it is let in; `None` if a policy is not modelled, which the log names.
    fn decide<'a>(
        &self,
        view: &View,
        peer: Option<&'a Peer>,
        sent: &Sent,
    ) -> Option<Decision<Result<Received<'a>, WireCause>>> {
        let policies = match &view.policies {
            Ok(policies) => policies,
            Err(error) => {
                self.proxy.about.log.note(&self.proxy.about.name, error);
                return None;
            }
        };
        let server = Server {
            ports: &view.push.inbound.ports,
            modes: &view.modes,
            accepted_domains: &view.snapshot().trust.accepted,
            http: &policies.http,
            tcp: &policies.tcp,
        };
        let http = match sent {
            Sent::Http(http) => Some(facts_of(http)),
            _ => None,
        };
        let alpns: Vec<&str> = peer
            .iter()
            .flat_map(|peer| peer.alpn.iter().map(String::as_str))
            .collect();
        let transport = match peer {
            Some(_) => Transport::Tls { alpns: &alpns },
            None => Transport::Plaintext,
        };
        let arrival = self.arrival(transport, http.is_some());
        let presented = peer.and_then(|peer| peer.id.as_ref());
        Some(server.receive(arrival, presented, self.facts(peer, http)))
    }

    fn arrival<'a>(&self, transport: Transport<'a>, http: bool) -> Arrival<'a> {
        Arrival {
            port: self.to.port(),
            transport,
            http,
        }
    }

    /// What policies may ask about; who the peer is comes with the handshake.
    fn facts<'a>(&self, peer: Option<&'a Peer>, http: Option<HttpFacts<'a>>) -> RequestFacts<'a> {
        let source = Some(IpAddr::V4(self.from.address));
        RequestFacts {
            peer: None,
            source_ip: source,
            remote_ip: source,
            destination_ip: Some(IpAddr::V4(*self.to.ip())),
            port: self.to.port(),
            sni: peer.map(|peer| peer.sni.as_str()),
            http,
        }
    }

    /// What the application is told of a client whose identity is believed.
    fn told_of(&self, hello: &Hello, id: &SpiffeId) -> Option<String> {
        let hash = hello.chain.as_ref()?.leaf_digest();
        let now = self.proxy.about.clock.now();
        let by = self.proxy.identity().and_then(|own| own.uri(now));
        let by = by.as_ref().map_or("", |by| by.text());
        Some(format!("By={by};Hash={hash};Subject=\"\";URI={id}"))
    }

    /// A request says who sent it, as this proxy saw it, and never as the client says.
    fn told_who_calls(&self, sent: Sent, peer: Option<&Peer>, received: &Received<'_>) -> Sent {
        let Sent::Http(mut http) = sent else {
            return sent;
        };
        http.headers.remove(FORWARDED_CERT);
        let believed = peer.filter(|_| received.peer.is_some());
        if let Some(told) = believed.and_then(|peer| peer.told.clone()) {
            http.headers.insert(FORWARDED_CERT.to_owned(), told);
        }
        Sent::Http(http)
    }

    async fn to_application(&self, sent: Sent, trail: &Trail) -> Reply {
        // What the application says of connections is not evidence of the client's proxy.
        let own = Trail::none();
        if let Some(app) = self.app.far_end() {
            return carried(&app, sent, &own).await;
        }
        let speaks = evidence::speaks(&sent);
        match Box::pin(Upstream::plain(&self.proxy, self.to)).await {
            Ok(app) => self.app.open(app, sent, &own).await,
            Err(_) => {
                let because = istio::routing::rules::FAILURE;
                self.say(trail, "the application does not listen", because);
                evidence::wire(WireCause::ApplicationGone, speaks)
            }
        }
    }

    fn say(&self, trail: &Trail, decided: impl Words, because: istio::RuleId) {
        note(trail, &self.proxy.about.at, decided, because);
    }

    fn peer(&self) -> MutexGuard<'_, Option<Arc<Peer>>> {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why somebody is not let in, with what to look at.
fn refusal(view: &View, cause: WireCause) -> String {
    match (cause, &view.policies) {
        (WireCause::PlaintextToStrict, _) => {
            "not let in: the client sends plaintext and mutual TLS is required".to_owned()
        }
        (WireCause::Denied, Ok(policies)) => {
            let names = policies.names.join(", ");
            format!("not let in: denied by AuthorizationPolicy (read: {names})")
        }
        (cause, _) => format!("not let in: {cause:?}"),
    }
}

/// Whether a client's ALPNs say that it carries HTTP.
fn is_http(alpns: &[&str]) -> bool {
    let first = alpns.iter().find(|alpn| is_istio_alpn(alpn));
    let other = || {
        alpns
            .iter()
            .any(|alpn| *alpn == "http/1.1" || *alpn == "h2")
    };
    first.map_or_else(other, |alpn| alpn.starts_with("istio-h"))
}

fn facts_of(http: &HttpRequest) -> HttpFacts<'_> {
    HttpFacts {
        method: &http.method,
        path: &http.path,
        host: &http.authority,
        headers: &http.headers,
    }
}
