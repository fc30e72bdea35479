//! Certificates, keys and the administrator's token, made fresh for each control plane.

use std::fs;
use std::path::Path;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

/// The administrator's token. It is no secret: it opens one server, on loopback, for minutes.
pub(super) const TOKEN: &str = "parity-administrator";

/// Signs the serving certificates that the API server and the webhooks use.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The authority's own certificate, PEM.
    pub(super) pem: String,
}

/// A serving certificate and its key, both PEM.
pub(super) struct Serving {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// A certificate for 127.0.0.1.
    pub(super) fn serving(&self) -> Result<Serving> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Serving {
            certificate,
            key: key.serialize_pem(),
        })
    }

    /// Writes every file that the components are told to read; see `components.rs`.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let serving = self.serving()?;
        let accounts = KeyPair::generate()?;
        let tokens = format!("{TOKEN},administrator,administrator,system:masters\n");
        fs::write(directory.join("ca.crt"), &self.pem)?;
        fs::write(directory.join("server.crt"), serving.certificate)?;
        fs::write(directory.join("server.key"), serving.key)?;
        fs::write(directory.join("accounts.key"), accounts.serialize_pem())?;
        fs::write(directory.join("accounts.pub"), accounts.public_key_pem())?;
        Ok(fs::write(directory.join("tokens.csv"), tokens)?)
    }
}

/// A kubeconfig of one context. JSON is YAML, so kubectl and Go clients read it as a file.
pub(super) fn kubeconfig(server: &str, authority: &str, token: Option<&str>) -> Value {
    use base64::Engine as _;
    let authority = base64::engine::general_purpose::STANDARD.encode(authority);
    let user = token.map_or(json!({}), |token| json!({"token": token}));
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real",
            "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "user"}}],
        "current-context": "real",
    })
}
