//! Gateway: the ports that a proxy at the edge of a mesh or network opens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::port::ListenerPort;

/// The ports that the selected proxies open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Gateway {
    /// What is opened.
    pub servers: Vec<Server>,
    /// Labels of the proxies; empty selects all of them.
    pub selector: BTreeMap<String, String>,
}

/// One port that is opened, and for which hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// A name for people; no rule reads it.
    #[serde(default)]
    pub name: Option<String>,
    /// The port.
    pub port: ListenerPort,
    /// The hosts, as `host` or `namespace/host`.
    pub hosts: Vec<String>,
    /// TLS on it.
    #[serde(default)]
    pub tls: Option<ServerTlsSettings>,
}

/// TLS of a gateway's port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ServerTlsSettings {
    /// Whether plain requests are sent to the TLS port by a redirect.
    pub https_redirect: bool,
    /// Whether, and with whose certificates.
    pub mode: ServerTlsMode,
    /// The server's certificate, as a file in the proxy.
    pub server_certificate: Option<String>,
    /// Its key, as a file in the proxy.
    pub private_key: Option<String>,
    /// The roots that clients are verified by, as a file in the proxy.
    pub ca_certificates: Option<String>,
    /// A secret with certificate, key and roots, in place of files.
    pub credential_name: Option<String>,
    /// Names of which a client's certificate must carry one.
    pub subject_alt_names: Vec<String>,
}

/// What a gateway does with TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerTlsMode {
    /// It is forwarded by its server name, without being terminated.
    #[default]
    Passthrough,
    /// It is terminated.
    Simple,
    /// It is terminated, and the client must show a certificate.
    Mutual,
    /// It is forwarded to the service that its server name spells out: east-west gateways.
    AutoPassthrough,
    /// It is terminated with the mesh's certificates on both sides.
    IstioMutual,
    /// It is terminated, and the client may show a certificate.
    OptionalMutual,
}
