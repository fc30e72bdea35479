//! A connection from a proxy to a host: opened, secured, used again.

use std::{
    collections::BTreeSet,
    fmt,
    net::SocketAddrV4,
    sync::atomic::{AtomicU32, Ordering},
};

use istio::{
    identity::{expand_sans, server_is_named},
    kinds::{ClientTlsSettings, tls_settings::ClientTlsMode},
    network::split_horizon::ProxyKind,
    routing::failure::{Speaks, WireCause},
    tls::{self, Wire},
};
use sim::{
    net::{Broken, ConnectError},
    program::{Channel, Hello, Reply, Sent, Trail},
};
use tokio::time::timeout;
use world::{Hop, Text, Words};

use super::{core::Proxy, evidence::note, inbound, policy::Policy, view::View};

/// What a sidecar offers for requests inside mutual TLS.
const HTTP_ALPNS: [&str; 3] = ["istio-http/1.1", "istio", "http/1.1"];
/// What it offers for anything else. Source for both: pilot/pkg/networking/util/util.go.
const TCP_ALPNS: [&str; 2] = ["istio-peer-exchange", "istio"];

/// An open connection to a host.
pub(super) struct Upstream {
    channel: Channel,
    carried: AtomicU32,
    /// What stations said while it was opened: it holds for everything on it.
    told: Box<[Hop]>,
}

/// A connection that is wanted.
#[derive(Clone, Copy)]
pub(super) struct Dial<'a> {
    pub(super) proxy: &'a Proxy,
    pub(super) view: &'a View,
    pub(super) policy: &'a Policy,
    pub(super) to: SocketAddrV4,
    /// Whether the host counts as mutual TLS.
    pub(super) mtls: bool,
    pub(super) speaks: Speaks,
    /// Where it is said why there is no connection.
    pub(super) trail: &'a Trail,
}

impl Upstream {
    /// A connection without any TLS of the proxy's own.
    pub(super) async fn plain(proxy: &Proxy, to: SocketAddrV4) -> Result<Self, WireCause> {
        Self::over(proxy, to, to).await
    }

    /// The same to a host that the proxy picked. A sidecar that picks its own pod comes back in
    /// through its own inbound port, as istio-iptables has it.
    async fn to_host(proxy: &Proxy, view: &View, to: SocketAddrV4) -> Result<Self, WireCause> {
        let is_own = *to.ip() == proxy.about.origin.address;
        match is_own && view.push.client.kind == ProxyKind::Sidecar {
            true => Self::over(proxy, SocketAddrV4::new(*to.ip(), inbound::PORT), to).await,
            false => Self::plain(proxy, to).await,
        }
    }

    async fn over(
        proxy: &Proxy,
        through: SocketAddrV4,
        to: SocketAddrV4,
    ) -> Result<Self, WireCause> {
        let about = &proxy.about;
        let conn = about.net.connect_unredirected(&about.origin, through).await;
        let conn = conn.map_err(|error| match error {
            ConnectError::Refused => WireCause::ConnectionRefused,
            ConnectError::TimedOut => WireCause::Unreachable,
        })?;
        Ok(Self {
            channel: match through == to {
                true => Channel::over(conn),
                false => Channel::meant_for(conn, to),
            },
            carried: AtomicU32::new(0),
            told: Box::default(),
        })
    }

    /// Sends something on it.
    pub(super) async fn carry(&self, sent: Sent, trail: &Trail) -> Result<Reply, Broken> {
        for hop in &self.told {
            trail.pass(hop.clone());
        }
        // A handshake carries no call.
        if !matches!(sent, Sent::Hello(_)) {
            trail.picked_earlier(self.carried.fetch_add(1, Ordering::Relaxed) > 0);
        }
        self.channel.ask_along(sent, trail).await
    }

    /// How much it has carried.
    pub(super) fn carried(&self) -> u32 {
        self.carried.load(Ordering::Relaxed)
    }

    /// Whether the other end is still there, as far as this one knows.
    pub(super) fn is_open(&self) -> bool {
        self.channel.conn().is_open()
    }
}

impl Dial<'_> {
    /// Opens the connection as the policy has it.
    pub(super) async fn open(self) -> Result<Upstream, WireCause> {
        let told = Trail::new();
        let opened = timeout(self.policy.connect_timeout, self.secured(&told)).await;
        let opened = opened.unwrap_or(Err(WireCause::Unreachable));
        if let Err(cause) = &opened {
            let (to, at) = (self.to, &self.proxy.about.at);
            let hops = told.take().hops.into_iter();
            hops.for_each(|hop| self.trail.pass(hop));
            let because = istio::routing::rules::FAILURE;
            let cause = format!("no connection to {to}: {cause:?}");
            note(self.trail, at, cause, because);
        }
        opened
    }

    async fn secured(self, trail: &Trail) -> Result<Upstream, WireCause> {
        let policy = self.policy;
        let mut upstream = Upstream::to_host(self.proxy, self.view, self.to).await?;
        let wire = tls::wire_to(&policy.tls.value, self.mtls, policy.original_destination);
        match wire.value {
            Wire::Plaintext => self.say(trail, "plaintext", wire.because),
            Wire::Tls(settings) => {
                let sni = Text::from(settings.sni.as_deref().unwrap_or_default());
                let said = fmt::from_fn(move |f| write!(f, "TLS with SNI {sni}"));
                self.say(trail, said, wire.because);
                self.handshake(&upstream.channel, settings, trail).await?;
            }
        }
        upstream.told = trail.take().hops.into();
        Ok(upstream)
    }

    async fn handshake(
        self,
        channel: &Channel,
        settings: &ClientTlsSettings,
        trail: &Trail,
    ) -> Result<(), WireCause> {
        let mutual = settings.mode == ClientTlsMode::IstioMutual;
        let hello = Sent::Hello(Hello {
            sni: settings.sni.clone().unwrap_or_default(),
            alpn: self.alpns(),
            chain: {
                let identity = self.proxy.identity().filter(|_| mutual);
                identity.map(|identity| identity.presented())
            },
        });
        match channel.ask_along(hello, trail).await {
            Ok(Reply::Hello(server)) if !mutual || self.believes(&server, settings, trail) => {
                Ok(())
            }
            Err(Broken::TimedOut) => Err(WireCause::Unreachable),
            Ok(_) | Err(Broken::Reset) => Err(WireCause::HandshakeFailed),
        }
    }

    fn alpns(self) -> Vec<String> {
        let offered: &[&str] = match self.speaks {
            Speaks::Http => &HTTP_ALPNS,
            Speaks::Tcp => &TCP_ALPNS,
        };
        offered.iter().map(|alpn| (*alpn).to_owned()).collect()
    }

    /// Whether the server is one that may be called so.
    fn believes(self, server: &Hello, settings: &ClientTlsSettings, trail: &Trail) -> bool {
        let mesh = &self.view.snapshot().mesh;
        let domains: Vec<String> = mesh.domains.all().map(str::to_owned).collect();
        let names: BTreeSet<String> = settings.subject_alt_names.iter().cloned().collect();
        let accepted = expand_sans(&names, &domains).value;
        let Some(identity) = self.proxy.identity() else {
            return false;
        };
        let bundles = &self.view.snapshot().trust.bundles;
        let now = self.proxy.about.clock.now();
        match identity.believes(server.chain.as_ref(), bundles, now) {
            Ok(id) => {
                let named = server_is_named(id.text(), &accepted);
                let verdict = if named.value { "is" } else { "is not" };
                let said = fmt::from_fn(move |f| {
                    write!(
                        f,
                        "the server {id} {verdict} one of the service's identities"
                    )
                });
                self.say(trail, said, named.because);
                named.value
            }
            Err(error) => {
                let said = format!("the server is not believed: {error}");
                self.say(trail, said, tls::rules::PEER_VERIFIED);
                false
            }
        }
    }

    fn say(self, trail: &Trail, decided: impl Words, because: istio::RuleId) {
        note(trail, &self.proxy.about.at, decided, because);
    }
}
