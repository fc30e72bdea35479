//! Installations against what Istio's multi-cluster guides and samples install, field by field.

mod multi_primary;
mod primary_remote;
mod revisions;

use serde_json::Value;

use crate::support::Installation;

/// One field that a guide speaks of.
pub(super) struct Row {
    /// What the guide says.
    pub(super) fact: &'static str,
    pub(super) cluster: &'static str,
    pub(super) object: &'static str,
    pub(super) pointer: &'static str,
    pub(super) expected: Value,
}

pub(super) fn row(
    fact: &'static str,
    cluster: &'static str,
    object: &'static str,
    pointer: &'static str,
    expected: impl Into<Value>,
) -> Row {
    Row {
        fact,
        cluster,
        object,
        pointer,
        expected: expected.into(),
    }
}

#[track_caller]
pub(super) fn check(installation: &Installation, rows: Vec<Row>) {
    let mut wrong = Vec::new();
    for row in rows {
        let found = installation.field(row.cluster, row.object, row.pointer);
        if found != row.expected {
            wrong.push(format!(
                "{}\n  {} in {}, {}: expected {}, found {found}",
                row.fact, row.object, row.cluster, row.pointer, row.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(super) const SYSTEM: &str = "Namespace istio-system";
pub(super) const GATEWAY: &str = "Service istio-system/istio-eastwestgateway";
pub(super) const INJECTOR: &str = "MutatingWebhookConfiguration istio-sidecar-injector";
pub(super) const NETWORK: &str = "/metadata/labels/topology.istio.io~1network";
pub(super) const CONTROL_PLANES: &str =
    "/metadata/annotations/topology.istio.io~1controlPlaneClusters";

pub(super) fn east_west_ports() -> Vec<(String, u64)> {
    [
        ("status-port", 15021),
        ("tls", 15443),
        ("tls-istiod", 15012),
        ("tls-webhook", 15017),
    ]
    .map(|(name, port)| (name.to_owned(), port))
    .to_vec()
}

/// The Secret, and the kubeconfig in it, as `istioctl create-remote-secret` writes them.
#[track_caller]
pub(super) fn remote_secret_of(mesh: &Installation, stored_in: &'static str, of: &str) {
    let name = format!("Secret istio-system/istio-remote-secret-{of}");
    let secret = mesh.object(stored_in, &name).value();
    assert_eq!(secret["metadata"]["labels"]["istio/multiCluster"], "true");
    let annotations = &secret["metadata"]["annotations"];
    assert_eq!(annotations["networking.istio.io/cluster"], of);
    let keys: Vec<&String> = secret["stringData"].as_object().unwrap().keys().collect();
    assert_eq!(keys, [of], "the key is the cluster's identity");

    let text = secret["stringData"][of].as_str().unwrap();
    let kubeconfig: Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(kubeconfig["kind"], "Config");
    for (list, field) in [
        ("clusters", "cluster"),
        ("contexts", "context"),
        ("users", "user"),
    ] {
        assert_eq!(kubeconfig[list][0]["name"], of, "{list}");
        assert!(kubeconfig[list][0][field].is_object(), "{list}");
    }
    assert_eq!(kubeconfig["current-context"], of);
    let server = kubeconfig["clusters"][0]["cluster"]["server"].as_str();
    let address = mesh.address(of, 0);
    assert_eq!(server, Some(format!("https://{address}:6443").as_str()));
    assert!(kubeconfig["users"][0]["user"]["token"].is_string());
}
