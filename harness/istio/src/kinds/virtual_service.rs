//! VirtualService: where requests and connections to a host go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    HttpRetry, IstioDuration,
    fault::{HttpFaultInjection, Percentage},
    http_match::{HttpMatchRequest, L4MatchAttributes, TlsMatchAttributes},
    port::PortSelector,
};

/// Routes of one or more hosts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VirtualService {
    /// The hosts; short names are completed with the object's namespace.
    pub hosts: Vec<String>,
    /// The gateways it is for; `mesh` is all sidecars, and what an empty list means.
    pub gateways: Vec<String>,
    /// Routes of HTTP requests; the first that matches is taken.
    pub http: Vec<HttpRoute>,
    /// Routes of TLS connections that are not terminated.
    pub tls: Vec<TlsRoute>,
    /// Routes of other connections.
    pub tcp: Vec<TcpRoute>,
    /// The namespaces that see it; empty is the mesh's default.
    pub export_to: Vec<String>,
}

/// What is done with the requests that match.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpRoute {
    /// A name for people; no rule reads it.
    pub name: Option<String>,
    /// Any of these must match; none matches everything.
    #[serde(rename = "match")]
    pub matches: Vec<HttpMatchRequest>,
    /// Where to, by weight.
    pub route: Vec<HttpRouteDestination>,
    /// An answer that sends the client elsewhere, in place of a route.
    pub redirect: Option<HttpRedirect>,
    /// An answer by the proxy itself, in place of a route.
    pub direct_response: Option<HttpDirectResponse>,
    /// What is changed in the request before it is forwarded.
    pub rewrite: Option<HttpRewrite>,
    /// How long the whole may take; unset is for ever.
    pub timeout: Option<IstioDuration>,
    /// How often a failed try is repeated; unset is the mesh's default.
    pub retries: Option<HttpRetry>,
    /// Failures on purpose.
    pub fault: Option<HttpFaultInjection>,
    /// One more place that gets a copy of the request.
    pub mirror: Option<Destination>,
    /// How many requests are copied to `mirror`; unset is all.
    pub mirror_percentage: Option<Percentage>,
    /// More places that get a copy.
    pub mirrors: Vec<HttpMirrorPolicy>,
    /// Headers that are set, added and removed.
    pub headers: Option<Headers>,
}

/// A share of the requests, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpRouteDestination {
    /// Where to.
    pub destination: Destination,
    /// Its share among the route's destinations.
    #[serde(default)]
    pub weight: u32,
    /// Headers that are set, added and removed for this share.
    #[serde(default)]
    pub headers: Option<Headers>,
}

/// A host, perhaps a subset of it, and a port of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// The host; short names are completed with the object's namespace.
    pub host: String,
    /// A subset that a DestinationRule defines.
    #[serde(default)]
    pub subset: Option<String>,
    /// The service port; unset is the only one, or the one of the request.
    #[serde(default)]
    pub port: Option<PortSelector>,
}

/// A place that gets copies of requests; what it answers is thrown away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpMirrorPolicy {
    /// Where to.
    pub destination: Destination,
    /// How many requests; unset is all.
    #[serde(default)]
    pub percentage: Option<Percentage>,
}

/// An answer that sends the client elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpRedirect {
    /// The new path.
    pub uri: Option<String>,
    /// The new authority.
    pub authority: Option<String>,
    /// The new port.
    pub port: Option<u16>,
    /// The new scheme.
    pub scheme: Option<String>,
    /// The status; unset is 301.
    pub redirect_code: Option<u16>,
}

/// An answer by the proxy itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpDirectResponse {
    /// Its status.
    pub status: u16,
    /// Its body.
    #[serde(default)]
    pub body: Option<HttpBody>,
}

/// The body of a direct answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpBody {
    /// As text.
    pub string: Option<String>,
}

/// What is changed in a request before it is forwarded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpRewrite {
    /// In place of the path, or of the prefix that matched.
    pub uri: Option<String>,
    /// In place of the authority.
    pub authority: Option<String>,
}

/// Changes to the headers of requests and answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Headers {
    /// Before the request is forwarded.
    pub request: Option<HeaderOperations>,
    /// Before the answer is given back.
    pub response: Option<HeaderOperations>,
}

/// Changes to headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HeaderOperations {
    /// In place of what is there.
    pub set: BTreeMap<String, String>,
    /// Beside what is there.
    pub add: BTreeMap<String, String>,
    /// Away.
    pub remove: Vec<String>,
}

/// What is done with TLS connections that match.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsRoute {
    /// Any of these must match.
    #[serde(rename = "match")]
    pub matches: Vec<TlsMatchAttributes>,
    /// Where to, by weight.
    #[serde(default)]
    pub route: Vec<RouteDestination>,
}

/// What is done with connections that match.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpRoute {
    /// Any of these must match; none matches everything.
    #[serde(rename = "match")]
    pub matches: Vec<L4MatchAttributes>,
    /// Where to, by weight.
    pub route: Vec<RouteDestination>,
}

/// A share of the connections, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteDestination {
    /// Where to.
    pub destination: Destination,
    /// Its share among the route's destinations.
    #[serde(default)]
    pub weight: u32,
}
