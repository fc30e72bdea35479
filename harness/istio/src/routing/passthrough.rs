//! An east-west gateway: a server of mode AUTO_PASSTHROUGH forwards TLS by its server name.
//!
//! The gateway terminates nothing and authorizes nobody. What keeps services without mutual TLS
//! out of reach is that its clusters hold mutual-TLS endpoints only, and that a server's sidecar
//! asks for a certificate whenever one of Istio's ALPNs is offered.

use std::collections::BTreeMap;

use super::{ClusterKey, host::is_covered_by, rules};
use crate::{
    Decision,
    kinds::{
        Gateway,
        gateway::{Server, ServerTlsMode},
        port::Protocol,
    },
    tls::inbound::is_istio_alpn,
};

/// A service as a gateway's control plane knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayService<'a> {
    /// Its host.
    pub host: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its service ports and what is spoken on them.
    pub ports: &'a [(u16, Protocol)],
    /// Whether it is outside the mesh.
    pub mesh_external: bool,
    /// The subsets that the DestinationRule defines which the gateway reads for it.
    pub subsets: &'a [String],
}

/// The filter chains of one AUTO_PASSTHROUGH port: which server name leads to which cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passthrough {
    by_sni: BTreeMap<String, ClusterKey>,
}

impl Passthrough {
    /// The filter chains of a gateway's port; `gateways` are those whose selector matches its
    /// proxy.
    pub fn new<'a>(
        gateways: impl IntoIterator<Item = &'a Gateway>,
        port: u16,
        services: &[GatewayService<'_>],
    ) -> Self {
        let servers = gateways.into_iter().flat_map(|gateway| &gateway.servers);
        let hosts: Vec<&str> = servers
            .filter(|server| passes_through(server, port))
            .flat_map(|server| server.hosts.iter().map(|host| without_namespace(host)))
            .collect();
        let mut by_sni = BTreeMap::new();
        for service in services.iter().filter(|service| is_served(service, &hosts)) {
            by_sni.extend(clusters_of(service).map(|key| (key.sni().value, key)));
        }
        Self { by_sni }
    }

    /// The cluster to which a connection with this server name and these ALPNs is forwarded;
    /// `None` closes it.
    pub fn route(&self, sni: &str, alpns: &[&str]) -> Decision<Option<&ClusterKey>> {
        let cluster = self.by_sni.get(sni);
        let is_mesh = alpns.iter().any(|alpn| is_istio_alpn(alpn));
        match cluster.filter(|_| is_mesh) {
            Some(key) => Decision::new(Some(key), rules::PASSTHROUGH_MATCH),
            None => Decision::new(None, rules::PASSTHROUGH_CLOSED),
        }
    }
}

/// Whether a server forwards what comes to this port by its server name alone.
pub fn passes_through(server: &Server, port: u16) -> bool {
    let tls = server.tls.as_ref();
    server.port.number == port && tls.is_some_and(|tls| tls.mode == ServerTlsMode::AutoPassthrough)
}

/// The endpoints of a gateway's cluster: those that count as mutual TLS for the gateway.
pub fn mtls_only<T>(endpoints: impl IntoIterator<Item = (T, bool)>) -> Decision<Vec<T>> {
    let kept = endpoints.into_iter().filter(|(_, mtls)| *mtls);
    let kept = kept.map(|(endpoint, _)| endpoint).collect();
    Decision::new(kept, rules::PASSTHROUGH_MTLS_ONLY)
}

fn without_namespace(host: &str) -> &str {
    host.split_once('/').map_or(host, |(_, host)| host)
}

fn is_served(service: &GatewayService<'_>, hosts: &[&str]) -> bool {
    !service.mesh_external && hosts.iter().any(|host| is_covered_by(service.host, host))
}

fn clusters_of<'a>(service: &'a GatewayService<'a>) -> impl Iterator<Item = ClusterKey> + 'a {
    let ports = service
        .ports
        .iter()
        .filter(|(_, protocol)| *protocol != Protocol::Udp);
    ports.flat_map(|(port, _)| {
        let subsets = std::iter::once("").chain(service.subsets.iter().map(String::as_str));
        subsets.map(|subset| ClusterKey::outbound(*port, subset, service.host))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: &[(u16, Protocol)] = &[(80, Protocol::Http), (53, Protocol::Udp)];

    fn gateway(mode: &str, port: u16, host: &str) -> Gateway {
        serde_json::from_str(&format!(
            r#"{{"servers":[{{"port":{{"number":{port},"name":"tls","protocol":"TLS"}},
                "hosts":["{host}"],"tls":{{"mode":"{mode}"}}}}]}}"#
        ))
        .unwrap()
    }

    fn service<'a>(host: &'a str, subsets: &'a [String]) -> GatewayService<'a> {
        GatewayService {
            host,
            namespace: "shop",
            ports: PORTS,
            mesh_external: false,
            subsets,
        }
    }

    fn routed(gateway: &Gateway, services: &[GatewayService<'_>], sni: &str) -> bool {
        let passthrough = Passthrough::new([gateway], 15443, services);
        passthrough.route(sni, &["istio"]).value.is_some()
    }

    #[test]
    fn each_port_and_subset_of_a_service_inside_the_hosts_has_its_server_name() {
        let east_west = gateway("AUTO_PASSTHROUGH", 15443, "*.local");
        let subsets = ["v1".to_owned()];
        let services = [
            service("cart.shop.svc.cluster.local", &subsets),
            service("example.org", &[]),
        ];
        let is_routed = |sni| routed(&east_west, &services, sni);
        assert!(is_routed("outbound_.80_._.cart.shop.svc.cluster.local"));
        assert!(is_routed("outbound_.80_.v1_.cart.shop.svc.cluster.local"));
        for sni in [
            "outbound_.80_.v2_.cart.shop.svc.cluster.local",
            "outbound_.81_._.cart.shop.svc.cluster.local",
            "outbound_.53_._.cart.shop.svc.cluster.local",
            "outbound|80||cart.shop.svc.cluster.local",
            "outbound_.80_._.example.org",
        ] {
            assert!(!is_routed(sni), "{sni}");
        }
    }

    #[test]
    fn only_the_right_mode_port_and_services_of_the_mesh_count() {
        let sni = "outbound_.80_._.cart.local";
        let cart = service("cart.local", &[]);
        assert!(routed(
            &gateway("AUTO_PASSTHROUGH", 15443, "shop/*.local"),
            &[cart],
            sni
        ));
        assert!(!routed(
            &gateway("PASSTHROUGH", 15443, "*.local"),
            &[cart],
            sni
        ));
        assert!(!routed(
            &gateway("AUTO_PASSTHROUGH", 15444, "*.local"),
            &[cart],
            sni
        ));
        let external = GatewayService {
            mesh_external: true,
            ..cart
        };
        assert!(!routed(
            &gateway("AUTO_PASSTHROUGH", 15443, "*.local"),
            &[external],
            sni
        ));
    }

    #[test]
    fn a_connection_without_one_of_istios_alpns_is_closed() {
        let east_west = gateway("AUTO_PASSTHROUGH", 15443, "*");
        let passthrough = Passthrough::new([&east_west], 15443, &[service("cart.local", &[])]);
        let route = |alpns: &[&str]| passthrough.route("outbound_.80_._.cart.local", alpns);
        let found = route(&["h2", "istio-peer-exchange"]);
        assert_eq!(
            found.value,
            Some(&ClusterKey::outbound(80, "", "cart.local"))
        );
        assert_eq!(found.because, rules::PASSTHROUGH_MATCH);
        assert_eq!(
            route(&["h2"]),
            Decision::new(None, rules::PASSTHROUGH_CLOSED)
        );
        assert_eq!(route(&[]).value, None);
    }

    #[test]
    fn endpoints_without_mutual_tls_are_left_out() {
        assert_eq!(mtls_only([("a", true), ("b", false)]).value, ["a"]);
    }
}
