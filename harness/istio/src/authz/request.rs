//! What is known of a request or connection when it is judged.

use std::{collections::BTreeMap, net::IpAddr};

use super::{
    attribute::Attribute,
    model::{Clause, Model},
    pattern::Pattern,
};

/// A request or connection at the server's proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFacts<'a> {
    /// The identity in the peer's certificate, as text; `None` is plaintext.
    pub peer: Option<&'a str>,
    /// The peer's address.
    pub source_ip: Option<IpAddr>,
    /// The client's address as forwarding headers tell it; the peer's without any.
    pub remote_ip: Option<IpAddr>,
    /// The address that was called.
    pub destination_ip: Option<IpAddr>,
    /// The workload port that was called.
    pub port: u16,
    /// The server name in the TLS hello.
    pub sni: Option<&'a str>,
    /// The request; `None` on a filter chain that does not read HTTP.
    pub http: Option<HttpFacts<'a>>,
}

/// An HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpFacts<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path with its query.
    pub path: &'a str,
    /// Its authority.
    pub host: &'a str,
    /// Its headers, in lower case.
    pub headers: &'a BTreeMap<String, String>,
}

impl RequestFacts<'_> {
    /// Whether a rule matches.
    pub fn matches(&self, model: &Model) -> bool {
        let holds = |lists: &[Vec<Clause>]| {
            lists
                .iter()
                .any(|clauses| clauses.iter().all(|clause| self.meets(clause)))
        };
        holds(&model.sources) && holds(&model.operations)
    }

    fn meets(&self, clause: &Clause) -> bool {
        let fits = |pattern: &Pattern| self.fits(&clause.attribute, pattern);
        (clause.any.is_empty() || clause.any.iter().any(fits)) && !clause.none.iter().any(fits)
    }

    /// Whether an attribute is there and fits. Without mutual TLS there is no identity, and
    /// without RequestAuthentication no token.
    fn fits(&self, attribute: &Attribute, pattern: &Pattern) -> bool {
        let address = |address: Option<IpAddr>| address.is_some_and(|a| pattern.takes_address(a));
        let text = |text: Option<&str>| text.is_some_and(|text| pattern.takes(text));
        match attribute {
            Attribute::SourcePrincipal
            | Attribute::SourceNamespace
            | Attribute::SourceServiceAccount
            | Attribute::SourceTrustDomain => text(self.peer),
            Attribute::SourceIp => address(self.source_ip),
            Attribute::RemoteIp => address(self.remote_ip),
            Attribute::DestinationIp => address(self.destination_ip),
            Attribute::DestinationPort => pattern.takes_port(self.port),
            Attribute::ConnectionSni => text(self.sni),
            Attribute::Host => self
                .http
                .is_some_and(|http| pattern.takes(&http.host.to_ascii_lowercase())),
            Attribute::Path => text(self.http.map(HttpFacts::path_alone)),
            Attribute::Method => text(self.http.map(|http| http.method)),
            Attribute::Header(name) => self
                .http
                .is_some_and(|http| http.header_fits(name, pattern)),
            Attribute::Token(_) | Attribute::EnvoyFilter(_) => false,
        }
    }
}

impl<'a> HttpFacts<'a> {
    fn path_alone(self) -> &'a str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    fn header_fits(self, name: &str, pattern: &Pattern) -> bool {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            ":method" => Some(self.method),
            ":path" => Some(self.path),
            ":authority" | "host" => Some(self.host),
            _ => self.headers.get(&name).map(String::as_str),
        };
        match pattern {
            Pattern::Present => value.is_some(),
            pattern => value.is_some_and(|value| pattern.takes(value)),
        }
    }
}
