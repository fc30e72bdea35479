//! Changes as they are written: what is different from then on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{ClusterName, NamespaceName, Version, VmName};

use super::{ClockDraft, Free, RootRotationDraft, ScaleDraft};
use crate::{name::RevisionName, term::OneOrMany};

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeDraft {
    /// Applies Kubernetes objects.
    Apply(ApplyDraft),
    /// Deletes a Kubernetes object.
    Delete(DeleteDraft),
    /// Changes the number of pods.
    Scale(ScaleDraft),
    /// Restarts pods, one after another, as `kubectl rollout restart` does.
    Restart(RestartDraft),
    /// Changes the labels of an object.
    Label(LabelDraft),
    /// Rotates a secret, a root or a token.
    Rotate(RotateDraft),
    /// Installs another version.
    Upgrade(UpgradeDraft),
    /// Undoes an upgrade.
    Rollback(RollbackDraft),
    /// Points a revision tag to another revision.
    Tag(TagDraft),
    /// Removes a revision of istiod.
    RemoveRevision(RemoveRevisionDraft),
    /// Brings a virtual machine into the mesh.
    Onboard(VmRefDraft),
    /// Takes a virtual machine out of the mesh.
    Offboard(VmRefDraft),
    /// Puts a cluster's clock off.
    Clock(ClockDraft),
}

/// Objects to apply: exactly one of `file` and `objects` is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyDraft {
    /// What it is called; a canary can come after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The clusters: `all`, or some by name.
    pub to: OneOrMany<ClusterName>,
    /// A file with objects, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The objects themselves.
    #[serde(default)]
    pub objects: Vec<Free>,
}

/// An object to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct DeleteDraft {
    /// The clusters: `all`, or some by name.
    pub from: OneOrMany<ClusterName>,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRefDraft,
}

/// An object by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRefDraft {
    /// Its kind, for example `Secret`.
    #[schemars(regex(pattern = "^[A-Z][A-Za-z]*$"))]
    pub kind: String,
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Its namespace; `istio-system` if left out, none for kinds that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<NamespaceName>,
}

/// Pods to restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartDraft {
    /// What is restarted: `helloworld@cluster1`, `helloworld@*`, `istiod@cluster1` or a gateway.
    pub workload: String,
}

/// Labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct LabelDraft {
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRefDraft,
    /// The labels; `null` removes one.
    #[schemars(extend("minProperties" = 1))]
    pub labels: BTreeMap<String, Option<String>>,
}

/// What is rotated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RotateDraft {
    /// A remote secret.
    RemoteSecret(RotateSecretDraft),
    /// The root certificate authority of a mesh.
    Root(RootRotationDraft),
    /// The token of a virtual machine.
    Token(VmRefDraft),
}

/// A remote secret to rotate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateSecretDraft {
    /// The cluster whose API server it opens.
    pub of: ClusterName,
    /// The cluster in which it is stored.
    #[serde(rename = "in")]
    pub stored_in: ClusterName,
    /// What changes in it.
    pub renew: Renew,
}

/// What changes in a rotated secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Renew {
    /// Its bytes only: the same access, written differently.
    Bytes,
    /// The token, the old one being withdrawn.
    Token,
}

/// The parts of Istio that have a version.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Component {
    /// Custom resource definitions and cluster roles.
    Base,
    /// The control plane.
    Istiod,
    /// Every gateway of the cluster.
    Gateways,
    /// The sidecars of every workload, by restarting them.
    Sidecars,
}

/// An upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpgradeDraft {
    /// What it is called; `rollback` refers to it.
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// What is upgraded.
    pub component: Component,
    /// The clusters: `all`, or some by name, one after another.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
    /// The version; for sidecars that of the istiod that injects them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Version>,
    /// The revision it is installed as, beside the others; in place if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<RevisionName>,
}

/// An upgrade to undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackDraft {
    /// The upgrade, by name.
    pub of: String,
}

/// A revision tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagDraft {
    /// The tag.
    pub name: RevisionName,
    /// The revision it points to from now on.
    pub revision: RevisionName,
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
}

/// A revision to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveRevisionDraft {
    /// The revision; the one installed without a name if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RevisionName>,
    /// The clusters: `all`, or some by name.
    #[serde(rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VmRefDraft {
    /// Its name.
    pub vm: VmName,
}
