//! What istiod may do in the cluster that holds its configuration.

use serde_json::{Value, json};

use crate::{Object, site::Site};

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 7] = [
    "get", "list", "watch", "create", "update", "patch", "delete",
];

/// The ServiceAccount of istiod with its roles.
pub(super) fn istiod(site: &Site<'_>) -> Vec<Object> {
    let account = site.revised("istiod");
    let namespace = site.namespace();
    let cluster_role = format!("{}-{namespace}", site.revised("istiod-clusterrole"));
    let subject = json!([
        {"kind": "ServiceAccount", "name": &account, "namespace": namespace},
    ]);
    vec![
        service_account(&account, namespace),
        rules("ClusterRole", None, &cluster_role, cluster_rules()),
        binding("ClusterRole", None, &cluster_role, &subject),
        rules("Role", Some(namespace), &account, namespace_rules()),
        binding("Role", Some(namespace), &account, &subject),
    ]
}

/// A ServiceAccount.
pub(crate) fn service_account(name: &str, namespace: &str) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
    }))
}

/// A role of a cluster or a namespace.
pub(super) fn rules(kind: &str, namespace: Option<&str>, name: &str, rules: Vec<Value>) -> Object {
    Object::rendered(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata(namespace, name),
        "rules": rules,
    }))
}

/// The binding of a role to its holder, under the role's name.
pub(super) fn binding(kind: &str, namespace: Option<&str>, name: &str, subjects: &Value) -> Object {
    Object::rendered(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": format!("{kind}Binding"),
        "metadata": metadata(namespace, name),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": subjects,
    }))
}

fn metadata(namespace: Option<&str>, name: &str) -> Value {
    match namespace {
        Some(namespace) => json!({"name": name, "namespace": namespace}),
        None => json!({ "name": name }),
    }
}

/// A rule.
pub(super) fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

fn cluster_rules() -> Vec<Value> {
    let webhooks = ["admissionregistration.k8s.io"];
    let istio = [
        "extensions.istio.io",
        "networking.istio.io",
        "security.istio.io",
        "telemetry.istio.io",
    ];
    vec![
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
        rule(&istio, &["*"], &READ),
        rule(
            &["networking.istio.io"],
            &[
                "workloadentries",
                "workloadentries/status",
                "serviceentries/status",
            ],
            &WRITE,
        ),
        rule(
            &["security.istio.io"],
            &["authorizationpolicies/status"],
            &WRITE,
        ),
        rule(&[""], &["services/status"], &WRITE),
        rule(
            &["apiextensions.k8s.io"],
            &["customresourcedefinitions"],
            &READ,
        ),
        rule(
            &[""],
            &["pods", "nodes", "services", "namespaces", "endpoints"],
            &READ,
        ),
        rule(&["discovery.k8s.io"], &["endpointslices"], &READ),
        rule(
            &[""],
            &["configmaps"],
            &["create", "get", "list", "watch", "update"],
        ),
        rule(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
        rule(
            &["authorization.k8s.io"],
            &["subjectaccessreviews"],
            &["create"],
        ),
        rule(&[""], &["secrets"], &READ),
    ]
}

fn namespace_rules() -> Vec<Value> {
    vec![
        rule(&["networking.istio.io"], &["gateways"], &["create"]),
        rule(
            &[""],
            &["secrets"],
            &["create", "get", "watch", "list", "update", "delete"],
        ),
        rule(&[""], &["configmaps"], &["delete"]),
        rule(
            &["coordination.k8s.io"],
            &["leases"],
            &["get", "update", "patch", "create"],
        ),
    ]
}
