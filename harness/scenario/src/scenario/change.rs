//! Changes: what is different from then on.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use world::{ClusterName, MeshName, NamespaceName, SubstrateFault, Version, VmName};

use super::{Deployed, address, deployed, fault, scope::Scope};
use crate::{
    draft::{
        ApplyDraft, ChangeDraft, Component, DeleteDraft, LabelDraft, ObjectRefDraft,
        RemoveRevisionDraft, Renew, RootPhase, RootRotationDraft, RotateDraft, TagDraft,
        UpgradeDraft,
    },
    name::{RevisionName, RootName},
    problem::{FieldPath, Findings, did_you_mean},
    topology::RemoteSecret,
};

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Objects are applied, in order; [`address::filled_in`] gives them the addresses they ask for.
    Apply {
        /// To which clusters.
        clusters: Vec<ClusterName>,
        /// Each has an `apiVersion`, a `kind` and a name.
        objects: Vec<Json>,
    },
    /// An object is deleted.
    Delete {
        /// From which clusters.
        clusters: Vec<ClusterName>,
        /// The object.
        object: ObjectRef,
    },
    /// The number of pods is changed.
    Scale {
        /// Of what.
        of: Vec<Deployed>,
        /// How many.
        replicas: u32,
    },
    /// Pods are restarted one after another.
    Restart(Vec<Deployed>),
    /// Labels are set; `None` removes one.
    Label {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// Of which object.
        object: ObjectRef,
        /// The labels.
        labels: BTreeMap<String, Option<String>>,
    },
    /// A remote secret is written anew.
    RotateSecret {
        /// The secret.
        secret: RemoteSecret,
        /// What changes in it.
        renew: Renew,
    },
    /// One phase of a root rotation.
    RotateRoot {
        /// The mesh.
        mesh: MeshName,
        /// The new root.
        to: RootName,
        /// The phase.
        phase: RootPhase,
    },
    /// A virtual machine gets a new token.
    RotateToken(VmName),
    /// Another version is installed.
    Upgrade(Upgrade),
    /// An upgrade is undone.
    Rollback(Upgrade),
    /// A revision tag points to another revision.
    Tag {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// The tag.
        tag: RevisionName,
        /// The revision.
        revision: RevisionName,
    },
    /// A revision of istiod is removed.
    RemoveRevision {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// The revision; `None` for the one installed without a name.
        revision: Option<RevisionName>,
    },
    /// A virtual machine joins the mesh.
    Onboard(VmName),
    /// A virtual machine leaves the mesh.
    Offboard(VmName),
    /// A cluster's clock is put off.
    Clock(SubstrateFault),
}

/// An object by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; `None` for kinds that have none.
    pub namespace: Option<NamespaceName>,
}

/// An upgrade of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// What it is called; unique in the scenario.
    pub name: String,
    /// What is upgraded.
    pub component: Component,
    /// In which clusters, one after another.
    pub clusters: Vec<ClusterName>,
    /// The version; `None` for sidecars, which get that of the istiod that injects them.
    pub to: Option<Version>,
    /// The revision it is installed as; `None` for in place.
    pub revision: Option<RevisionName>,
}

/// Kinds that no namespace holds; anything else is in `istio-system` unless it says otherwise.
const CLUSTER_SCOPED: [&str; 8] = [
    "Namespace",
    "Node",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "PersistentVolume",
];

impl ObjectRef {
    pub(super) fn new(kind: &str, name: &str, namespace: Option<&NamespaceName>) -> Self {
        let root = || NamespaceName::new("istio-system").expect("a DNS label");
        let is_in_none = CLUSTER_SCOPED.contains(&kind);
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: (!is_in_none).then(|| namespace.cloned().unwrap_or_else(root)),
        }
    }
}

impl From<&ObjectRefDraft> for ObjectRef {
    fn from(draft: &ObjectRefDraft) -> Self {
        Self::new(&draft.kind, &draft.name, draft.namespace.as_ref())
    }
}

/// Reads a change; `None` if something in it was reported.
pub(super) fn read(
    draft: &ChangeDraft,
    scope: &mut Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Change> {
    let before = findings.len();
    let change = match draft {
        ChangeDraft::Apply(draft) => apply(draft, scope, &at.key("apply"), findings),
        ChangeDraft::Delete(draft) => delete(draft, scope, &at.key("delete"), findings),
        ChangeDraft::Scale(draft) => Change::Scale {
            of: fault::scaled(draft, scope, &at.key("scale"), findings),
            replicas: draft.replicas,
        },
        ChangeDraft::Restart(draft) => {
            let at = at.key("restart").key("workload");
            Change::Restart(deployed::read(&draft.workload, None, scope, &at, findings))
        }
        ChangeDraft::Label(draft) => label(draft, scope, &at.key("label"), findings),
        ChangeDraft::Rotate(draft) => rotate(draft, scope, &at.key("rotate"), findings)?,
        ChangeDraft::Upgrade(draft) => {
            Change::Upgrade(upgrade(draft, scope, &at.key("upgrade"), findings))
        }
        ChangeDraft::Rollback(draft) => {
            Change::Rollback(scope.upgrade(&draft.of, &at.key("rollback").key("of"), findings)?)
        }
        ChangeDraft::Tag(draft) => tag(draft, scope, &at.key("tag"), findings),
        ChangeDraft::RemoveRevision(draft) => {
            remove_revision(draft, scope, &at.key("removeRevision"), findings)
        }
        ChangeDraft::Onboard(draft) => {
            let at = at.key("onboard").key("vm");
            Change::Onboard(scope.vm(draft.vm.as_str(), &at, findings)?)
        }
        ChangeDraft::Offboard(draft) => {
            let at = at.key("offboard").key("vm");
            Change::Offboard(scope.vm(draft.vm.as_str(), &at, findings)?)
        }
        ChangeDraft::Clock(draft) => {
            Change::Clock(fault::clock(draft, scope, &at.key("clock"), findings)?)
        }
    };
    (findings.len() == before).then_some(change)
}

fn delete(
    draft: &DeleteDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Change {
    Change::Delete {
        clusters: scope.clusters(&draft.from, &at.key("from"), findings),
        object: (&draft.object).into(),
    }
}

fn label(draft: &LabelDraft, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) -> Change {
    Change::Label {
        clusters: scope.clusters(&draft.clusters, &at.key("in"), findings),
        object: (&draft.object).into(),
        labels: draft.labels.clone(),
    }
}

fn remove_revision(
    draft: &RemoveRevisionDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Change {
    if let Some(revision) = &draft.name {
        scope.revision(revision, &at.key("name"), findings);
    }
    Change::RemoveRevision {
        clusters: scope.clusters(&draft.clusters, &at.key("in"), findings),
        revision: draft.name.clone(),
    }
}

fn apply(draft: &ApplyDraft, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) -> Change {
    let objects = match (&draft.file, draft.objects.as_slice()) {
        (Some(_), [_, ..]) | (None, []) => {
            findings.value(
                at,
                "it must say what to apply, once",
                "write one of 'file:' and 'objects:'",
            );
            Vec::new()
        }
        (Some(file), []) => (scope.objects)(file).unwrap_or_else(|trouble| {
            findings.trouble(&at.key("file"), trouble);
            Vec::new()
        }),
        (None, objects) => inline(objects, at, findings),
    };
    check_addresses(&objects, scope, at, findings);
    Change::Apply {
        clusters: scope.clusters(&draft.to, &at.key("to"), findings),
        objects,
    }
}

/// The gateways whose addresses the objects ask for must exist.
fn check_addresses(objects: &[Json], scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) {
    let all: Vec<String> = scope
        .topology
        .gateways()
        .iter()
        .map(address::reference)
        .collect();
    for object in objects {
        for text in address::references(object) {
            if !all.contains(&text) {
                findings.value(
                    at,
                    format!("there is no '{text}' whose address could be filled in"),
                    did_you_mean(&text, all.iter().map(String::as_str)),
                );
            }
        }
    }
}

fn inline(objects: &[crate::draft::Free], at: &FieldPath, findings: &mut Findings) -> Vec<Json> {
    let mut values = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        let object = Json::Object(object.0.clone());
        if let Some(missing) = missing_in_object(&object) {
            findings.value(
                &at.key("objects").index(i),
                format!("this is no Kubernetes object: '{missing}' is missing"),
                format!("add '{missing}'"),
            );
        }
        values.push(object);
    }
    values
}

/// What an object lacks to be one: every object has a version, a kind and a name.
pub(crate) fn missing_in_object(object: &Json) -> Option<&'static str> {
    let has = |pointer: &str| {
        let text = object.pointer(pointer).and_then(Json::as_str);
        text.is_some_and(|text| !text.is_empty())
    };
    let fields = [
        ("/apiVersion", "apiVersion"),
        ("/kind", "kind"),
        ("/metadata/name", "metadata.name"),
    ];
    let missing = fields.into_iter().find(|(pointer, _)| !has(pointer));
    missing.map(|(_, name)| name)
}

fn rotate(
    draft: &RotateDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Change> {
    Some(match draft {
        RotateDraft::RemoteSecret(draft) => {
            let at = at.key("remoteSecret");
            Change::RotateSecret {
                secret: fault::remote_secret(&draft.of, &draft.stored_in, scope, &at, findings)?,
                renew: draft.renew,
            }
        }
        RotateDraft::Root(draft) => root(draft, scope, &at.key("root"), findings),
        RotateDraft::Token(draft) => {
            let at = at.key("token").key("vm");
            Change::RotateToken(scope.vm(draft.vm.as_str(), &at, findings)?)
        }
    })
}

fn root(
    draft: &RootRotationDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Change {
    let meshes = scope.topology.meshes();
    if !meshes.contains_key(&draft.mesh) {
        findings.value(
            &at.key("mesh"),
            format!("there is no mesh '{}'", draft.mesh),
            did_you_mean(draft.mesh.as_str(), meshes.keys().map(MeshName::as_str)),
        );
    }
    Change::RotateRoot {
        mesh: draft.mesh.clone(),
        to: draft.to.clone(),
        phase: draft.phase,
    }
}

fn upgrade(
    draft: &UpgradeDraft,
    scope: &mut Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Upgrade {
    let clusters = scope.clusters(&draft.clusters, &at.key("in"), findings);
    match (draft.component, &draft.to, &draft.revision) {
        (Component::Sidecars, Some(_), _) => findings.key(
            &at.key("to"),
            "sidecars get the version of the istiod that injects them",
            "remove 'to'",
        ),
        (Component::Base | Component::Istiod | Component::Gateways, None, _) => {
            findings.key(at, "'to' is missing", "add 'to:' with the version")
        }
        (Component::Gateways | Component::Sidecars, _, Some(revision)) => {
            scope.revision(revision, &at.key("revision"), findings);
        }
        (Component::Base, _, Some(_)) => findings.key(
            &at.key("revision"),
            "custom resource definitions have no revision",
            "remove 'revision'",
        ),
        (Component::Istiod | Component::Base | Component::Sidecars, _, _) => {}
        (Component::Gateways, Some(_), None) => {}
    }
    let upgrade = Upgrade {
        name: draft.name.clone(),
        component: draft.component,
        clusters,
        to: draft.to.clone(),
        revision: draft.revision.clone(),
    };
    scope.remember(upgrade.clone());
    upgrade
}

fn tag(draft: &TagDraft, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) -> Change {
    scope.revision(&draft.revision, &at.key("revision"), findings);
    Change::Tag {
        clusters: scope.clusters(&draft.clusters, &at.key("in"), findings),
        tag: draft.name.clone(),
        revision: draft.revision.clone(),
    }
}
