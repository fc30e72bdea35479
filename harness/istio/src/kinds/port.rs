//! Ports of servers, service entries and destinations.

use serde::{Deserialize, Serialize};

/// A port by number, as destinations and port-level settings name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortSelector {
    /// The service port.
    pub number: u16,
}

/// A port that a ServiceEntry gives its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// The number clients use.
    pub number: u16,
    /// Its name, by which endpoints map it to their own ports.
    pub name: String,
    /// What is spoken on it.
    #[serde(default)]
    pub protocol: Protocol,
    /// The endpoints' port, unless they say otherwise.
    #[serde(default)]
    pub target_port: Option<u16>,
}

/// A port that a Gateway's server opens or that a Sidecar listener is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListenerPort {
    /// The number that is opened.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// What is spoken on it.
    pub protocol: Protocol,
}

/// What is spoken on a port. Istio compares without regard to case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP inside TLS.
    Https,
    /// gRPC.
    Grpc,
    /// gRPC over HTTP/1.1.
    GrpcWeb,
    /// HTTP/2.
    Http2,
    /// MongoDB's protocol, handled as TCP.
    Mongo,
    /// Any stream of bytes.
    Tcp,
    /// TLS that is not looked into.
    Tls,
    /// Datagrams, which the mesh does not carry.
    Udp,
    /// Nothing was said: outbound and inbound proxies find out by themselves.
    #[default]
    Unset,
}

const NAMES: &[(&str, Protocol)] = &[
    ("HTTP", Protocol::Http),
    ("HTTPS", Protocol::Https),
    ("GRPC", Protocol::Grpc),
    ("GRPC-WEB", Protocol::GrpcWeb),
    ("HTTP2", Protocol::Http2),
    ("MONGO", Protocol::Mongo),
    ("TCP", Protocol::Tcp),
    ("TLS", Protocol::Tls),
    ("UDP", Protocol::Udp),
    ("", Protocol::Unset),
];

impl TryFrom<String> for Protocol {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&text))
            .map(|(_, protocol)| *protocol)
            .ok_or_else(|| format!("'{text}' is not a protocol that isthmus models"))
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> String {
        NAMES
            .iter()
            .find(|(_, known)| *known == protocol)
            .map(|(name, _)| (*name).to_owned())
            .expect("every protocol has a name in the table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_compared_without_regard_to_case() {
        assert_eq!(
            Protocol::try_from("grpc-Web".to_owned()),
            Ok(Protocol::GrpcWeb)
        );
        assert!(Protocol::try_from("HBONE".to_owned()).is_err());
    }

    #[test]
    fn every_protocol_reads_back_as_it_was_written() {
        for (name, protocol) in NAMES {
            assert_eq!(String::from(*protocol), *name);
            assert_eq!(Protocol::try_from((*name).to_owned()), Ok(*protocol));
        }
    }
}
