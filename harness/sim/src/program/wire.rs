//! What goes over a connection, as far as anybody on the way looks at it.

use std::{collections::BTreeMap, net::SocketAddrV4};

use serde_json::Value;
use world::ClusterName;

use crate::net::Origin;

/// One request on a connection.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who opened the connection.
    pub from: Origin,
    /// The address that was called, after translation of Service addresses.
    pub to: SocketAddrV4,
    /// What was sent.
    pub sent: Sent,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// One HTTP request in plaintext.
    Http(HttpRequest),
    /// Nothing: the client waits for the server's first bytes.
    Nothing,
    /// A TLS hello. Once it is answered by one, everything else on the connection is inside TLS.
    Hello(Hello),
    /// An admission review of an API server, inside TLS.
    Review {
        /// The path, for example `/inject`.
        path: String,
        /// The `AdmissionReview`.
        review: Value,
    },
}

/// What both ends of a TLS handshake show each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// The server's name as the client asks for it; empty in a server's hello.
    pub sni: String,
    /// The protocols that the client offers; of a server the one it chose.
    pub alpn: Vec<String>,
    /// The certificate chain, leaf first, in DER; empty for none. Whoever shows one has its key.
    pub chain: Vec<Vec<u8>>,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The host, as the client wrote it.
    pub authority: String,
    /// The path with its query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// Who made it, if it says so; proxies that answer in place of a server do not.
        by: Option<ServedBy>,
        /// The headers that the server received.
        received: BTreeMap<String, String>,
    },
    /// Bytes of a server that speaks first.
    Bytes {
        /// Who it is.
        by: Option<ServedBy>,
    },
    /// The server's side of a TLS handshake.
    Hello(Hello),
    /// An `AdmissionReview` with its response.
    Review(Value),
    /// The client does not trust the server's certificate, in the client's words.
    Untrusted(String),
    /// The connection is closed without an answer.
    Closed,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedBy {
    /// The cluster; `None` on a VM.
    pub cluster: Option<ClusterName>,
    /// The pod or machine.
    pub name: String,
    /// Its version label.
    pub version: Option<String>,
}
