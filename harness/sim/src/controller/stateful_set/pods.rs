//! The pods of a StatefulSet by their ordinals.

use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Duration};

use apiserver::{Pod, Status, json::Value};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetSpec};

use super::revision;
use crate::{
    cluster::Tables,
    controller::{Next, owner, pod},
};

/// The label that names the revision of which a pod is made.
pub(super) const REVISION_LABEL: &str = "controller-revision-hash";

/// The pods of one set.
#[derive(Debug, Clone)]
pub(super) struct Pods {
    by_ordinal: BTreeMap<i32, One>,
}

/// One pod, as far as its set looks at it.
#[derive(Debug, Clone)]
pub(super) struct One {
    pub(super) name: String,
    pub(super) revision: String,
    pub(super) is_terminating: bool,
    /// Succeeded or failed.
    pub(super) has_ended: bool,
    pub(super) is_ready: bool,
    /// How long until it counts as available; `None` while it is not ready.
    pub(super) available_in: Option<Duration>,
}

impl One {
    /// Whether it runs, is ready, and has been for long enough.
    pub(super) fn is_available(&self) -> bool {
        self.available_in == Some(Duration::ZERO) && !self.is_terminating
    }

    fn of(pod: &Pod, spec: &StatefulSetSpec, now: Timestamp) -> Self {
        let runs = pod::phase(pod) == "Running";
        let labels = owner::labels(&pod.metadata);
        let min_ready = spec.min_ready_seconds.unwrap_or(0);
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            revision: labels.get(REVISION_LABEL).cloned().unwrap_or_default(),
            is_terminating: pod.metadata.deletion_timestamp.is_some(),
            has_ended: matches!(pod::phase(pod), "Succeeded" | "Failed"),
            is_ready: runs && pod::is_ready(pod),
            available_in: pod::available_in(pod, min_ready, now).filter(|_| runs),
        }
    }
}

impl Pods {
    pub(super) fn of(set: &StatefulSet, tables: &Tables, now: Timestamp) -> Self {
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        let owned = |pod: &&Arc<Pod>| owner::controls(&set.metadata, &pod.metadata);
        let pods = tables.pods.within(namespace).filter(owned);
        Self::new(pods.map(|pod| &**pod), &set.spec, now)
    }

    pub(super) fn new<'a>(
        pods: impl Iterator<Item = &'a Pod>,
        spec: &StatefulSetSpec,
        now: Timestamp,
    ) -> Self {
        let numbered = pods.filter_map(|pod| Some((ordinal(pod)?, One::of(pod, spec, now))));
        Self {
            by_ordinal: numbered.collect(),
        }
    }

    pub(super) fn get(&self, ordinal: i32) -> Option<&One> {
        self.by_ordinal.get(&ordinal)
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = (i32, &One)> {
        self.by_ordinal.iter().map(|(ordinal, pod)| (*ordinal, pod))
    }

    /// Whether a pod is made of this revision.
    pub(super) fn are_of(&self, revision: &str) -> bool {
        self.all().any(|(_, pod)| pod.revision == revision)
    }

    /// When a pod becomes available by the passing of time alone.
    pub(super) fn next(&self) -> Next {
        let waits = self.all().filter_map(|(_, pod)| pod.available_in);
        let wait = waits.filter(|wait| !wait.is_zero()).min();
        wait.map_or(Next::Change, Next::After)
    }
}

/// The ordinals that a set should have.
pub(super) fn wanted(spec: &StatefulSetSpec) -> Range<i32> {
    let ordinals = spec.ordinals.as_ref();
    let start = ordinals.and_then(|ordinals| ordinals.start).unwrap_or(0);
    start..start + spec.replicas.unwrap_or(1)
}

fn ordinal(pod: &Pod) -> Option<i32> {
    let name = pod.metadata.name.as_deref()?;
    name.rsplit_once('-')?.1.parse().ok()
}

/// The pod of an ordinal, made of a revision's template.
///
/// # Errors
/// If the revision holds no template.
pub(super) fn new_pod(
    set: &StatefulSet,
    of: &ControllerRevision,
    ordinal: i32,
) -> Result<Value, Status> {
    let set_name = set.metadata.name.as_deref().unwrap_or_default();
    let name = format!("{set_name}-{ordinal}");
    let template = revision::template(of)?;
    let mut pod = pod::from_template(&template, set, Some(&name));
    let labels = &mut pod["metadata"]["labels"];
    labels[REVISION_LABEL] = revision::name(of).into();
    labels["statefulset.kubernetes.io/pod-name"] = name.clone().into();
    labels["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
    pod["spec"]["hostname"] = name.into();
    pod["spec"]["subdomain"] = set.spec.service_name.as_deref().into();
    Ok(pod)
}
