//! What goes over a connection, as far as anybody on the way looks at it.

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use apiserver::json::Value;
use pki::Chain;
use world::{ClusterName, Text};

use super::Trail;

/// One request on a connection.
#[derive(Debug, Clone)]
pub struct Request {
    /// What was sent.
    pub sent: Sent,
    /// Where whoever handles it leaves evidence.
    pub trail: Trail,
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
    /// Something inside TLS that only both ends know; whoever forwards it passes it on unread.
    Opaque(Opaque),
}

/// Content whose type both ends know and nobody between them.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Any + Send + Sync>);

impl Opaque {
    /// Wraps it.
    pub fn new(content: impl Any + Send + Sync) -> Self {
        Self(Arc::new(content))
    }

    /// The content, if it is of this type.
    pub fn open<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

/// Two are equal if they are the same one: there is nothing to compare from outside.
impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque")
    }
}

/// What both ends of a TLS handshake show each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// The server's name as the client asks for it; empty in a server's hello.
    pub sni: String,
    /// The protocols that the client offers; of a server the one it chose.
    pub alpn: Vec<String>,
    /// The certificates; `None` for none.
    pub chain: Option<Chain>,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Text,
    /// The host, as the client wrote it.
    pub authority: Text,
    /// The path with its query.
    pub path: Text,
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
    /// The answer to something opaque.
    Opaque(Opaque),
    /// The connection is closed without an answer.
    Closed,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedBy {
    /// The cluster; `None` on a VM.
    pub cluster: Option<ClusterName>,
    /// The pod or machine.
    pub name: Text,
    /// Its version label.
    pub version: Option<Text>,
}
