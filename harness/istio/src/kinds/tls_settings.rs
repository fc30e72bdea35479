//! How a client proxy originates TLS.

use serde::{Deserialize, Serialize};

/// TLS towards a service, as a DestinationRule sets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientTlsSettings {
    /// Whether, and with whose certificates.
    #[serde(default)]
    pub mode: ClientTlsMode,
    /// The client's certificate, as a file in the proxy; for `MUTUAL`.
    #[serde(default)]
    pub client_certificate: Option<String>,
    /// Its key, as a file in the proxy; for `MUTUAL`.
    #[serde(default)]
    pub private_key: Option<String>,
    /// The roots that the server is verified by, as a file in the proxy.
    #[serde(default)]
    pub ca_certificates: Option<String>,
    /// A secret with certificates and roots, in place of files.
    #[serde(default)]
    pub credential_name: Option<String>,
    /// Names of which the server's certificate must carry one.
    #[serde(default)]
    pub subject_alt_names: Vec<String>,
    /// The server name that is sent.
    #[serde(default)]
    pub sni: Option<String>,
    /// Whether the server's certificate is taken unseen.
    #[serde(default)]
    pub insecure_skip_verify: Option<bool>,
}

/// Whether a client proxy speaks TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientTlsMode {
    /// Plaintext; what Istio assumes if nothing is written.
    #[default]
    Disable,
    /// TLS without a client certificate.
    Simple,
    /// Mutual TLS with certificates of the user.
    Mutual,
    /// Mutual TLS with the certificates of the mesh.
    IstioMutual,
}
