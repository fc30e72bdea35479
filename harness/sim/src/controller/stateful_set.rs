//! StatefulSets: pods with ordinals, made and replaced one after another.

use std::{sync::Arc, time::Duration};

use apiserver::Status;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::{
    apps::v1::{StatefulSet, StatefulSetSpec},
    core::v1::Pod,
};
use serde_json::{Value, json};

use super::{Controller, INSTANT, Next, Reconciled, merge, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

const REVISION_LABEL: &str = "controller-revision-hash";

/// Makes and replaces the pods of StatefulSets.
pub(crate) struct StatefulSets {
    api: Api,
}

/// What is to be done next; with ordered pods there is only one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Create(i32),
    Delete(String),
}

impl StatefulSets {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("statefulset-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(set) = self.api.view().get::<StatefulSet>(key) else {
            return Ok(Next::Change);
        };
        let spec = &set.spec;
        if set.metadata.deletion_timestamp.is_some() {
            return Ok(Next::Change);
        }
        let revision = revision(&set, spec);
        for step in steps(spec, &self.pods(&set), &revision) {
            self.take(&set, spec, &revision, step).await?;
        }
        self.report(&set, spec, &revision).await?;
        Ok(Next::Change)
    }

    fn pods(&self, set: &StatefulSet) -> Vec<Arc<Pod>> {
        let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
        let owned = |pod: &&Arc<Pod>| owner::controls(&set.metadata, &pod.metadata);
        self.api.view().read(|tables| {
            tables
                .pods
                .within(namespace)
                .filter(owned)
                .cloned()
                .collect()
        })
    }

    async fn take(
        &self,
        set: &StatefulSet,
        spec: &StatefulSetSpec,
        revision: &str,
        step: Step,
    ) -> Result<(), Status> {
        let namespace = set.metadata.namespace.clone().unwrap_or_default();
        match step {
            Step::Create(ordinal) => {
                let pod = new_pod(set, spec, revision, ordinal);
                self.api.create::<Pod>(pod).await.map(drop)
            }
            Step::Delete(name) => self.api.delete::<Pod>(&Key::new(namespace, name)).await,
        }
    }

    async fn report(
        &self,
        set: &StatefulSet,
        spec: &StatefulSetSpec,
        revision: &str,
    ) -> Result<(), Status> {
        let status = status(set, spec, &self.pods(set), revision);
        if !merge::changes(&json!(set.status), &status) {
            return Ok(());
        }
        let key = Key::of(&set.metadata);
        self.api
            .patch_status::<StatefulSet>(&key, status)
            .await
            .map(drop)
    }
}

impl Controller for StatefulSets {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::StatefulSet(delta) => vec![delta.key.clone()],
            Change::Pod(delta) => owner::key_of(delta, "StatefulSet").into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn patience(&self, _: &Change) -> Duration {
        INSTANT
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// Ordered pods wait for each other; parallel ones do not. Pods of another revision are replaced
/// from the highest ordinal down, one at a time, once all others are ready.
fn steps(spec: &StatefulSetSpec, pods: &[Arc<Pod>], revision: &str) -> Vec<Step> {
    let ordered = spec.pod_management_policy.as_deref() != Some("Parallel");
    let want = spec.replicas.unwrap_or(1);
    let mut steps = Vec::new();
    for at in 0..want {
        match with_ordinal(pods, at) {
            None => steps.push(Step::Create(at)),
            // One that has ended is made anew under its name.
            Some(pod) if has_ended(pod) => steps.push(Step::Delete(name(pod))),
            Some(pod) if pod::is_ready(pod) && pod::is_active(pod) => continue,
            Some(_) => {}
        }
        if ordered {
            return steps;
        }
    }
    let surplus = pods
        .iter()
        .filter(|pod| ordinal(pod).is_none_or(|at| at >= want))
        .rev();
    let surplus = surplus
        .filter(|pod| pod::is_active(pod))
        .map(|pod| Step::Delete(name(pod)));
    steps.extend(surplus);
    if ordered {
        steps.truncate(1);
    }
    if steps.is_empty()
        && pods
            .iter()
            .all(|pod| pod::is_ready(pod) && pod::is_active(pod))
    {
        steps.extend(outdated(spec, pods, revision));
    }
    steps
}

fn outdated(spec: &StatefulSetSpec, pods: &[Arc<Pod>], revision: &str) -> Option<Step> {
    let strategy = spec.update_strategy.as_ref();
    if strategy.and_then(|s| s.type_.as_deref()) == Some("OnDelete") {
        return None;
    }
    let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
    let from = rolling.and_then(|r| r.partition).unwrap_or(0);
    let old = |at: &i32| {
        let labels = with_ordinal(pods, *at).map(|pod| owner::labels(&pod.metadata));
        labels.is_some_and(|labels| labels.get(REVISION_LABEL).is_none_or(|r| r != revision))
    };
    let highest = (from..spec.replicas.unwrap_or(1)).rev().find(old)?;
    with_ordinal(pods, highest).map(|pod| Step::Delete(name(pod)))
}

fn has_ended(pod: &Pod) -> bool {
    let ended = matches!(pod::phase(pod), "Succeeded" | "Failed");
    ended && pod.metadata.deletion_timestamp.is_none()
}

fn with_ordinal(pods: &[Arc<Pod>], wanted: i32) -> Option<&Arc<Pod>> {
    pods.iter().find(|pod| ordinal(pod) == Some(wanted))
}

fn ordinal(pod: &Pod) -> Option<i32> {
    pod.metadata
        .name
        .as_deref()?
        .rsplit_once('-')?
        .1
        .parse()
        .ok()
}

fn name(pod: &Pod) -> String {
    pod.metadata.name.clone().unwrap_or_default()
}

fn revision(set: &StatefulSet, spec: &StatefulSetSpec) -> String {
    let name = set.metadata.name.as_deref().unwrap_or_default();
    format!("{name}-{}", pod::template_hash(&spec.template))
}

fn new_pod(set: &StatefulSet, spec: &StatefulSetSpec, revision: &str, ordinal: i32) -> Value {
    let set_name = set.metadata.name.as_deref().unwrap_or_default();
    let name = format!("{set_name}-{ordinal}");
    let mut pod = pod::from_template(&spec.template, set, Some(&name));
    let labels = &mut pod["metadata"]["labels"];
    labels[REVISION_LABEL] = revision.into();
    labels["statefulset.kubernetes.io/pod-name"] = name.clone().into();
    labels["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
    pod["spec"]["hostname"] = name.into();
    pod["spec"]["subdomain"] = json!(spec.service_name);
    pod
}

fn status(set: &StatefulSet, spec: &StatefulSetSpec, pods: &[Arc<Pod>], revision: &str) -> Value {
    let ready = pods.iter().filter(|pod| pod::is_ready(pod)).count();
    let updated = |pod: &&Arc<Pod>| {
        owner::labels(&pod.metadata)
            .get(REVISION_LABEL)
            .is_some_and(|r| r == revision)
    };
    let updated = pods.iter().filter(updated).count();
    let some = |n: usize| (n > 0).then_some(n);
    let whole = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0) == updated;
    let before = set
        .status
        .as_ref()
        .and_then(|status| status.current_revision.clone());
    json!({
        "observedGeneration": set.metadata.generation,
        "replicas": pods.len(),
        "readyReplicas": some(ready),
        "availableReplicas": ready,
        "updatedReplicas": some(updated),
        "updateRevision": revision,
        "currentRevision": if whole { revision.to_owned() } else { before.unwrap_or_else(|| revision.to_owned()) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(ordinal: i32, ready: bool, revision: &str) -> Arc<Pod> {
        let status = if ready { "True" } else { "False" };
        let pod = json!({
            "metadata": {"name": format!("db-{ordinal}"), "labels": {REVISION_LABEL: revision}},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}]},
        });
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    fn spec(replicas: i32, policy: &str) -> StatefulSetSpec {
        StatefulSetSpec {
            replicas: Some(replicas),
            pod_management_policy: Some(policy.to_owned()),
            ..StatefulSetSpec::default()
        }
    }

    #[test]
    fn ordered_pods_wait_for_the_one_before() {
        let ordered = spec(3, "OrderedReady");
        assert_eq!(steps(&ordered, &[], "a"), [Step::Create(0)]);
        assert_eq!(steps(&ordered, &[pod(0, false, "a")], "a"), []);
        assert_eq!(
            steps(&ordered, &[pod(0, true, "a")], "a"),
            [Step::Create(1)]
        );
        let parallel = steps(&spec(2, "Parallel"), &[], "a");
        assert_eq!(parallel, [Step::Create(0), Step::Create(1)]);
    }

    #[test]
    fn a_pod_that_has_ended_is_made_anew() {
        let ended = json!({"metadata": {"name": "db-0"}, "status": {"phase": "Failed"}});
        let ended = Arc::new(serde_json::from_value(ended).unwrap());
        let step = [Step::Delete("db-0".to_owned())];
        assert_eq!(steps(&spec(2, "OrderedReady"), &[ended], "a"), step);
    }

    #[test]
    fn the_highest_ordinal_goes_first() {
        let pods = [pod(0, true, "a"), pod(1, true, "a"), pod(2, true, "a")];
        let step = |name: &str| [Step::Delete(name.to_owned())];
        assert_eq!(steps(&spec(1, "OrderedReady"), &pods, "a"), step("db-2"));
        assert_eq!(steps(&spec(3, "OrderedReady"), &pods, "b"), step("db-2"));
    }
}
