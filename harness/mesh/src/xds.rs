//! How an agent asks istiod: for a certificate, and for its configuration.
//!
//! A connection begins with a TLS hello (`Sent::Hello`), after which both ends speak in
//! `Sent::Opaque` and `Reply::Opaque` whose content only they know: a gateway on the way forwards
//! it unread. On one connection an agent first subscribes and then asks for the next push again
//! and again; that question is answered once there is something new. What would be a stream on a
//! wire is so a sequence of exchanges, each of which takes the network's time and meets its faults.
//! Dropping the connection ends the subscription.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use istio::{
    ClusterId, NetworkId,
    auth::AuthFailure,
    endpoint::{Client, Labels},
    network::split_horizon::ProxyKind,
    tls::InboundPorts,
};
use pki::{Chain, KeyPair};
use sim::program::{Reply, Sent};

use crate::snapshot::Snapshot;

/// What an agent sends inside TLS.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Sign a certificate.
    Sign(SigningRequest),
    /// Send the configuration of this proxy, now and from now on.
    Subscribe(Subscription),
    /// Answer once there is another push than the last one on this connection.
    Next,
    /// Tell whether the workload is healthy: only of VMs that register themselves.
    Health(bool),
}

/// What istiod answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The certificate.
    Signed(Signed),
    /// The configuration.
    Pushed(Arc<Push>),
    /// It was taken note of.
    Noted,
    /// Nothing is said to this caller.
    Refused(Refused),
}

/// Who a caller says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A service-account token for the audience `istio-ca`.
    Token(String),
    /// The certificate that it showed in its hello: a VM after its first token.
    Certificate,
}

/// A certificate signing request.
#[derive(Debug, Clone)]
pub struct SigningRequest {
    /// Who asks.
    pub credentials: Credentials,
    /// The cluster it claims to be in.
    pub cluster: ClusterId,
    /// Its key; only the public half is read.
    pub key: KeyPair,
    /// How long the certificate is to live; `None` leaves it to istiod.
    pub lifetime: Option<Duration>,
}

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The certificate and what is above it below the root.
    pub chain: Chain,
    /// The roots of the mesh, as PEM.
    pub roots: String,
}

/// A proxy that wants its configuration.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Who asks.
    pub credentials: Credentials,
    /// What it says of itself.
    pub node: Node,
}

/// What a proxy says of itself: the node of its bootstrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its kind.
    pub kind: ProxyKind,
    /// Its pod or machine.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// The cluster it claims to be in (`ISTIO_META_CLUSTER_ID`).
    pub cluster: ClusterId,
    /// Its network (`ISTIO_META_NETWORK`).
    pub network: NetworkId,
    /// The address of its pod or machine.
    pub address: String,
    /// Its workload's labels.
    pub labels: Labels,
    /// Its workload's annotations.
    pub annotations: BTreeMap<String, String>,
    /// The networks it wants to see (`ISTIO_META_REQUESTED_NETWORK_VIEW`).
    pub network_view: Vec<NetworkId>,
    /// Its node; empty for a machine outside every cluster.
    pub node: String,
    /// Where it is, if it knows better than istiod: a VM's own locality.
    pub locality: Option<String>,
    /// The WorkloadGroup it registers itself by (`ISTIO_META_AUTO_REGISTER_GROUP`).
    pub register_group: Option<String>,
}

/// One push to one proxy.
#[derive(Debug, Clone)]
pub struct Push {
    /// What istiod knows; shared by all proxies.
    pub snapshot: Arc<Snapshot>,
    /// The proxy as istiod knows it: its own words, completed by what the registries say.
    pub client: Client,
    /// What it serves.
    pub inbound: Inbound,
}

/// What a proxy serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inbound {
    /// The workload's ports that its services lead to, and what is spoken on each. A Sidecar
    /// resource's own listeners are not in it: they are in the snapshot.
    pub ports: InboundPorts,
    /// The hosts of its services, in order.
    pub hosts: Vec<Arc<str>>,
}

/// Why istiod says nothing to a caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not known who calls.
    #[error("authentication failure: {0}")]
    Unauthenticated(#[source] AuthFailure),
    /// The caller is somebody else than the proxy it says it is.
    #[error("no identities ([{identity}]) matched {claimed}")]
    Impostor {
        /// Who calls.
        identity: String,
        /// Whom it says it is.
        claimed: String,
    },
    /// A machine names a WorkloadGroup that is not there.
    #[error("cannot find WorkloadGroup {group}: create it, or correct the machine's files")]
    NoGroup {
        /// The group, as `namespace/name`.
        group: String,
    },
    /// A machine is none that its WorkloadGroup is for.
    #[error("registration of WorkloadEntry service account mismatch: {own:?} vs {wanted:?}")]
    OtherAccount {
        /// The machine's.
        own: String,
        /// The group's.
        wanted: String,
    },
    /// A certificate cannot be made.
    #[error("cannot sign: {0}")]
    Signing(String),
    /// There is nothing to wait for: the connection has no subscription.
    #[error("this connection has no subscription: subscribe first")]
    NotSubscribed,
}

impl Ask {
    /// As it is sent.
    pub fn seal(self) -> Sent {
        Sent::Opaque(sim::program::Opaque::new(self))
    }

    /// What was sent, if it is of this kind.
    pub fn open(sent: &Sent) -> Option<&Self> {
        match sent {
            Sent::Opaque(content) => content.open(),
            _ => None,
        }
    }
}

impl Answer {
    /// As it comes back.
    pub fn seal(self) -> Reply {
        Reply::Opaque(sim::program::Opaque::new(self))
    }

    /// What came back, if it is of this kind.
    pub fn open(reply: &Reply) -> Option<&Self> {
        match reply {
            Reply::Opaque(content) => content.open(),
            _ => None,
        }
    }
}
