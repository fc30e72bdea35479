//! Canaries as they are written: deliberate violations and the checks that must catch them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{ClusterName, NamespaceName};

use super::{ChangeDraft, FaultKindDraft, Free, ObjectRefDraft};
use crate::term::OneOrMany;

/// A deliberate violation. If no check catches it, the scenario proves nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanaryDraft {
    /// What it is called.
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// The step it comes after, by name; during the installation if left out (faults and changes
    /// then come right after it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What is violated.
    #[serde(rename = "break")]
    pub breaks: OneOrMany<BreakDraft>,
    /// The check that must catch it.
    pub caught_by: CaughtByDraft,
}

/// A violation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BreakDraft {
    /// An object that the installation needs is left out.
    Omit(OmitDraft),
    /// An object of the installation is changed.
    Patch(PatchDraft),
    /// The Helm values that a cluster is installed with are changed.
    Values(ValuesDraft),
    /// A fault.
    Fault(FaultKindDraft),
    /// A change.
    Change(ChangeDraft),
}

/// An object that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct OmitDraft {
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRefDraft,
}

/// An object that is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchDraft {
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
    /// Its kind, for example `Service`.
    #[schemars(regex(pattern = "^[A-Z][A-Za-z]*$"))]
    pub kind: String,
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Its namespace; `istio-system` if left out, none for kinds that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<NamespaceName>,
    /// A JSON merge patch (RFC 7396): `null` removes a field.
    pub merge: Free,
}

/// Values that are changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValuesDraft {
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
    /// A JSON merge patch (RFC 7396) over the derived values: `null` removes one.
    pub merge: Free,
}

/// What catches a canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaughtByDraft {
    /// The check, by name; `ready` is an implied check after the installation.
    pub check: String,
    /// How it must come out.
    #[serde(default, rename = "as")]
    pub outcome: CaughtAs,
}

/// How a check comes out that catches a canary.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum CaughtAs {
    /// The mesh answered and broke the promise.
    #[default]
    Fail,
    /// Too little could be seen to judge.
    Inconclusive,
}
