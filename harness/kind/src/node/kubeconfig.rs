//! The administrator's credentials of a cluster, for the host and for other clusters.
//!
//! One file per cluster and audience. The user's own `~/.kube/config` is never touched.

use kube::config::Kubeconfig;

use crate::{Error, Result};

/// Reads `/etc/kubernetes/admin.conf` and points it at `server` under the context `kind-<cluster>`.
pub(crate) fn from_admin(text: &str, cluster: &str, server: &str) -> Result<Kubeconfig> {
    let unusable = |why: String| Error::Unusable {
        what: "admin.conf",
        node: cluster.to_owned(),
        why,
    };
    let mut config = Kubeconfig::from_yaml(text).map_err(|error| unusable(error.to_string()))?;
    let name = format!("kind-{cluster}");
    let ([entry], [user], [context]) = (
        &mut config.clusters[..],
        &mut config.auth_infos[..],
        &mut config.contexts[..],
    ) else {
        return Err(unusable(
            "it must hold exactly one cluster, user and context".to_owned(),
        ));
    };
    entry.name.clone_from(&name);
    user.name.clone_from(&name);
    context.name.clone_from(&name);
    if let Some(cluster) = &mut entry.cluster {
        cluster.server = Some(server.to_owned());
    }
    if let Some(context) = &mut context.context {
        context.cluster.clone_from(&name);
        context.user = Some(name.clone());
    }
    config.current_context = Some(name);
    Ok(config)
}

/// The certificate authority of a cluster's API server, in PEM.
pub(crate) fn authority(config: &Kubeconfig) -> Option<String> {
    use k8s_openapi::ByteString;
    let data = config
        .clusters
        .first()?
        .cluster
        .as_ref()?
        .certificate_authority_data
        .as_ref()?;
    let decoded: ByteString =
        serde_json::from_value(serde_json::Value::String(data.clone())).ok()?;
    String::from_utf8(decoded.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: &str = "
apiVersion: v1
kind: Config
clusters: [{name: kubernetes, cluster: {server: 'https://c1-control-plane:6443', certificate-authority-data: Q0E=}}]
users: [{name: kubernetes-admin, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}]
contexts: [{name: kubernetes-admin@kubernetes, context: {cluster: kubernetes, user: kubernetes-admin}}]
current-context: kubernetes-admin@kubernetes
";

    #[test]
    fn the_three_entries_carry_the_name_that_kind_gives_them() {
        let config = from_admin(ADMIN, "c1", "https://127.0.0.1:40000").unwrap();
        assert_eq!(config.current_context.as_deref(), Some("kind-c1"));
        let cluster = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:40000"));
        assert_eq!(
            config.contexts[0].context.as_ref().unwrap().user.as_deref(),
            Some("kind-c1")
        );
    }

    #[test]
    fn the_authority_is_decoded() {
        let config = from_admin(ADMIN, "c1", "https://127.0.0.1:40000").unwrap();
        assert_eq!(authority(&config).as_deref(), Some("CA"));
    }

    #[test]
    fn a_file_without_a_cluster_is_unusable() {
        let error = from_admin("apiVersion: v1\nkind: Config\n", "c1", "https://x").unwrap_err();
        assert!(error.to_string().contains("exactly one cluster"), "{error}");
    }
}
