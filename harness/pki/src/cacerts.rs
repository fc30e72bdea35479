//! An authority as istiod reads it: the Secret `cacerts`, mounted at `/etc/cacerts`.

use std::collections::BTreeMap;

use crate::PkiError;

/// The four files (istio.io "plug in CA certificates").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaCerts {
    /// `ca-cert.pem`: the certificate that istiod signs with.
    pub ca_cert: String,
    /// `ca-key.pem`: its key.
    pub ca_key: String,
    /// `root-cert.pem`: what workloads believe.
    pub root_cert: String,
    /// `cert-chain.pem`: from the signing certificate up to the root.
    pub cert_chain: String,
}

impl CaCerts {
    /// The files under their names.
    pub fn files(&self) -> [(&'static str, &str); 4] {
        [
            ("ca-cert.pem", &self.ca_cert),
            ("ca-key.pem", &self.ca_key),
            ("cert-chain.pem", &self.cert_chain),
            ("root-cert.pem", &self.root_cert),
        ]
    }

    /// Reads the files of a mounted Secret.
    ///
    /// # Errors
    /// If one is missing.
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, PkiError> {
        let file = |key: &'static str| files.get(key).cloned().ok_or(PkiError::CaCertsKey { key });
        Ok(Self {
            ca_cert: file("ca-cert.pem")?,
            ca_key: file("ca-key.pem")?,
            root_cert: file("root-cert.pem")?,
            cert_chain: file("cert-chain.pem")?,
        })
    }
}
