//! Ports of a gateway: TLS passed through by its server name, and requests let into the mesh.

use std::{net::SocketAddrV4, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use istio::{
    endpoint::select::Purpose,
    routing::{
        ClusterKey, Passthrough,
        failure::{ProxyCause, Speaks, WireCause},
        passthrough::passes_through,
    },
};
use sim::{
    net::Origin,
    program::{Hello, HttpRequest, Reply, Request, Sent, Serve, Trail},
};

use super::{
    chains::Known,
    core::Proxy,
    edge::{self, Edge},
    evidence::{self, note},
    http::Errand,
    route::Next,
    tunnel::{Far, Tunnel, carried},
    view::View,
};

/// Listens on one port of the Gateways that select this proxy.
pub(super) struct Port {
    pub(super) proxy: Arc<Proxy>,
    /// The port in the Gateways, which the proxy's own may differ from.
    pub(super) number: u16,
}

/// One connection of a client.
struct Session {
    proxy: Arc<Proxy>,
    number: u16,
    to: SocketAddrV4,
    tunnel: Tunnel,
}

impl Serve for Port {
    fn serve(&self, _: Request) -> BoxFuture<'_, Reply> {
        // Every connection has a session of its own.
        async { Reply::Closed }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, to: SocketAddrV4) -> Arc<dyn Serve> {
        Arc::new(Session {
            proxy: Arc::clone(&self.proxy),
            number: self.number,
            to: SocketAddrV4::new(*to.ip(), self.number),
            tunnel: Tunnel::default(),
        })
    }
}

impl Serve for Session {
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply> {
        self.carry(request.sent, request.trail).boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }
}

impl Session {
    async fn carry(&self, sent: Sent, trail: Trail) -> Reply {
        if let Some(far) = self.tunnel.far_end() {
            return carried(&far, sent, &trail).await;
        }
        let Some(view) = self.proxy.view() else {
            return Reply::Closed;
        };
        match sent {
            // Once for a connection: what follows on it carries no room for this.
            Sent::Hello(hello) => Box::pin(self.pass_through(&view, hello, &trail)).await,
            Sent::Http(http) => Box::pin(self.let_in(&view, http, &trail)).await,
            Sent::Nothing | Sent::Review { .. } | Sent::Opaque(_) => Reply::Closed,
        }
    }

    /// Forwards TLS by its server name: to a cluster of an AUTO_PASSTHROUGH server, or where the
    /// TLS routes for a PASSTHROUGH server lead.
    async fn pass_through(&self, view: &Arc<View>, hello: Hello, trail: &Trail) -> Reply {
        let found = self.auto(view, &hello, trail);
        let found = found.or_else(|| self.by_route(view, &hello, trail));
        let Some((purpose, key)) = found else {
            let because = istio::routing::rules::PASSTHROUGH_CLOSED;
            let said = format!("SNI {} is not known: closed", hello.sni);
            note(trail, &self.proxy.about.at, said, because);
            return Reply::Closed;
        };
        let far = Far {
            proxy: &self.proxy,
            view,
            purpose,
            key: &key,
            to: self.to,
        };
        match far.connect(trail).await {
            Ok(upstream) => self.tunnel.open(upstream, Sent::Hello(hello), trail).await,
            Err(_) => evidence::wire(WireCause::GatewayClosed, Speaks::Tcp),
        }
    }

    fn auto(&self, view: &View, hello: &Hello, trail: &Trail) -> Option<(Purpose, ClusterKey)> {
        let gateways = || edge::of_proxy(view).map(|gateway| &gateway.spec);
        let mut servers = gateways().flat_map(|gateway| &gateway.servers);
        // Names that are not taken apart ask for every service: not where none can be meant.
        if !servers.any(|server| passes_through(server, self.number)) {
            return None;
        }
        let known = Known::named(view, &self.proxy.about.namespace, &hello.sni);
        let chains = Passthrough::new(gateways(), self.number, &known.services());
        let alpns: Vec<&str> = hello.alpn.iter().map(String::as_str).collect();
        let routed = chains.route(&hello.sni, &alpns);
        let key = routed.value?.clone();
        let said = format!("SNI {} is passed through to {key}", hello.sni);
        note(trail, &self.proxy.about.at, said, routed.because);
        Some((Purpose::PassThrough, key))
    }

    fn by_route(&self, view: &View, hello: &Hello, trail: &Trail) -> Option<(Purpose, ClusterKey)> {
        match self.edge(view, trail).connection(&hello.sni, self.to)? {
            Next::To(route) => Some((Purpose::Outbound, route.key)),
            Next::PassThrough | Next::Answer(_) | Next::Fails(_) => None,
        }
    }

    /// A request from outside goes where the virtual services of this gateway say.
    async fn let_in(&self, view: &Arc<View>, http: HttpRequest, trail: &Trail) -> Reply {
        let at = &self.proxy.about.at;
        let speaks = Speaks::Http;
        let edge = self.edge(view, trail);
        if !edge.takes_requests() {
            return Reply::Closed;
        }
        match edge.request(&http) {
            Next::Answer(status) => evidence::status(status),
            Next::Fails(cause) => evidence::own(trail, at, cause, speaks),
            Next::PassThrough => evidence::own(trail, at, ProxyCause::NoRoute, speaks),
            Next::To(route) => {
                let errand = Errand {
                    proxy: &self.proxy,
                    view,
                    route: &route,
                    to: self.to,
                    http,
                    trail,
                };
                errand.run().await
            }
        }
    }

    fn edge<'a>(&'a self, view: &'a View, trail: &'a Trail) -> Edge<'a> {
        Edge {
            proxy: &self.proxy,
            view,
            number: self.number,
            trail,
        }
    }
}
