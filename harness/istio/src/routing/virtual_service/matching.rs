//! Which requests and connections a route is for.

use std::collections::BTreeMap;

use ipnet::IpNet;
use regex::Regex;

use crate::{
    kinds::{
        StringMatch,
        http_match::{HttpMatchRequest, L4MatchAttributes, TlsMatchAttributes},
        selector::Labels,
    },
    routing::host::is_covered_by,
};

/// Who calls, as far as routes ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The namespace of the calling workload.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
    /// The gateway that routes, as `namespace/name`, or `mesh` for a sidecar.
    pub gateway: &'a str,
}

/// A request as its client's proxy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpCall<'a> {
    /// Who calls.
    pub caller: Caller<'a>,
    /// The method.
    pub method: &'a str,
    /// The path with its query.
    pub path: &'a str,
    /// The authority.
    pub authority: &'a str,
    /// The scheme.
    pub scheme: &'a str,
    /// The headers, in lower case.
    pub headers: &'a BTreeMap<String, String>,
    /// The service port that is called.
    pub port: u16,
}

/// A connection as its client's proxy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionFacts<'a> {
    /// Who calls.
    pub caller: Caller<'a>,
    /// The server name in the TLS hello, if there is one.
    pub sni: Option<&'a str>,
    /// The address that is called.
    pub destination: std::net::IpAddr,
    /// The service port that is called.
    pub port: u16,
}

/// Why the routes of a virtual service cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// An expression that is none.
    #[error("'{regex}' is not a regular expression in RE2's notation: {why}")]
    Regex {
        /// What is written.
        regex: String,
        /// What is wrong with it.
        why: String,
    },
    /// A subnet that is none.
    #[error("'{text}' is not an address or a range: write 10.0.0.0/8")]
    Subnet {
        /// What is written.
        text: String,
    },
}

/// A comparison with one text, ready to be made.
#[derive(Debug, Clone)]
enum Text {
    Any,
    Exact(String),
    Prefix(String),
    Regex(Regex),
}

/// What both requests and connections are asked for.
#[derive(Debug, Clone)]
struct Where {
    port: Option<u16>,
    source_labels: Labels,
    source_namespace: Option<String>,
    gateways: Vec<String>,
}

/// The demands on a request; all must hold.
#[derive(Debug, Clone)]
pub(super) struct HttpMatch {
    uri: Text,
    ignore_uri_case: bool,
    scheme: Text,
    method: Text,
    authority: Text,
    headers: Vec<(String, Text)>,
    without_headers: Vec<(String, Text)>,
    query: Vec<(String, Text)>,
    place: Where,
}

/// The demands on a connection; all must hold.
#[derive(Debug, Clone)]
pub(super) struct ConnectionMatch {
    sni_hosts: Vec<String>,
    subnets: Vec<IpNet>,
    place: Where,
}

impl Text {
    fn new(written: &StringMatch) -> Result<Self, RouteError> {
        Ok(match written {
            StringMatch::Present => Self::Any,
            StringMatch::Exact(text) => Self::Exact(text.clone()),
            StringMatch::Prefix(text) => Self::Prefix(text.clone()),
            StringMatch::Regex(text) => Self::Regex(whole(text)?),
        })
    }

    fn optional(written: Option<&StringMatch>) -> Result<Self, RouteError> {
        written.map_or(Ok(Self::Any), Self::new)
    }

    fn named(written: &BTreeMap<String, StringMatch>) -> Result<Vec<(String, Self)>, RouteError> {
        written
            .iter()
            .map(|(name, text)| Ok((name.clone(), Self::new(text)?)))
            .collect()
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Without regard to case; expressions see to it themselves.
    fn takes_any_case(&self, text: &str) -> bool {
        match self {
            Self::Any | Self::Regex(_) => self.takes(text),
            Self::Exact(exact) => text.eq_ignore_ascii_case(exact),
            Self::Prefix(prefix) => text
                .to_ascii_lowercase()
                .starts_with(&prefix.to_ascii_lowercase()),
        }
    }
}

/// An expression that must fit a text as a whole.
fn whole(regex: &str) -> Result<Regex, RouteError> {
    Regex::new(&format!("^(?:{regex})$")).map_err(|error| RouteError::Regex {
        regex: regex.to_owned(),
        why: error.to_string(),
    })
}

impl HttpMatch {
    pub(super) fn new(written: &HttpMatchRequest) -> Result<Self, RouteError> {
        Ok(Self {
            uri: Text::optional(written.uri.as_ref())?,
            ignore_uri_case: written.ignore_uri_case,
            scheme: Text::optional(written.scheme.as_ref())?,
            method: Text::optional(written.method.as_ref())?,
            authority: Text::optional(written.authority.as_ref())?,
            headers: Text::named(&written.headers)?,
            without_headers: Text::named(&written.without_headers)?,
            query: Text::named(&written.query_params)?,
            place: Where {
                port: written.port,
                source_labels: written.source_labels.clone(),
                source_namespace: written.source_namespace.clone(),
                gateways: written.gateways.clone(),
            },
        })
    }

    /// Whether a request meets every demand.
    pub(super) fn takes(&self, call: &HttpCall<'_>) -> bool {
        let has = |(name, text): &(String, Text)| call.header(name).is_some_and(|v| text.takes(v));
        let asks = |(name, text): &(String, Text)| call.query(name).is_some_and(|v| text.takes(v));
        self.place.takes(call.caller, call.port)
            && self.takes_path(call.path_alone())
            && self.scheme.takes(call.scheme)
            && self.method.takes(call.method)
            && self.authority.takes(call.authority)
            && self.headers.iter().all(has)
            && !self.without_headers.iter().any(has)
            && self.query.iter().all(asks)
    }

    fn takes_path(&self, path: &str) -> bool {
        match self.ignore_uri_case {
            true => self.uri.takes_any_case(path),
            false => self.uri.takes(path),
        }
    }
}

impl HttpCall<'_> {
    fn path_alone(&self) -> &str {
        self.path
            .split_once('?')
            .map_or(self.path, |(path, _)| path)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let pairs = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .into_iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

impl ConnectionMatch {
    pub(super) fn tls(written: &TlsMatchAttributes) -> Result<Self, RouteError> {
        Ok(Self {
            sni_hosts: written.sni_hosts.clone(),
            subnets: subnets(&written.destination_subnets)?,
            place: Where {
                port: written.port,
                source_labels: written.source_labels.clone(),
                source_namespace: written.source_namespace.clone(),
                gateways: written.gateways.clone(),
            },
        })
    }

    pub(super) fn tcp(written: &L4MatchAttributes) -> Result<Self, RouteError> {
        Ok(Self {
            sni_hosts: Vec::new(),
            subnets: subnets(&written.destination_subnets)?,
            place: Where {
                port: written.port,
                source_labels: written.source_labels.clone(),
                source_namespace: written.source_namespace.clone(),
                gateways: written.gateways.clone(),
            },
        })
    }

    /// Whether a connection meets every demand.
    pub(super) fn takes(&self, connection: &ConnectionFacts<'_>) -> bool {
        let named = |sni: &str| self.sni_hosts.iter().any(|host| is_covered_by(sni, host));
        let in_range = |subnet: &IpNet| subnet.contains(&connection.destination);
        self.place.takes(connection.caller, connection.port)
            && (self.sni_hosts.is_empty() || connection.sni.is_some_and(named))
            && (self.subnets.is_empty() || self.subnets.iter().any(in_range))
    }
}

fn subnets(written: &[String]) -> Result<Vec<IpNet>, RouteError> {
    let read = |text: &String| {
        let range = text.parse::<IpNet>();
        let range = range.or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        range.map_err(|_| RouteError::Subnet { text: text.clone() })
    };
    written.iter().map(read).collect()
}

impl Where {
    fn takes(&self, caller: Caller<'_>, port: u16) -> bool {
        let labelled = |(key, value): (&String, &String)| caller.labels.get(key) == Some(value);
        self.port.is_none_or(|wanted| wanted == port)
            && self
                .source_namespace
                .as_deref()
                .is_none_or(|wanted| wanted == caller.namespace)
            && self.source_labels.iter().all(labelled)
            && (self.gateways.is_empty() || self.gateways.iter().any(|g| g == caller.gateway))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(json: &str, path: &str) -> bool {
        let labels = Labels::from([("app".to_owned(), "web".to_owned())]);
        let headers = BTreeMap::from([("x-user".to_owned(), "ann".to_owned())]);
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
        HttpMatch::new(&serde_json::from_str(json).unwrap())
            .unwrap()
            .takes(&call)
    }

    #[test]
    fn each_demand_is_met_or_not() {
        for (yes, no) in [
            (r#"{"uri":{"exact":"/a"}}"#, r#"{"uri":{"exact":"/"}}"#),
            (r#"{"uri":{"prefix":"/"}}"#, r#"{"uri":{"prefix":"/b"}}"#),
            (
                r#"{"uri":{"regex":"/[a-c]"}}"#,
                r#"{"uri":{"regex":"/|a"}}"#,
            ),
            (
                r#"{"uri":{"exact":"/A"},"ignoreUriCase":true}"#,
                r#"{"uri":{"exact":"/A"}}"#,
            ),
            (
                r#"{"uri":{"prefix":"/A"},"ignoreUriCase":true}"#,
                r#"{"uri":{"prefix":"/B"},"ignoreUriCase":true}"#,
            ),
            (
                r#"{"method":{"exact":"GET"}}"#,
                r#"{"method":{"exact":"POST"}}"#,
            ),
            (
                r#"{"scheme":{"exact":"http"}}"#,
                r#"{"scheme":{"exact":"https"}}"#,
            ),
            (
                r#"{"authority":{"prefix":"ca"}}"#,
                r#"{"authority":{"exact":"ca"}}"#,
            ),
            (
                r#"{"headers":{"X-User":{"exact":"ann"}}}"#,
                r#"{"headers":{"x-user":{"exact":"bob"}}}"#,
            ),
            (
                r#"{"headers":{"x-user":{}}}"#,
                r#"{"headers":{"x-other":{}}}"#,
            ),
            (
                r#"{"withoutHeaders":{"x-other":{}}}"#,
                r#"{"withoutHeaders":{"x-user":{}}}"#,
            ),
            (
                r#"{"queryParams":{"q":{"exact":"1"}}}"#,
                r#"{"queryParams":{"r":{}}}"#,
            ),
            (
                r#"{"queryParams":{"flag":{"exact":""}}}"#,
                r#"{"queryParams":{"q":{"exact":"2"}}}"#,
            ),
            (r#"{"port":80}"#, r#"{"port":81}"#),
            (
                r#"{"sourceLabels":{"app":"web"}}"#,
                r#"{"sourceLabels":{"app":"api"}}"#,
            ),
            (
                r#"{"sourceNamespace":"shop"}"#,
                r#"{"sourceNamespace":"bank"}"#,
            ),
            (r#"{"gateways":["a/b","mesh"]}"#, r#"{"gateways":["a/b"]}"#),
        ] {
            assert!(takes(yes, "/a?q=1&flag"), "{yes}");
            assert!(!takes(no, "/a?q=1&flag"), "{no}");
        }
    }

    #[test]
    fn every_demand_must_be_met() {
        assert!(!takes(
            r#"{"uri":{"exact":"/a"},"method":{"exact":"POST"}}"#,
            "/a"
        ));
        assert!(takes("{}", "/a"));
    }

    #[test]
    fn an_expression_that_is_none_is_refused_by_its_text() {
        let written: HttpMatchRequest = serde_json::from_str(r#"{"uri":{"regex":"("}}"#).unwrap();
        let error = HttpMatch::new(&written).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("'(' is not a regular expression"),
            "{error}"
        );
    }

    #[test]
    fn a_connection_is_taken_by_name_and_address() {
        let labels = Labels::new();
        let caller = Caller {
            namespace: "shop",
            labels: &labels,
            gateway: "mesh",
        };
        let to = |sni, port| ConnectionFacts {
            caller,
            sni,
            destination: [10, 0, 0, 1].into(),
            port,
        };
        let tls = serde_json::from_str(r#"{"sniHosts":["*.example.org"],"port":443}"#).unwrap();
        let tls = ConnectionMatch::tls(&tls).unwrap();
        assert!(tls.takes(&to(Some("a.example.org"), 443)));
        assert!(!tls.takes(&to(Some("a.example.net"), 443)));
        assert!(!tls.takes(&to(None, 443)) && !tls.takes(&to(Some("a.example.org"), 80)));
        let tcp = |json| ConnectionMatch::tcp(&serde_json::from_str(json).unwrap());
        assert!(
            tcp(r#"{"destinationSubnets":["10.0.0.0/24"]}"#)
                .unwrap()
                .takes(&to(None, 1))
        );
        assert!(
            tcp(r#"{"destinationSubnets":["10.0.0.1"]}"#)
                .unwrap()
                .takes(&to(None, 1))
        );
        assert!(
            !tcp(r#"{"destinationSubnets":["10.0.1.0/24"]}"#)
                .unwrap()
                .takes(&to(None, 1))
        );
        assert!(tcp("{}").unwrap().takes(&to(None, 1)));
        let refused = tcp(r#"{"destinationSubnets":["ten"]}"#).map(|_| ());
        assert_eq!(
            refused,
            Err(RouteError::Subnet {
                text: "ten".to_owned()
            })
        );
    }
}
