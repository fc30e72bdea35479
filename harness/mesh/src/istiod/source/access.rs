//! Where an API server is, and who asks: a kubeconfig, as remote secrets hold it.

use base64::{Engine, engine::general_purpose::STANDARD};
use pki::Roots;
use serde::Deserialize;
use sim::remote::Access;

/// Why a kubeconfig leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KubeconfigError {
    /// It is none.
    #[error("kubeconfig cannot be read: {0}")]
    Unreadable(String),
    /// Something it needs is missing.
    #[error("kubeconfig has no {0}")]
    Missing(&'static str),
    /// Its address is not one, or its authority is none.
    #[error("kubeconfig is wrong: {0}")]
    Wrong(String),
    /// It uses what is not modelled.
    #[error("kubeconfig uses {0}, which is not modelled: write a token")]
    Unmodelled(&'static str),
}

#[derive(Deserialize)]
struct Kubeconfig {
    #[serde(default)]
    clusters: Vec<Named<ClusterEntry>>,
    #[serde(default)]
    users: Vec<Named<UserEntry>>,
    #[serde(default)]
    contexts: Vec<Named<ContextEntry>>,
    #[serde(default, rename = "current-context")]
    current_context: String,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    #[serde(alias = "cluster", alias = "user", alias = "context")]
    entry: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterEntry {
    server: String,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserEntry {
    token: Option<String>,
    client_certificate_data: Option<String>,
    exec: Option<serde_yaml::Value>,
}

#[derive(Deserialize)]
struct ContextEntry {
    cluster: String,
    user: String,
}

/// Reads a kubeconfig.
pub(crate) fn access(kubeconfig: &[u8]) -> Result<Access, KubeconfigError> {
    let read: Kubeconfig = serde_yaml::from_slice(kubeconfig)
        .map_err(|error| KubeconfigError::Unreadable(error.to_string()))?;
    let context = find(&read.contexts, &read.current_context)
        .ok_or(KubeconfigError::Missing("current context"))?;
    let cluster =
        find(&read.clusters, &context.cluster).ok_or(KubeconfigError::Missing("cluster"))?;
    let user = find(&read.users, &context.user).ok_or(KubeconfigError::Missing("user"))?;
    if cluster.insecure_skip_tls_verify {
        return Err(KubeconfigError::Unmodelled("insecure-skip-tls-verify"));
    }
    let roots = roots(cluster.certificate_authority_data.as_deref())?;
    let wrong = |error: sim::remote::RemoteError| KubeconfigError::Wrong(error.to_string());
    Access::new(&cluster.server, roots, token(user)?).map_err(wrong)
}

fn find<'a, T>(entries: &'a [Named<T>], name: &str) -> Option<&'a T> {
    let found = entries.iter().find(|entry| entry.name == name);
    found.map(|found| &found.entry)
}

fn roots(data: Option<&str>) -> Result<Roots, KubeconfigError> {
    let missing = KubeconfigError::Missing("certificate-authority-data");
    let data = data.filter(|data| !data.is_empty()).ok_or(missing)?;
    let wrong = |error: &dyn std::fmt::Display| KubeconfigError::Wrong(error.to_string());
    let pem = STANDARD.decode(data).map_err(|error| wrong(&error))?;
    Roots::from_pem(&String::from_utf8_lossy(&pem)).map_err(|error| wrong(&error))
}

fn token(user: &UserEntry) -> Result<&str, KubeconfigError> {
    match (&user.token, &user.client_certificate_data, &user.exec) {
        (Some(token), _, _) => Ok(token),
        (None, Some(_), _) => Err(KubeconfigError::Unmodelled("a client certificate")),
        (None, None, Some(_)) => Err(KubeconfigError::Unmodelled("an exec plugin")),
        (None, None, None) => Err(KubeconfigError::Missing("token")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kubeconfig: &str) -> String {
        match access(kubeconfig.as_bytes()) {
            Ok(access) => access.server.to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn written(server: &str, user: &str) -> String {
        let seed = pki::Seed::new(1);
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let validity = pki::Validity::of_authority(now);
        let root = pki::Authority::root(&seed, &pki::Subject::kubernetes(), validity).unwrap();
        let ca = STANDARD.encode(root.roots().to_pem());
        format!(
            "{{clusters: [{{name: c, cluster: {{server: '{server}', certificate-authority-data: {ca}}}}}], \
             users: [{{name: u, user: {user}}}], \
             contexts: [{{name: x, context: {{cluster: c, user: u}}}}], current-context: x}}"
        )
    }

    #[test]
    fn a_kubeconfig_with_address_authority_and_token_leads_to_a_server() {
        let good = written("https://172.18.0.2:6443", "{token: t}");
        assert_eq!(told(&good), "172.18.0.2:6443");
    }

    #[test]
    fn what_is_missing_or_not_modelled_is_named() {
        let name = "https://api.example.org:6443";
        assert!(told(&written(name, "{token: t}")).contains(name));
        let plugin = written("https://172.18.0.2:6443", "{exec: {command: x}}");
        assert!(told(&plugin).contains("an exec plugin"));
        assert!(told("clusters: []").contains("current context"));
        assert!(told("\t").contains("cannot be read"));
    }
}
