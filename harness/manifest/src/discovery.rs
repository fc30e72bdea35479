//! Remote secrets: by which istiod watches another cluster's API server.

use scenario::topology::{RemoteSecret, SecretPurpose, Topology};
use serde_json::json;

use crate::{
    At, Facts, ManifestError, Need, Object, Placed,
    control_plane::{READER, token_secret, token_secret_name},
    site::system_namespace,
    text,
};

/// The account whose token goes into a remote secret.
fn account(secret: &RemoteSecret) -> &'static str {
    match secret.purpose {
        SecretPurpose::Discovery => READER,
        SecretPurpose::Configuration => "istiod",
    }
}

/// Where the token comes from: a Secret in the cluster that is watched.
pub(crate) fn token_at(topology: &Topology, secret: &RemoteSecret) -> At {
    let namespace = system_namespace(topology, &secret.of);
    At::new(&secret.of, namespace, token_secret_name(account(secret)))
}

/// The Secret into which the watched cluster writes that token.
pub(crate) fn token(topology: &Topology, secret: &RemoteSecret) -> Placed {
    let namespace = system_namespace(topology, &secret.of);
    token_secret(account(secret), namespace).into_cluster(&secret.of)
}

/// What a remote secret is made of.
pub(crate) fn needs(topology: &Topology, secret: &RemoteSecret) -> [Need; 2] {
    [
        Need::ApiServer(secret.of.clone()),
        Need::Token(token_at(topology, secret)),
    ]
}

/// The remote secret, as `istioctl create-remote-secret` writes it. istiod knows the cluster by the
/// data key; the annotation is for people.
///
/// # Errors
/// If the API server's address or the token is not known yet.
pub(crate) fn remote_secret(
    topology: &Topology,
    secret: &RemoteSecret,
    facts: &Facts,
) -> Result<Placed, ManifestError> {
    let cluster = secret.of.as_str();
    let (name, key) = match secret.purpose {
        SecretPurpose::Discovery => (format!("istio-remote-secret-{cluster}"), cluster),
        SecretPurpose::Configuration => ("istio-kubeconfig".to_owned(), "config"),
    };
    let object = Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": system_namespace(topology, &secret.stored_in),
            "annotations": {"networking.istio.io/cluster": cluster},
            "labels": {"istio/multiCluster": "true"},
        },
        "stringData": {key: kubeconfig(topology, secret, facts)?},
        "type": "Opaque",
    }));
    Ok(object.into_cluster(&secret.stored_in))
}

fn kubeconfig(
    topology: &Topology,
    secret: &RemoteSecret,
    facts: &Facts,
) -> Result<String, ManifestError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let name = secret.of.as_str();
    let server = facts.api_server(&secret.of)?;
    let token = facts.text(&Need::Token(token_at(topology, secret)))?;
    Ok(text::yaml(&json!({
        "apiVersion": "v1",
        "clusters": [{"name": name, "cluster": {
            "certificate-authority-data": STANDARD.encode(&server.ca),
            "server": &server.url,
        }}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": name, "user": {"token": token}}],
    })))
}
