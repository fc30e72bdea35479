//! Mutual TLS on both sides of a connection.
//!
//! The server: [`peer_authentication`] says what it asks for, [`inbound`] what becomes of a
//! connection. The client: [`service_mode`] is what it assumes of a service, [`client`] what it
//! sets up for a cluster, [`endpoint`] what it does towards one endpoint. The two sides may be
//! configured by different control planes; nothing keeps them consistent.

pub mod client;
pub mod endpoint;
pub mod inbound;
pub mod mode;
pub mod peer_authentication;
pub mod rules;
pub mod service_mode;

pub use client::{ClientTls, ClusterFacts, MetadataCertificates, Origin, client_tls};
pub use endpoint::{Wire, mode_of_rule, wire_to};
pub use inbound::{Admission, Arrival, Handling, InboundCluster, InboundPorts, Transport};
pub use mode::{ServerMode, ServerModes};
pub use peer_authentication::PeerAuthentications;
pub use service_mode::{ServiceTls, assumed_mode};
