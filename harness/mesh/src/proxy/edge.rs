//! What the Gateways that select a proxy ask of it: ports, and virtual services behind them.

use std::collections::BTreeMap;

use istio::{
    endpoint::labels::selects,
    kinds::{
        Gateway, Object, VirtualService,
        gateway::{Server, ServerTlsMode},
    },
    routing::{
        failure::ProxyCause,
        gateway_server::{passes_on, shared_hosts},
        host::most_specific,
        rules,
    },
};
use sim::program::{HttpRequest, Trail};

use super::{
    core::Proxy,
    route::{Next, Router, named},
    view::{View, host_of},
};

/// One port of the Gateways of a proxy.
#[derive(Clone, Copy)]
pub(super) struct Edge<'a> {
    pub(super) proxy: &'a Proxy,
    pub(super) view: &'a View,
    /// The port as the Gateways write it.
    pub(super) number: u16,
    pub(super) trail: &'a Trail,
}

/// A virtual service with the name of the Gateway it is read for.
type Bound<'a> = (String, &'a Object<VirtualService>);

/// The Gateways whose selector fits a proxy.
pub(super) fn of_proxy(view: &View) -> impl Iterator<Item = &Object<Gateway>> {
    let all = view.snapshot().config.gateways.iter();
    all.filter(|gateway| selects(&gateway.spec.selector, view.labels()))
}

/// The ports that the Gateways ask of a proxy: by number in the Gateway, on which port it listens.
/// Where one of its services has the number it is that service's target port.
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

impl<'a> Edge<'a> {
    /// Whether plain requests are read on the port.
    pub(super) fn takes_requests(self) -> bool {
        self.servers().any(|(_, server)| server.tls.is_none())
    }

    /// Where a request goes: by the routes of the virtual services for its host, one after another.
    pub(super) fn request(self, http: &HttpRequest) -> Next {
        let host = host_of(&http.authority).to_ascii_lowercase();
        let serving = self.serving(&host);
        if serving.is_empty() {
            let said = format!("nothing serves {host} on port {}", self.number);
            let router = self.router(istio::visibility::MESH_GATEWAY);
            router.say(said, rules::GATEWAY_NO_HOST);
        }
        let taken = serving.iter().find_map(|(gateway, service)| {
            let router = self.router(gateway);
            let said = format!(
                "VirtualService {} serves {host} at {gateway}",
                named(service)
            );
            router.say(said, rules::GATEWAY_HOSTS);
            router.request_by(service, self.number, http)
        });
        taken.unwrap_or(Next::Fails(ProxyCause::NoRoute))
    }

    /// Where a TLS connection goes that is not terminated; `None` if no route takes it.
    pub(super) fn connection(self, sni: &str, to: std::net::SocketAddrV4) -> Option<Next> {
        let passing = self.servers().filter(|(_, server)| {
            let tls = server.tls.as_ref();
            tls.is_some_and(|tls| tls.mode == ServerTlsMode::Passthrough)
        });
        let bound = passing.flat_map(|(gateway, server)| {
            let name = named(gateway);
            let namespace = &gateway.metadata.namespace;
            let read = self.visible(&name).into_iter();
            let read = read.filter(|service| {
                let own = (&*service.spec.hosts, &*service.metadata.namespace);
                passes_on((&server.hosts, namespace), own).value
            });
            read.map(|service| (name.clone(), service))
                .collect::<Vec<_>>()
        });
        // Envoy picks a filter chain by the most specific server name, whatever the order is.
        let taking = bound.filter_map(|(gateway, service)| {
            let by = self.router(&gateway).server_name(service, to, sni)?;
            Some((by, gateway, service))
        });
        let taking: Vec<_> = taking.collect();
        let names = taking.iter().map(|(by, ..)| by.as_str());
        let best = most_specific(names, &sni.to_ascii_lowercase()).value?;
        let (_, gateway, service) = taking.iter().find(|(by, ..)| by == best)?;
        self.router(gateway).connection_by(service, to, Some(sni))
    }

    /// The virtual services of the most specific host that is served for `host`, in their order.
    fn serving(self, host: &str) -> Vec<Bound<'a>> {
        let mut by_host: BTreeMap<String, Vec<Bound<'a>>> = BTreeMap::new();
        for (gateway, server) in self.servers().filter(|(_, server)| server.tls.is_none()) {
            let name = named(gateway);
            for service in self.visible(&name) {
                let own = (&*service.spec.hosts, &*service.metadata.namespace);
                let hosts = shared_hosts((&server.hosts, &gateway.metadata.namespace), own).value;
                for shared in hosts {
                    let of_host = by_host.entry(shared.to_ascii_lowercase()).or_default();
                    of_host.push((name.clone(), service));
                }
            }
        }
        let best = most_specific(by_host.keys().map(String::as_str), host).value;
        let best = best.map(str::to_owned);
        best.and_then(|best| by_host.remove(&best))
            .unwrap_or_default()
    }

    fn visible(self, gateway: &str) -> Vec<&'a Object<VirtualService>> {
        let namespace = &self.proxy.about.namespace;
        self.view.virtual_services(namespace, gateway)
    }

    fn servers(self) -> impl Iterator<Item = (&'a Object<Gateway>, &'a Server)> {
        let on_port = move |gateway: &'a Object<Gateway>| {
            let servers = gateway.spec.servers.iter();
            servers
                .filter(move |server| server.port.number == self.number)
                .map(move |server| (gateway, server))
        };
        of_proxy(self.view).flat_map(on_port)
    }

    fn router<'b>(self, gateway: &'b str) -> Router<'b>
    where
        'a: 'b,
    {
        Router {
            proxy: self.proxy,
            view: self.view,
            gateway,
            trail: self.trail,
        }
    }
}
