//! AuthorizationPolicy: who may call a workload.

use serde::{Deserialize, Serialize};

use super::MatchLabels;

/// Who may call the selected workloads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AuthorizationPolicy {
    /// The workloads it is for; unset is the whole namespace, or the mesh in the root namespace.
    pub selector: Option<MatchLabels>,
    /// One object it is attached to, in place of a selector.
    pub target_ref: Option<PolicyTargetReference>,
    /// The objects it is attached to, in place of a selector.
    pub target_refs: Vec<PolicyTargetReference>,
    /// Any of these must match; none at all never matches.
    pub rules: Vec<Rule>,
    /// What a match means.
    pub action: Action,
    /// Who is asked, for `CUSTOM`.
    pub provider: Option<ExtensionProvider>,
}

/// What a match means.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// The request is let in; if there are such policies, one must match.
    #[default]
    Allow,
    /// The request is refused.
    Deny,
    /// The request is written down; it is never refused.
    Audit,
    /// Somebody else is asked first.
    Custom,
}

/// An object that a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyTargetReference {
    /// Its API group; empty is the core group.
    #[serde(default)]
    pub group: String,
    /// Its kind, such as `Gateway`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; unset is the policy's.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// Who is asked under `CUSTOM`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExtensionProvider {
    /// Its name in the mesh's `extensionProviders`.
    pub name: String,
}

/// A request matches if one source, one operation and every condition do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rule {
    /// Any of these; none is anybody.
    pub from: Vec<From>,
    /// Any of these; none is anything.
    pub to: Vec<To>,
    /// All of these.
    pub when: Vec<Condition>,
}

/// One kind of caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct From {
    /// The caller; unset never matches.
    pub source: Option<Source>,
}

/// One kind of request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct To {
    /// The request; unset never matches.
    pub operation: Option<Operation>,
}

/// A caller: every list that is not empty must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Source {
    /// Identities, such as `cluster.local/ns/sample/sa/sleep`; need mutual TLS.
    pub principals: Vec<String>,
    /// Identities that it must not have.
    pub not_principals: Vec<String>,
    /// Issuers and subjects of a token.
    pub request_principals: Vec<String>,
    /// Issuers and subjects that its token must not have.
    pub not_request_principals: Vec<String>,
    /// Namespaces of its identity, in any cluster and trust domain.
    pub namespaces: Vec<String>,
    /// Namespaces that its identity must not have.
    pub not_namespaces: Vec<String>,
    /// Service accounts, as `name` or `namespace/name`.
    pub service_accounts: Vec<String>,
    /// Service accounts that it must not have.
    pub not_service_accounts: Vec<String>,
    /// Trust domains of its identity.
    pub trust_domains: Vec<String>,
    /// Trust domains that its identity must not have.
    pub not_trust_domains: Vec<String>,
    /// Addresses or ranges of the peer.
    pub ip_blocks: Vec<String>,
    /// Addresses or ranges that the peer must not have.
    pub not_ip_blocks: Vec<String>,
    /// Addresses or ranges of the client, as forwarding headers tell it.
    pub remote_ip_blocks: Vec<String>,
    /// Addresses or ranges that the client must not have.
    pub not_remote_ip_blocks: Vec<String>,
}

/// A request: every list that is not empty must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Operation {
    /// Hosts of the request.
    pub hosts: Vec<String>,
    /// Hosts that it must not have.
    pub not_hosts: Vec<String>,
    /// Workload ports, as text.
    pub ports: Vec<String>,
    /// Workload ports that it must not be on.
    pub not_ports: Vec<String>,
    /// HTTP methods.
    pub methods: Vec<String>,
    /// HTTP methods that it must not use.
    pub not_methods: Vec<String>,
    /// HTTP paths.
    pub paths: Vec<String>,
    /// HTTP paths that it must not ask for.
    pub not_paths: Vec<String>,
}

/// A condition on one attribute of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The attribute, such as `source.namespace` or `request.headers[x-user]`.
    pub key: String,
    /// Any of these values.
    #[serde(default)]
    pub values: Vec<String>,
    /// None of these values.
    #[serde(default)]
    pub not_values: Vec<String>,
}
