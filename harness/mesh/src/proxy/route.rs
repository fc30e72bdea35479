//! Which service port and subset is meant by a request or a connection.

use std::{
    fmt,
    net::{IpAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use istio::{
    RuleId,
    envoy::Draw,
    kinds::{
        Object, VirtualService, fault::HttpFaultInjection, port::Protocol,
        virtual_service::HttpRoute,
    },
    routing::{
        ClusterKey, RetryPolicy, Unknown,
        failure::ProxyCause,
        retry, rules, unknown_destination,
        virtual_service::{
            Caller, ConnectionFacts, HttpAction, HttpCall, Routes, WeightedDestinations, owner_of,
        },
    },
};
use sim::program::{HttpRequest, Trail};
use world::Words;

use super::{
    core::Proxy,
    evidence::note,
    view::{View, host_of},
};
use crate::snapshot::Service;

/// Where something goes.
pub(super) enum Next {
    /// To a cluster.
    To(Box<Route>),
    /// To the address that the application chose, unread.
    PassThrough,
    /// Nowhere: the proxy answers by itself with a status.
    Answer(u16),
    /// Nowhere.
    Fails(ProxyCause),
}

/// How a cluster is called.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) key: ClusterKey,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<RetryPolicy>,
    pub(super) fault: Option<HttpFaultInjection>,
}

/// Finds routes for one proxy, as a sidecar or as the gateway of that name.
#[derive(Clone, Copy)]
pub(super) struct Router<'a> {
    pub(super) proxy: &'a Proxy,
    pub(super) view: &'a View,
    /// `mesh`, or a Gateway as `namespace/name`.
    pub(super) gateway: &'a str,
    pub(super) trail: &'a Trail,
}

impl<'a> Router<'a> {
    /// Where a sidecar sends a request that its application sent to an address.
    pub(super) fn request(self, to: SocketAddrV4, http: &HttpRequest) -> Next {
        let by_address = self.view.at(to);
        let spoken = by_address
            .as_ref()
            .and_then(|service| service.port(to.port()));
        match (&by_address, spoken.map(|port| port.protocol)) {
            (Some(_), Some(protocol)) if is_opaque(protocol) => self.connection(to, None),
            (Some(service), Some(Protocol::Unset)) => self.to_service(service, to.port(), http),
            _ => match self.meant(http, to.port()) {
                Some(service) => self.to_service(&service, to.port(), http),
                None => self.unknown(to),
            },
        }
    }

    /// Where a sidecar sends a connection that it does not read as HTTP.
    pub(super) fn connection(self, to: SocketAddrV4, sni: Option<&str>) -> Next {
        let headless = || self.headless(to).cloned();
        let Some(service) = self.view.at(to).or_else(headless) else {
            return self.unknown(to);
        };
        match self.connection_route(&service.host, to, sni) {
            Some(next) => next,
            None => self.plainly(&service, to.port()),
        }
    }

    /// Where a connection goes by the TLS or TCP routes for a host; `None` if there are none.
    fn connection_route(self, host: &str, to: SocketAddrV4, sni: Option<&str>) -> Option<Next> {
        let service = self.owner(host)?;
        self.connection_by(service, to, sni)
    }

    /// Where a connection goes by the TLS or TCP routes of a virtual service.
    pub(super) fn connection_by(
        self,
        service: &Object<VirtualService>,
        to: SocketAddrV4,
        sni: Option<&str>,
    ) -> Option<Next> {
        let facts = self.facts(to, sni);
        let found = self.routes_of(service)?.for_connection(&facts);
        let route = found.value?;
        let said = format!("a route of {} takes the connection", named(service));
        self.say(said, found.because);
        Some(self.one_of(&route.to, to.port(), None))
    }

    /// The most specific server name by which a virtual service takes a connection.
    pub(super) fn server_name(
        self,
        service: &Object<VirtualService>,
        to: SocketAddrV4,
        sni: &str,
    ) -> Option<String> {
        let facts = self.facts(to, Some(sni));
        let name = self.routes_of(service)?.server_name(&facts);
        name.map(str::to_owned)
    }

    fn facts<'f>(self, to: SocketAddrV4, sni: Option<&'f str>) -> ConnectionFacts<'f>
    where
        'a: 'f,
    {
        ConnectionFacts {
            caller: self.caller(),
            sni,
            destination: IpAddr::V4(*to.ip()),
            port: to.port(),
        }
    }

    /// Where a request goes by the virtual service for a host alone; `None` if it has no route of
    /// requests.
    fn virtual_service(self, host: &str, port: u16, http: &HttpRequest) -> Option<Next> {
        let service = self.owner(host)?;
        if !self.routes_of(service)?.routes_http() {
            return None;
        }
        let next = self.request_by(service, port, http);
        Some(next.unwrap_or(Next::Fails(ProxyCause::NoRoute)))
    }

    /// Where a request goes by the routes of a virtual service; `None` if none takes it.
    pub(super) fn request_by(
        self,
        service: &Object<VirtualService>,
        port: u16,
        http: &HttpRequest,
    ) -> Option<Next> {
        let call = HttpCall {
            caller: self.caller(),
            method: &http.method,
            path: &http.path,
            authority: &http.authority,
            scheme: "http",
            headers: &http.headers,
            port,
        };
        let found = self.routes_of(service)?.for_request(&call);
        let name = named(service);
        let Some((action, written)) = found.value else {
            self.say(
                format!("no route of {name} takes the request"),
                found.because,
            );
            return None;
        };
        self.say(
            format!("a route of {name} takes the request"),
            found.because,
        );
        Some(match action {
            HttpAction::Forward(to) => self.one_of(to, port, Some(written)),
            HttpAction::Redirect(redirect) => Next::Answer(redirect.redirect_code.unwrap_or(301)),
            HttpAction::Respond(response) => Next::Answer(response.status),
        })
    }

    fn to_service(self, service: &Arc<Service>, port: u16, http: &HttpRequest) -> Next {
        let by_rule = self.virtual_service(&service.host, port, http);
        by_rule.unwrap_or_else(|| self.plainly(service, port))
    }

    fn plainly(self, service: &Service, port: u16) -> Next {
        let host = Arc::clone(&service.host);
        let decided = fmt::from_fn(move |f| write!(f, "port {port} of {host}"));
        self.say(decided, rules::ROUTE_DEFAULT);
        let key = ClusterKey::outbound(port, "", Arc::clone(&service.host));
        Next::To(Box::new(self.route(key, None)))
    }

    fn one_of(self, to: &WeightedDestinations, port: u16, written: Option<&HttpRoute>) -> Next {
        let draw = match to.as_slice().len() {
            0 | 1 => 0,
            _ => self.proxy.by_chance(Draw::draw),
        };
        let picked = to.pick(draw);
        let Some(destination) = picked.value else {
            return Next::Fails(ProxyCause::NoRoute);
        };
        let service = self.view.service(&destination.host);
        let ports = service.map_or_else(Vec::new, |s| s.ports.iter().map(|p| p.number).collect());
        let key = destination.cluster(&ports, port);
        let to = key.clone();
        self.say(fmt::from_fn(move |f| write!(f, "to {to}")), picked.because);
        Next::To(Box::new(self.route(key, written)))
    }

    fn route(self, key: ClusterKey, written: Option<&HttpRoute>) -> Route {
        let mesh = &self.view.snapshot().mesh.config;
        let retries = written.and_then(|route| route.retries.as_ref());
        let retries = retries.or(mesh.default_http_retry_policy.as_ref());
        Route {
            key,
            timeout: written.and_then(|route| route.timeout.map(|timeout| timeout.get())),
            retry: retry::outbound(retries, false).value,
            fault: written.and_then(|route| route.fault.clone()),
        }
    }

    fn unknown(self, to: SocketAddrV4) -> Next {
        let sidecar = self.view.sidecar.as_ref();
        let own = sidecar.and_then(|sidecar| sidecar.outbound_traffic_policy);
        let mesh = self.view.snapshot().mesh.config.outbound_traffic_policy;
        let decided = unknown_destination(own, mesh);
        let (said, next) = match decided.value {
            Unknown::PassedThrough => ("is passed through as it is", Next::PassThrough),
            Unknown::Refused => ("is refused", Next::Fails(ProxyCause::UnknownDestination)),
        };
        self.say(
            format!("{to} is no known service: it {said}"),
            decided.because,
        );
        next
    }
}

impl<'a> Router<'a> {
    /// The service that the authority of a request means: by name, or by address.
    fn meant(self, http: &HttpRequest, port: u16) -> Option<Arc<Service>> {
        let by_name = self.view.named(&http.authority, port);
        let address = || host_of(&http.authority).parse().ok();
        by_name.or_else(|| self.view.at(SocketAddrV4::new(address()?, port)))
    }

    /// The headless service one of whose endpoints has the address.
    fn headless(self, to: SocketAddrV4) -> Option<&'a Arc<Service>> {
        let address = to.ip().to_string();
        let endpoints = &self.view.snapshot().endpoints;
        let passthrough = self.view.passthrough();
        let mut headless = passthrough.filter(|service| service.port(to.port()).is_some());
        headless.find(|service| {
            let known = endpoints.of(&service.host);
            let mut all = known.iter().flat_map(|known| known.endpoints.iter());
            all.any(|endpoint| *endpoint.address == *address)
        })
    }

    /// The virtual service that a host belongs to.
    fn owner(self, host: &str) -> Option<&'a Object<VirtualService>> {
        let domain = &self.view.snapshot().control_plane.domain;
        let namespace = &self.proxy.about.namespace;
        let visible = self.view.virtual_services(namespace, self.gateway);
        let owner = owner_of(&visible, host, domain);
        let service = owner.value?;
        let said = format!("VirtualService {} is read for {host}", named(service));
        self.say(said, owner.because);
        Some(service)
    }

    fn routes_of(self, service: &Object<VirtualService>) -> Option<&'a Routes> {
        self.view.snapshot().config.routes_of(service)
    }

    fn caller(self) -> Caller<'a> {
        Caller {
            namespace: &self.proxy.about.namespace,
            labels: self.view.labels(),
            gateway: self.gateway,
        }
    }

    pub(super) fn say(self, decided: impl Words, because: RuleId) {
        note(self.trail, &self.proxy.about.at, decided, because);
    }
}

/// An object as objects are called in reports.
pub(super) fn named<S>(object: &Object<S>) -> String {
    format!("{}/{}", object.metadata.namespace, object.metadata.name)
}

/// Whether a port declared so is never read as HTTP.
pub(super) fn is_opaque(protocol: Protocol) -> bool {
    match protocol {
        Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::GrpcWeb | Protocol::Unset => {
            false
        }
        Protocol::Https | Protocol::Mongo | Protocol::Tcp | Protocol::Tls | Protocol::Udp => true,
    }
}
