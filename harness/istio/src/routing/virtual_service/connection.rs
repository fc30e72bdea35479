//! Which connections a route is for.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    place::{Caller, Where},
    text::RouteError,
};
use crate::{
    kinds::http_match::{L4MatchAttributes, TlsMatchAttributes},
    routing::host::{is_covered_by, most_specific},
};

/// A connection as its client's proxy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionFacts<'a> {
    /// Who calls.
    pub caller: Caller<'a>,
    /// The server name in the TLS hello, if there is one.
    pub sni: Option<&'a str>,
    /// The address that is called.
    pub destination: IpAddr,
    /// The service port that is called.
    pub port: u16,
}

/// The demands on a connection; all must hold.
#[derive(Debug, Clone)]
pub(super) struct ConnectionMatch {
    sni_hosts: Vec<String>,
    subnets: Vec<IpNet>,
    place: Where,
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

impl ConnectionMatch {
    /// The most specific server name by which it takes a connection; empty if it names none.
    /// `None` if it does not take the connection.
    pub(super) fn name(&self, connection: &ConnectionFacts<'_>) -> Option<&str> {
        if !self.takes(connection) {
            return None;
        }
        let hosts = self.sni_hosts.iter().map(String::as_str);
        let named = connection
            .sni
            .and_then(|sni| most_specific(hosts, sni).value);
        Some(named.unwrap_or_default())
    }
}

fn subnets(written: &[String]) -> Result<Vec<IpNet>, RouteError> {
    let read = |text: &String| {
        let range = text.parse::<IpNet>();
        let range = range.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        range.map_err(|_| RouteError::Subnet { text: text.clone() })
    };
    written.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::selector::Labels;

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
