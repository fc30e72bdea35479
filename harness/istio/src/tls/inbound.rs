//! What becomes of a connection that arrives at a server's sidecar.
//!
//! Envoy looks for a filter chain first by port, then by transport (TLS or not), then by ALPN, and
//! never goes back: a port that is known by name hides the rules for unknown ports.

use std::{collections::BTreeMap, fmt};

use super::{ServerMode, ServerModes, rules};
use crate::{
    Decision, RuleId,
    identity::{SpiffeId, peer_is_accepted},
    kinds::port::Protocol,
    routing::ClusterKey,
};

/// ALPNs by which a sidecar says that it carries HTTP in mutual TLS.
const HTTP_ALPNS: [&str; 3] = ["istio-http/1.0", "istio-http/1.1", "istio-h2"];

/// ALPNs by which a sidecar says that it carries anything in mutual TLS.
const TCP_ALPNS: [&str; 2] = ["istio-peer-exchange", "istio"];

/// Whether an ALPN is one of Istio's.
pub fn is_istio_alpn(alpn: &str) -> bool {
    HTTP_ALPNS.contains(&alpn) || TCP_ALPNS.contains(&alpn)
}

/// The ports of a workload that its sidecar knows, and what is spoken on each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboundPorts {
    /// Workload ports of its services.
    pub services: BTreeMap<u16, Protocol>,
    /// Ports of the Sidecar resource that applies; they replace those of the services.
    pub ingress: Option<BTreeMap<u16, Protocol>>,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport<'a> {
    /// Without TLS.
    Plaintext,
    /// With a TLS hello that offers these ALPNs.
    Tls {
        /// In the order of preference.
        alpns: &'a [&'a str],
    },
}

/// A connection as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The workload port.
    pub port: u16,
    /// How it begins.
    pub transport: Transport<'a>,
    /// Whether HTTP is carried, inside TLS if there is any.
    pub http: bool,
}

/// Where an accepted connection is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundCluster {
    /// To the application, on a port that is known.
    Port(u16),
    /// To the application, on whatever port was asked for.
    Passthrough,
}

/// What the sidecar does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// It reads HTTP requests.
    Http {
        /// Whether inside mutual TLS.
        mutual: bool,
    },
    /// It passes bytes on.
    Tcp {
        /// Whether inside mutual TLS.
        mutual: bool,
    },
    /// It knows no filter chain: the connection is closed without an answer.
    NoFilterChain,
    /// It expects HTTP and cannot read what comes.
    ProtocolError,
}

/// What is known of a peer once the handshake is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission<'a> {
    /// Let in, under this identity; `None` is plaintext.
    Peer(Option<&'a SpiffeId>),
    /// The handshake failed, and with it the connection.
    HandshakeFailed,
}

impl InboundPorts {
    fn protocol(&self, port: u16) -> Option<Protocol> {
        self.ingress
            .as_ref()
            .unwrap_or(&self.services)
            .get(&port)
            .copied()
    }

    /// What a server that asks for these modes does with a connection, and where it goes.
    pub fn handle(
        &self,
        modes: &ServerModes,
        arrival: Arrival<'_>,
    ) -> Decision<(Handling, InboundCluster)> {
        let known = self.protocol(arrival.port);
        let cluster = match known {
            Some(_) => InboundCluster::Port(arrival.port),
            None => InboundCluster::Passthrough,
        };
        let spoken = known.map_or(Spoken::Auto, Spoken::of);
        let handled = handle(modes.on(arrival.port), spoken, arrival);
        handled.map(|handling| (handling, cluster))
    }
}

impl fmt::Display for InboundCluster {
    /// The cluster's name in Envoy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => ClusterKey::inbound(*port).fmt(f),
            Self::Passthrough => f.write_str("InboundPassthroughCluster"),
        }
    }
}

/// Whether a port is declared to carry HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Http,
    Tcp,
    Auto,
}

impl Spoken {
    fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::GrpcWeb => Self::Http,
            Protocol::Https | Protocol::Mongo | Protocol::Tcp | Protocol::Tls | Protocol::Udp => {
                Self::Tcp
            }
            Protocol::Unset => Self::Auto,
        }
    }
}

fn handle(mode: ServerMode, spoken: Spoken, arrival: Arrival<'_>) -> Decision<Handling> {
    let (handling, because): (Handling, RuleId) = match mode {
        ServerMode::Strict => (strict(spoken, arrival), rules::INBOUND_STRICT),
        ServerMode::Permissive => (permissive(spoken, arrival), rules::INBOUND_PERMISSIVE),
        ServerMode::Disable => (disabled(spoken, arrival), rules::INBOUND_DISABLE),
    };
    Decision::new(readable(handling, arrival), because)
}

fn strict(spoken: Spoken, arrival: Arrival<'_>) -> Handling {
    match (arrival.transport, spoken) {
        (Transport::Plaintext, _) => Handling::NoFilterChain,
        (Transport::Tls { .. }, Spoken::Http) => Handling::Http { mutual: true },
        (Transport::Tls { .. }, Spoken::Tcp) => Handling::Tcp { mutual: true },
        // Only the ALPNs for HTTP have a filter chain of their own here.
        (Transport::Tls { alpns }, Spoken::Auto) => {
            match alpns.iter().any(|alpn| HTTP_ALPNS.contains(alpn)) {
                true => Handling::Http { mutual: true },
                false => Handling::Tcp { mutual: true },
            }
        }
    }
}

fn permissive(spoken: Spoken, arrival: Arrival<'_>) -> Handling {
    let Transport::Tls { alpns } = arrival.transport else {
        return plaintext(spoken, arrival.http);
    };
    match (spoken, carries_http(alpns)) {
        (Spoken::Http, Some(_)) | (Spoken::Auto, Some(true)) => Handling::Http { mutual: true },
        (Spoken::Tcp, Some(_)) | (Spoken::Auto, Some(false)) => Handling::Tcp { mutual: true },
        (Spoken::Http, None) => Handling::NoFilterChain,
        (Spoken::Tcp | Spoken::Auto, None) => Handling::Tcp { mutual: false },
    }
}

fn disabled(spoken: Spoken, arrival: Arrival<'_>) -> Handling {
    let readable_http = arrival.http && arrival.transport == Transport::Plaintext;
    plaintext(spoken, readable_http)
}

fn plaintext(spoken: Spoken, http: bool) -> Handling {
    match (spoken, http) {
        (Spoken::Http, _) | (Spoken::Auto, true) => Handling::Http { mutual: false },
        (Spoken::Tcp, _) | (Spoken::Auto, false) => Handling::Tcp { mutual: false },
    }
}

/// Whether the first ALPN that is Istio's stands for HTTP; `None` if none is Istio's.
fn carries_http(alpns: &[&str]) -> Option<bool> {
    let first = alpns.iter().find(|alpn| is_istio_alpn(alpn))?;
    Some(HTTP_ALPNS.contains(first))
}

/// A filter chain that reads HTTP cannot read anything else.
fn readable(handling: Handling, arrival: Arrival<'_>) -> Handling {
    let opaque = arrival.transport != Transport::Plaintext;
    match handling {
        Handling::Http { mutual: false } if opaque => Handling::ProtocolError,
        Handling::Http { .. } if !arrival.http => Handling::ProtocolError,
        other => other,
    }
}

/// Whether a peer is let in by a filter chain that terminates mutual TLS (`mutual`). `presented`
/// is the identity in its certificate if the server's roots verify it; `accepted` are the trust
/// domains the server accepts, empty if it does not check them.
pub fn admit<'a>(
    mutual: bool,
    presented: Option<&'a SpiffeId>,
    accepted: &[String],
) -> Decision<Admission<'a>> {
    let admission = match (mutual, presented) {
        (false, _) => Admission::Peer(None),
        (true, Some(peer)) if peer_is_accepted(peer, accepted).value => Admission::Peer(Some(peer)),
        (true, _) => Admission::HandshakeFailed,
    };
    Decision::new(admission, rules::PEER_VERIFIED)
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
