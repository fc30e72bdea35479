//! By which rights an istiod elsewhere watches this cluster: the account whose token is in remote
//! secrets.

use serde_json::{Value, json};

use super::rbac::{binding, rule, rules, service_account};
use crate::{
    Object,
    site::{Part, Site},
};

/// The account that `istioctl create-remote-secret` takes.
pub(crate) const READER: &str = "istio-reader-service-account";

const READ: [&str; 3] = ["get", "list", "watch"];

/// The account and what it may read; in a cluster without an istiod also what an istiod elsewhere
/// has to write: root certificates and the CA of webhooks.
pub(crate) fn reader(site: &Site<'_>) -> Vec<Object> {
    let namespace = site.namespace();
    let role = format!("{}-{namespace}", site.revised("istio-reader-clusterrole"));
    let subject = json!([{"kind": "ServiceAccount", "name": READER, "namespace": namespace}]);
    let mut all = reading();
    if matches!(site.part, Part::Remote | Part::ConfigCluster) {
        all.extend(writing());
    }
    let mut objects = vec![
        rules("ClusterRole", None, &role, all),
        binding("ClusterRole", None, &role, &subject),
    ];
    if is_first(site) {
        objects.insert(0, service_account(READER, namespace));
    }
    objects
}

/// One account serves every revision of a cluster.
fn is_first(site: &Site<'_>) -> bool {
    let member = site.topology.member(site.cluster);
    let first = member.and_then(|member| member.revisions.first());
    first == Some(site.revision)
}

fn reading() -> Vec<Value> {
    let istio = [
        "extensions.istio.io",
        "networking.istio.io",
        "security.istio.io",
        "telemetry.istio.io",
    ];
    let core = [
        "endpoints",
        "pods",
        "services",
        "nodes",
        "replicationcontrollers",
        "namespaces",
        "secrets",
        "configmaps",
    ];
    vec![
        rule(&istio, &["*"], &READ),
        rule(&[""], &core, &READ),
        rule(
            &["apiextensions.k8s.io"],
            &["customresourcedefinitions"],
            &READ,
        ),
        rule(&["discovery.k8s.io"], &["endpointslices"], &READ),
        rule(&["apps"], &["replicasets"], &READ),
        rule(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
        rule(
            &["authorization.k8s.io"],
            &["subjectaccessreviews"],
            &["create"],
        ),
    ]
}

fn writing() -> Vec<Value> {
    let webhooks = ["admissionregistration.k8s.io"];
    vec![
        rule(
            &[""],
            &["configmaps"],
            &["create", "get", "list", "watch", "update"],
        ),
        rule(
            &webhooks,
            &["mutatingwebhookconfigurations"],
            &["get", "list", "watch", "update", "patch"],
        ),
        rule(
            &webhooks,
            &["validatingwebhookconfigurations"],
            &["get", "list", "watch", "update"],
        ),
    ]
}

/// The Secret into which the cluster writes a long-lived token of an account, as
/// `istioctl create-remote-secret` makes it.
pub(crate) fn token_secret(account: &str, namespace: &str) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token_secret_name(account),
            "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": account},
        },
        "type": "kubernetes.io/service-account-token",
    }))
}

/// What that Secret is called.
pub(crate) fn token_secret_name(account: &str) -> String {
    format!("{account}-istio-remote-secret-token")
}
