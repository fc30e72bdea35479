//! The templates that a StatefulSet had, as ControllerRevisions.

use std::sync::Arc;

use apiserver::{
    Status,
    json::{Value, json},
};
use k8s_openapi::api::{
    apps::v1::{ControllerRevision, StatefulSet, StatefulSetSpec},
    core::v1::PodTemplateSpec,
};

use super::steps;
use crate::controller::{owner, pod};

/// How many revisions are kept that no pod is made of. Source: the API's default.
const HISTORY: i32 = 10;

/// The revision that is being replaced, and the one that replaces it.
#[derive(Debug, Clone)]
pub(super) struct Revisions {
    pub(super) current: Arc<ControllerRevision>,
    pub(super) update: Arc<ControllerRevision>,
}

impl Revisions {
    /// The revision of which the pod of an ordinal is made now.
    pub(super) fn of_ordinal(&self, spec: &StatefulSetSpec, ordinal: i32) -> &ControllerRevision {
        match ordinal < steps::partition(spec.update_strategy.as_ref()) {
            true => &self.current,
            false => &self.update,
        }
    }

    pub(super) fn have(&self, wanted: &str) -> bool {
        name(&self.current) == wanted || name(&self.update) == wanted
    }
}

pub(super) fn name(revision: &ControllerRevision) -> String {
    revision.metadata.name.clone().unwrap_or_default()
}

/// Which of a set's revisions this is, counted from 1.
pub(super) fn number(revision: &ControllerRevision) -> i64 {
    revision.revision.unwrap_or(0)
}

/// The name of the revision of a set's present template.
pub(super) fn name_of(set: &StatefulSet) -> String {
    let name = set.metadata.name.as_deref().unwrap_or_default();
    format!("{name}-{}", pod::template_hash(&set.spec.template))
}

/// How many revisions are kept besides those in use.
pub(super) fn limit(spec: &StatefulSetSpec) -> usize {
    let limit = spec.revision_history_limit.unwrap_or(HISTORY);
    usize::try_from(limit).unwrap_or(0)
}

/// The revision of a set's present template: a patch that would bring it back.
pub(super) fn new(set: &StatefulSet, revision: i64) -> Value {
    let mut template = json!(set.spec.template);
    let mut labels = template["metadata"]["labels"].clone();
    labels["controller.kubernetes.io/hash"] = pod::template_hash(&set.spec.template).into();
    template["$patch"] = "replace".into();
    json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {
            "namespace": set.metadata.namespace,
            "name": name_of(set),
            "labels": labels,
            "annotations": set.metadata.annotations.clone().unwrap_or_default(),
            "ownerReferences": [owner::reference(set)],
        },
        "data": {"spec": {"template": template}},
        "revision": revision,
    })
}

/// The template that a revision holds.
///
/// # Errors
/// If it holds none, because somebody else has made it.
pub(super) fn template(revision: &ControllerRevision) -> Result<PodTemplateSpec, Status> {
    let template = revision.data.0.pointer("/spec/template");
    let template = template.cloned().unwrap_or_default();
    serde_json::from_value(template).map_err(|error| {
        let name = name(revision);
        Status::internal(format_args!(
            "ControllerRevision {name} holds no template: {error}"
        ))
    })
}
