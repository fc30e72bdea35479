//! The command lines of the components.

use std::path::Path;

use super::audit;

/// etcd with its data in `directory`. It forgets everything at the end, so it need not sync.
pub(super) fn etcd(directory: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    vec![
        format!("--data-dir={}", directory.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ]
}

/// kube-apiserver with RBAC, one static token and webhooks on loopback.
pub(super) fn api_server(directory: &Path, port: u16, etcd: u16) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    vec![
        format!("--secure-port={port}"),
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--tls-cert-file={}", file("server.crt")),
        format!("--tls-private-key-file={}", file("server.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--token-auth-file={}", file("tokens.csv")),
        format!("--service-account-key-file={}", file("accounts.pub")),
        format!(
            "--service-account-signing-key-file={}",
            file("accounts.key")
        ),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        format!("--audit-policy-file={}", file(audit::POLICY)),
        format!("--audit-log-path={}", file(audit::LOG)),
        "--allow-privileged=true".to_owned(),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        // A loopback address is refused as an endpoint, and nobody asks for it here.
        "--endpoint-reconciler-type=none".to_owned(),
        // Facts about expired pages need lists that come from the storage they compact.
        "--feature-gates=ListFromCacheSnapshot=false".to_owned(),
    ]
}

/// kube-controller-manager with all of its default controllers.
pub(super) fn controllers(directory: &Path) -> Vec<String> {
    let file = |name: &str| directory.join(name).display().to_string();
    vec![
        format!("--kubeconfig={}", file("admin.kubeconfig")),
        format!("--root-ca-file={}", file("ca.crt")),
        format!(
            "--service-account-private-key-file={}",
            file("accounts.key")
        ),
        "--leader-elect=false".to_owned(),
        "--secure-port=0".to_owned(),
        "--concurrent-gc-syncs=4".to_owned(),
    ]
}
