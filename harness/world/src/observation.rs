//! What was seen: one observation per call, with positive evidence or the way it was refused.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Call, ClusterName, Hop, Text, VmName};

/// What came of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The question, which many share that were asked the same.
    pub call: Arc<Call>,
    /// When it was asked, since the run began.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// The answer or the refusal.
    pub outcome: Outcome,
    /// The stations, as far as the engine has evidence of them; may be empty.
    pub hops: Vec<Hop>,
}

/// An answer, or the way in which there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// A server of the target answered.
    Answered(Answer),
    /// Nobody, or a proxy in place of the server, answered.
    Refused(Refusal),
}

/// Who answered, and what the server saw of the client. `None` means "no evidence", never "no".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status; `None` for TCP.
    pub status: Option<u16>,
    /// The cluster of the pod that answered.
    pub cluster: Option<ClusterName>,
    /// The VM that answered.
    pub vm: Option<VmName>,
    /// The name of the pod that answered.
    pub pod: Option<Text>,
    /// The version label of the pod that answered.
    pub version: Option<Text>,
    /// How the server was reached.
    pub tls: Option<TlsSeen>,
    /// Whether the pod was picked for an earlier call, whose connection this one went on: a gateway
    /// that passes TLS through picks once per connection. Such answers are a single pick.
    pub earlier_pick: Option<bool>,
    /// Headers that the server received.
    pub received_headers: BTreeMap<String, String>,
}

/// What the server saw of the transport.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TlsSeen {
    /// No TLS.
    Plaintext,
    /// Mutual TLS.
    Mutual {
        /// Who the client was.
        peer: PeerIdentity,
    },
}

/// A peer's identity as its certificate states it, for example
/// `spiffe://cluster.local/ns/sample/sa/sleep`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerIdentity(pub Text);

/// How a call was refused, as the client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// The name did not resolve.
    Dns,
    /// The connection was refused.
    Refused,
    /// Nothing came back in time.
    Timeout,
    /// The connection was closed without an answer.
    Reset,
    /// A proxy or server answered with this HTTP error status.
    Http(u16),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns => f.write_str("dns"),
            Self::Refused => f.write_str("refused"),
            Self::Timeout => f.write_str("timeout"),
            Self::Reset => f.write_str("reset"),
            Self::Http(status) => write!(f, "http-{status}"),
        }
    }
}

impl fmt::Display for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
