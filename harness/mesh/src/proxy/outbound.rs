//! Port 15001: what a sidecar does with what its application sends.

use std::{net::SocketAddrV4, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use istio::{endpoint::select::Purpose, routing::failure::Speaks};
use sim::{
    net::Origin,
    program::{Reply, Request, Sent, Serve, Trail},
};

use super::{
    core::Proxy,
    evidence,
    http::Errand,
    route::{Next, Router},
    tunnel::{Dead, Far, Tunnel, carried},
    upstream::Upstream,
    view::View,
};

/// The port to which connections of the application are redirected.
pub(super) const PORT: u16 = 15001;

/// The gateway that stands for all sidecars in virtual services.
const MESH: &str = istio::visibility::MESH_GATEWAY;

/// Listens on the port.
pub(super) struct Outbound(pub(super) Arc<Proxy>);

/// One connection of the application.
struct Session {
    proxy: Arc<Proxy>,
    /// Where the application meant it to go.
    to: SocketAddrV4,
    tunnel: Tunnel,
}

impl Serve for Outbound {
    fn serve(&self, _: Request) -> BoxFuture<'_, Reply> {
        // Every connection has a session of its own.
        async { Reply::Closed }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, to: SocketAddrV4) -> Arc<dyn Serve> {
        Arc::new(Session {
            proxy: Arc::clone(&self.0),
            to,
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
        let router = Router {
            proxy: &self.proxy,
            view: &view,
            gateway: MESH,
            trail: &trail,
        };
        let next = match &sent {
            Sent::Http(http) => router.request(self.to, http),
            Sent::Hello(hello) => router.connection(self.to, Some(&hello.sni)),
            Sent::Nothing | Sent::Review { .. } | Sent::Opaque(_) => {
                router.connection(self.to, None)
            }
        };
        self.go(&view, next, sent, &trail).await
    }

    async fn go(&self, view: &Arc<View>, next: Next, sent: Sent, trail: &Trail) -> Reply {
        let at = &self.proxy.about.at;
        match (next, sent) {
            (Next::Fails(cause), sent) => evidence::own(trail, at, cause, evidence::speaks(&sent)),
            (Next::Answer(status), _) => evidence::status(status),
            (Next::PassThrough, sent) => Box::pin(self.pass_through(sent, trail)).await,
            (Next::To(route), Sent::Http(http)) if !self.is_opaque(view) => {
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
            (Next::To(route), sent) => {
                let far = Far {
                    proxy: &self.proxy,
                    view,
                    purpose: Purpose::Outbound,
                    key: &route.key,
                    to: self.to,
                };
                match Box::pin(far.connect(trail)).await {
                    Ok(upstream) => self.tunnel.open(upstream, sent, trail).await,
                    Err(Dead::Own(cause)) => evidence::own(trail, at, cause, Speaks::Tcp),
                    Err(Dead::Wire(cause)) => evidence::upstream(trail, at, cause, Speaks::Tcp),
                }
            }
        }
    }

    /// Whether the port that was called is declared to carry something else than HTTP, so that
    /// requests on it are bytes.
    fn is_opaque(&self, view: &View) -> bool {
        let service = view.at(self.to);
        let port = service
            .as_ref()
            .and_then(|service| service.port(self.to.port()));
        port.is_some_and(|port| super::route::is_opaque(port.protocol))
    }

    /// To the address that the application chose, without TLS of the proxy's own.
    async fn pass_through(&self, sent: Sent, trail: &Trail) -> Reply {
        let opened = Upstream::plain(&self.proxy, self.to).await;
        match (opened, sent) {
            (Ok(upstream), sent) => self.tunnel.open(upstream, sent, trail).await,
            (Err(cause), sent) => {
                let speaks = evidence::speaks(&sent);
                evidence::upstream(trail, &self.proxy.about.at, cause, speaks)
            }
        }
    }
}
