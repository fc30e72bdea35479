//! Ports of a gateway: TLS passed through by its server name, and requests let into the mesh.

use std::{collections::BTreeMap, net::SocketAddrV4, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use istio::{
    endpoint::{labels::selects, select::Purpose},
    kinds::{Gateway, Object, gateway::ServerTlsMode},
    routing::{
        ClusterKey, GatewayService, Passthrough,
        failure::{ProxyCause, WireCause},
    },
};
use sim::{
    net::Origin,
    program::{Hello, HttpRequest, Reply, Request, Sent, Serve, Trail},
};

use super::{
    core::Proxy,
    evidence::{self, note},
    http::Errand,
    route::{Next, Router},
    tunnel::{Far, Tunnel},
    view::{View, host_of},
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

/// The Gateways whose selector fits this proxy.
pub(super) fn of_proxy(view: &View) -> impl Iterator<Item = &Object<Gateway>> {
    let all = view.snapshot().config.gateways.iter();
    all.filter(|gateway| selects(&gateway.spec.selector, view.labels()))
}

/// The ports that the Gateways ask of this proxy: by number in the Gateway, on which port it
/// listens. Where one of its services has the number it is that service's target port.
pub(super) fn ports(view: &View, own: &str) -> BTreeMap<u16, u16> {
    let servers = of_proxy(view).flat_map(|gateway| &gateway.spec.servers);
    let numbers = servers.map(|server| server.port.number);
    numbers
        .map(|number| (number, target(view, own, number).unwrap_or(number)))
        .collect()
}

fn target(view: &View, own: &str, number: u16) -> Option<u16> {
    let snapshot = view.snapshot();
    let services = view.push.inbound.hosts.iter();
    let mut ports = services
        .flat_map(|host| snapshot.services.of(host))
        .flat_map(|service| {
            let port = service.ports.iter().find(|port| port.number == number);
            port.map(|port| (&service.host, &port.name))
        });
    ports.find_map(|(host, name)| {
        let mut endpoints = snapshot.endpoints.of(host)?.endpoints.iter();
        let own = endpoints.find(|e| *e.address == *own && e.port_name == *name)?;
        Some(own.port)
    })
}

impl Session {
    async fn carry(&self, sent: Sent, trail: Trail) -> Reply {
        if let Some(reply) = self.tunnel.pass(&sent, &trail).await {
            return reply;
        }
        let Some(view) = self.proxy.view() else {
            return Reply::Closed;
        };
        match sent {
            Sent::Hello(hello) => self.pass_through(&view, hello, &trail).await,
            Sent::Http(http) => self.let_in(&view, http, &trail).await,
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
            Err(_) => evidence::wire(
                WireCause::GatewayClosed,
                istio::routing::failure::Speaks::Tcp,
            ),
        }
    }

    fn auto(&self, view: &View, hello: &Hello, trail: &Trail) -> Option<(Purpose, ClusterKey)> {
        let gateways = of_proxy(view).map(|gateway| &gateway.spec);
        let known = Known::new(view, &self.proxy.about.namespace);
        let chains = Passthrough::new(gateways, self.number, &known.services());
        let alpns: Vec<&str> = hello.alpn.iter().map(String::as_str).collect();
        let routed = chains.route(&hello.sni, &alpns);
        let key = routed.value?.clone();
        let said = format!("SNI {} is passed through to {key}", hello.sni);
        note(trail, &self.proxy.about.at, said, routed.because);
        Some((Purpose::PassThrough, key))
    }

    fn by_route(&self, view: &View, hello: &Hello, trail: &Trail) -> Option<(Purpose, ClusterKey)> {
        let passes = |gateway: &&Object<Gateway>| {
            gateway.spec.servers.iter().any(|server| {
                let tls = server.tls.as_ref();
                server.port.number == self.number
                    && tls.is_some_and(|tls| tls.mode == ServerTlsMode::Passthrough)
            })
        };
        of_proxy(view).filter(passes).find_map(|gateway| {
            let name = name_of(gateway);
            let router = self.router(view, &name, trail);
            match router.connection_route(&hello.sni, self.to, Some(&hello.sni))? {
                Next::To(route) => Some((Purpose::Outbound, route.key)),
                Next::PassThrough | Next::Answer(_) | Next::Fails(_) => None,
            }
        })
    }

    /// A request from outside goes where the virtual services of this gateway say.
    async fn let_in(&self, view: &Arc<View>, http: HttpRequest, trail: &Trail) -> Reply {
        let at = &self.proxy.about.at;
        let speaks = istio::routing::failure::Speaks::Http;
        let host = host_of(&http.authority).to_owned();
        let listens = |gateway: &&Object<Gateway>| {
            let mut servers = gateway.spec.servers.iter();
            servers.any(|server| server.port.number == self.number && server.tls.is_none())
        };
        let mut gateways = of_proxy(view).filter(listens).peekable();
        if gateways.peek().is_none() {
            return Reply::Closed;
        }
        let next = gateways.find_map(|gateway| {
            let name = name_of(gateway);
            let router = self.router(view, &name, trail);
            router.virtual_service(&host, self.number, &http)
        });
        match next.unwrap_or(Next::Fails(ProxyCause::NoRoute)) {
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

    fn router<'a>(&'a self, view: &'a View, gateway: &'a str, trail: &'a Trail) -> Router<'a> {
        Router {
            proxy: &self.proxy,
            view,
            gateway,
            trail,
        }
    }
}

fn name_of(gateway: &Object<Gateway>) -> String {
    format!("{}/{}", gateway.metadata.namespace, gateway.metadata.name)
}

/// The services of a gateway's control plane, with what filter chains need to know of them.
struct Known<'a>(Vec<OneKnown<'a>>);

struct OneKnown<'a> {
    service: &'a crate::snapshot::Service,
    ports: Vec<(u16, istio::kinds::port::Protocol)>,
    subsets: Vec<String>,
}

impl<'a> Known<'a> {
    fn new(view: &'a View, namespace: &str) -> Self {
        let rules = &view.snapshot().config.destination_rules;
        let one = |service: &'a Arc<crate::snapshot::Service>| {
            let client = (namespace, view.labels());
            let rule = rules.for_workload(client, &service.namespace, &service.host);
            let subsets = rule.value.iter().flat_map(|rule| &rule.spec.subsets);
            OneKnown {
                service,
                ports: service
                    .ports
                    .iter()
                    .map(|port| (port.number, port.protocol))
                    .collect(),
                subsets: subsets.map(|subset| subset.name.clone()).collect(),
            }
        };
        Self(view.services().map(one).collect())
    }

    fn services(&self) -> Vec<GatewayService<'_>> {
        self.0
            .iter()
            .map(|known| GatewayService {
                host: &known.service.host,
                namespace: &known.service.namespace,
                ports: &known.ports,
                mesh_external: known.service.mesh_external,
                subsets: &known.subsets,
            })
            .collect()
    }
}
