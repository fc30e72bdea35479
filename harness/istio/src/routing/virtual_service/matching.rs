//! Which requests a route is for.

use std::collections::BTreeMap;

use super::{
    place::{Caller, Where},
    text::{RouteError, Text},
};
use crate::kinds::http_match::HttpMatchRequest;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::selector::Labels;

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
            assert!(takes(yes, "/a?q=1&flag&q=2"), "{yes}");
            assert!(!takes(no, "/a?q=1&flag&q=2"), "{no}");
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
}
