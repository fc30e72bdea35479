//! The tables that the server itself looks into, most of them with every request: named once.

use std::sync::LazyLock;

use crate::store::Table;

macro_rules! tables {
    ($($name:ident: $group:literal, $resource:literal;)*) => {
        $(pub(crate) static $name: LazyLock<Table> =
            LazyLock::new(|| Table::new($group, $resource));)*
    };
}

tables! {
    NAMESPACES: "", "namespaces";
    PODS: "", "pods";
    SECRETS: "", "secrets";
    SERVICE_ACCOUNTS: "", "serviceaccounts";
    CLUSTER_ROLES: "rbac.authorization.k8s.io", "clusterroles";
    CLUSTER_ROLE_BINDINGS: "rbac.authorization.k8s.io", "clusterrolebindings";
    ROLES: "rbac.authorization.k8s.io", "roles";
    ROLE_BINDINGS: "rbac.authorization.k8s.io", "rolebindings";
    MUTATING_WEBHOOKS: "admissionregistration.k8s.io", "mutatingwebhookconfigurations";
    VALIDATING_WEBHOOKS: "admissionregistration.k8s.io", "validatingwebhookconfigurations";
    DEFINITIONS: "apiextensions.k8s.io", "customresourcedefinitions";
    DISRUPTION_BUDGETS: "policy", "poddisruptionbudgets";
    PRIORITY_CLASSES: "scheduling.k8s.io", "priorityclasses";
}
