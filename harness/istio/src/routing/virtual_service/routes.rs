//! The routes of a virtual service, read once, and the one for a request or connection.

use super::{
    connection::{ConnectionFacts, ConnectionMatch},
    destination::WeightedDestinations,
    matching::{HttpCall, HttpMatch},
    text::RouteError,
};
use crate::{
    Decision,
    kinds::{
        Object, VirtualService,
        virtual_service::{HttpDirectResponse, HttpRedirect, HttpRoute, RouteDestination},
    },
    routing::rules,
};

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HttpAction<'a> {
    /// It is forwarded to one of these.
    Forward(&'a WeightedDestinations),
    /// The client is sent elsewhere.
    Redirect(&'a HttpRedirect),
    /// The proxy answers by itself.
    Respond(&'a HttpDirectResponse),
}

/// The routes of a virtual service.
#[derive(Debug, Clone)]
pub struct Routes {
    http: Vec<Http>,
    tls: Vec<ConnectionRoute>,
    tcp: Vec<ConnectionRoute>,
}

#[derive(Debug, Clone)]
struct Http {
    matches: Vec<HttpMatch>,
    to: WeightedDestinations,
    written: HttpRoute,
}

/// A route of connections.
#[derive(Debug, Clone)]
pub struct ConnectionRoute {
    matches: Vec<ConnectionMatch>,
    /// Where it leads.
    pub to: WeightedDestinations,
}

impl Routes {
    /// Reads the routes of a virtual service in a mesh whose services end in `domain`.
    ///
    /// # Errors
    /// If an expression or a subnet is none. Routes that delegate were refused before, by the
    /// field's name.
    pub fn new(service: &Object<VirtualService>, domain: &str) -> Result<Self, RouteError> {
        let namespace = service.metadata.namespace.as_str();
        let spec = &service.spec;
        Ok(Self {
            http: spec
                .http
                .iter()
                .map(|route| Http::new(route, namespace, domain))
                .collect::<Result<_, _>>()?,
            tls: spec
                .tls
                .iter()
                .map(|route| {
                    let matches = route.matches.iter().map(ConnectionMatch::tls).collect();
                    connection_route(matches, &route.route, namespace, domain)
                })
                .collect::<Result<_, _>>()?,
            tcp: spec
                .tcp
                .iter()
                .map(|route| {
                    let matches = route.matches.iter().map(ConnectionMatch::tcp).collect();
                    connection_route(matches, &route.route, namespace, domain)
                })
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether there is any route of requests; without one the host keeps its ordinary route.
    pub fn routes_http(&self) -> bool {
        !self.http.is_empty()
    }

    /// What is done with a request, and the route as it is written (for its time-out, retries,
    /// faults, mirrors, rewrites and headers); `None` answers 404.
    pub fn for_request(
        &self,
        call: &HttpCall<'_>,
    ) -> Decision<Option<(HttpAction<'_>, &HttpRoute)>> {
        let route = self.http.iter().find(|route| route.takes(call));
        let because = match route {
            Some(_) => rules::ROUTE_MATCH,
            None => rules::ROUTE_NONE,
        };
        Decision::new(route.map(|route| (route.action(), &route.written)), because)
    }

    /// The most specific server name by which a TLS route takes a connection.
    pub fn server_name(&self, connection: &ConnectionFacts<'_>) -> Option<&str> {
        self.by_server_name(connection).map(|(name, _)| name)
    }

    /// The TLS route that takes a connection by the most specific server name, the first of equals:
    /// Envoy picks filter chains by names, whatever the order of the routes is.
    fn by_server_name(&self, connection: &ConnectionFacts<'_>) -> Option<(&str, &ConnectionRoute)> {
        let sni = connection.sni?;
        let by = self.tls.iter().filter_map(|route| {
            let names = route.matches.iter().filter_map(|one| one.name(connection));
            let best = match route.matches.is_empty() {
                true => Some(""),
                false => names.max_by_key(|name| (*name == sni, name.len())),
            };
            Some((best?, route))
        });
        let rank = |name: &str| (name == sni, name.len());
        let mut found: Option<(&str, &ConnectionRoute)> = None;
        for one in by {
            if found.is_none_or(|(name, _)| rank(one.0) > rank(name)) {
                found = Some(one);
            }
        }
        found
    }

    /// Where a connection leads that is not read as HTTP; `None` leaves it to its ordinary
    /// route. TLS routes come first for connections with a server name.
    pub fn for_connection(
        &self,
        connection: &ConnectionFacts<'_>,
    ) -> Decision<Option<&ConnectionRoute>> {
        let takes = |route: &&ConnectionRoute| {
            route.matches.is_empty() || route.matches.iter().any(|m| m.takes(connection))
        };
        let tls = self.by_server_name(connection).map(|(_, route)| route);
        match tls.or_else(|| self.tcp.iter().find(takes)) {
            Some(route) => Decision::new(Some(route), rules::ROUTE_MATCH),
            None => Decision::new(None, rules::ROUTE_DEFAULT),
        }
    }
}

impl Http {
    fn new(route: &HttpRoute, namespace: &str, domain: &str) -> Result<Self, RouteError> {
        let to = route.route.iter().map(|to| (&to.destination, to.weight));
        Ok(Self {
            matches: route
                .matches
                .iter()
                .map(HttpMatch::new)
                .collect::<Result<_, _>>()?,
            to: WeightedDestinations::new(to, namespace, domain),
            written: route.clone(),
        })
    }

    fn takes(&self, call: &HttpCall<'_>) -> bool {
        self.matches.is_empty() || self.matches.iter().any(|m| m.takes(call))
    }

    fn action(&self) -> HttpAction<'_> {
        match (&self.written.redirect, &self.written.direct_response) {
            (Some(redirect), _) => HttpAction::Redirect(redirect),
            (None, Some(response)) => HttpAction::Respond(response),
            (None, None) => HttpAction::Forward(&self.to),
        }
    }
}

fn connection_route(
    matches: Result<Vec<ConnectionMatch>, RouteError>,
    route: &[RouteDestination],
    namespace: &str,
    domain: &str,
) -> Result<ConnectionRoute, RouteError> {
    let to = route.iter().map(|to| (&to.destination, to.weight));
    Ok(ConnectionRoute {
        matches: matches?,
        to: WeightedDestinations::new(to, namespace, domain),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        kinds::{Metadata, selector::Labels},
        routing::virtual_service::Caller,
    };

    fn routes(json: &str) -> Routes {
        let metadata = Metadata {
            namespace: "shop".to_owned(),
            ..Metadata::default()
        };
        let service = Object {
            metadata,
            spec: serde_json::from_str(json).unwrap(),
        };
        Routes::new(&service, "cluster.local").unwrap()
    }

    /// Where a request for a path leads, as text.
    fn led(routes: &Routes, path: &str) -> (String, crate::RuleId) {
        let (labels, headers) = (Labels::new(), BTreeMap::new());
        let caller = Caller {
            namespace: "shop",
            labels: &labels,
            gateway: "mesh",
        };
        let call = HttpCall {
            caller,
            method: "GET",
            path,
            authority: "cart",
            scheme: "http",
            headers: &headers,
            port: 80,
        };
        let decision = routes.for_request(&call);
        let text = match decision.value.map(|(action, _)| action) {
            Some(HttpAction::Forward(to)) => to.as_slice()[0].host.clone(),
            Some(HttpAction::Redirect(to)) => {
                format!("redirect {}", to.uri.as_deref().unwrap_or(""))
            }
            Some(HttpAction::Respond(with)) => format!("respond {}", with.status),
            None => "nowhere".to_owned(),
        };
        (text, decision.because)
    }

    const HTTP: &str = r#"{"http":[
        {"match":[{"uri":{"prefix":"/a"}},{"uri":{"exact":"/x"}}],"route":[{"destination":{"host":"one"}}]},
        {"match":[{"uri":{"prefix":"/ab"}}],"route":[{"destination":{"host":"two"}}]},
        {"match":[{"uri":{"exact":"/moved"}}],"redirect":{"uri":"/new"}},
        {"match":[{"uri":{"exact":"/teapot"}}],"directResponse":{"status":418}}]}"#;

    #[test]
    fn the_first_route_that_matches_is_taken() {
        let routes = routes(HTTP);
        assert!(routes.routes_http());
        assert_eq!(led(&routes, "/abc").0, "one.shop.svc.cluster.local");
        assert_eq!(
            led(&routes, "/x"),
            ("one.shop.svc.cluster.local".to_owned(), rules::ROUTE_MATCH)
        );
        assert_eq!(led(&routes, "/moved").0, "redirect /new");
        assert_eq!(led(&routes, "/teapot").0, "respond 418");
    }

    #[test]
    fn a_request_that_no_route_takes_leads_nowhere() {
        assert_eq!(
            led(&routes(HTTP), "/y"),
            ("nowhere".to_owned(), rules::ROUTE_NONE)
        );
        let all = routes(r#"{"http":[{"route":[{"destination":{"host":"all.example"}}]}]}"#);
        assert_eq!(led(&all, "/y").0, "all.example");
        assert!(!routes("{}").routes_http());
    }

    #[test]
    fn connections_take_tls_routes_by_server_name_and_tcp_routes_otherwise() {
        let routes = routes(
            r#"{"tls":[{"match":[{"sniHosts":["a.example"]}],"route":[{"destination":{"host":"tls"}}]}],
                "tcp":[{"match":[{"port":80}],"route":[{"destination":{"host":"tcp"}}]}]}"#,
        );
        let labels = Labels::new();
        let caller = Caller {
            namespace: "shop",
            labels: &labels,
            gateway: "mesh",
        };
        let led = |sni, port| {
            let facts = ConnectionFacts {
                caller,
                sni,
                destination: [10, 0, 0, 1].into(),
                port,
            };
            let route = routes.for_connection(&facts);
            (
                route.value.map(|route| route.to.as_slice()[0].host.clone()),
                route.because,
            )
        };
        let to = |host: &str| Some(format!("{host}.shop.svc.cluster.local"));
        assert_eq!(led(Some("a.example"), 80), (to("tls"), rules::ROUTE_MATCH));
        assert_eq!(led(Some("b.example"), 80).0, to("tcp"));
        assert_eq!(led(None, 80).0, to("tcp"));
        assert_eq!(led(None, 81), (None, rules::ROUTE_DEFAULT));
    }

    #[test]
    fn the_most_specific_server_name_takes_a_connection_whatever_comes_first() {
        let routes = routes(
            r#"{"hosts":["*.example"],"tls":[
                {"match":[{"sniHosts":["*.example"]}],"route":[{"destination":{"host":"any"}}]},
                {"match":[{"sniHosts":["*.b.example"]}],"route":[{"destination":{"host":"b"}}]},
                {"match":[{"sniHosts":["a.example"]}],"route":[{"destination":{"host":"a"}}]}]}"#,
        );
        let labels = Labels::new();
        let named = |sni| {
            let facts = ConnectionFacts {
                caller: Caller {
                    namespace: "shop",
                    labels: &labels,
                    gateway: "mesh",
                },
                sni: Some(sni),
                destination: [10, 0, 0, 1].into(),
                port: 443,
            };
            let route = routes.for_connection(&facts).value;
            let host = route.map(|route| route.to.as_slice()[0].host.clone());
            (routes.server_name(&facts).map(str::to_owned), host)
        };
        for (sni, name, host) in [
            ("a.example", "a.example", "a"),
            ("c.b.example", "*.b.example", "b"),
            ("c.example", "*.example", "any"),
        ] {
            let host = format!("{host}.shop.svc.cluster.local");
            assert_eq!(named(sni), (Some(name.to_owned()), Some(host)), "{sni}");
        }
        assert_eq!(named("elsewhere"), (None, None));
    }
}
