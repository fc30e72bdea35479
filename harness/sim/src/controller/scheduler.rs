//! The scheduler: which node a pod runs on, or why none will do.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::{
    Clock, Pod,
    json::{Text, json},
    stamp,
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Node, NodeSelectorTerm, PodSpec, Taint};

use super::{Controller, Next, Reconciled, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

/// Binds pods to nodes.
pub(crate) struct Scheduler {
    api: Api,
    clock: Clock,
}

impl Scheduler {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("kube-scheduler"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(pod) = self
            .api
            .view()
            .get::<Pod>(key)
            .filter(|pod| is_waiting(pod))
        else {
            return Ok(Next::Change);
        };
        let chosen = self.api.view().read(|tables| choose(&pod, tables));
        match chosen {
            Ok(node) => self.api.bind(key, &node).await?,
            Err(message) => self.report(&pod, &message).await?,
        }
        Ok(Next::Change)
    }

    async fn report(&self, pod: &Pod, message: &str) -> Result<(), apiserver::Status> {
        let conditions = pod
            .status
            .as_ref()
            .and_then(|status| status.conditions.as_deref());
        let mut known = conditions.unwrap_or_default().iter();
        if known.any(|one| one.type_ == "PodScheduled" && one.message.as_deref() == Some(message)) {
            return Ok(());
        }
        let status = json!({"conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": message, "lastTransitionTime": stamp(self.clock.now()),
        }]});
        self.api
            .patch_status::<Pod>(&Key::of(&pod.metadata), status)
            .await
            .map(drop)
    }
}

impl Controller for Scheduler {
    fn name(&self) -> &'static str {
        "kube-scheduler"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        let waiting = || {
            let pods = tables.pods.all().filter(|(_, pod)| is_waiting(pod));
            pods.map(|(key, _)| key.clone()).collect()
        };
        match change {
            Change::Pod(delta) if delta.new.as_deref().is_some_and(is_waiting) => {
                vec![delta.key.clone()]
            }
            Change::Node(_) => waiting(),
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

fn is_waiting(pod: &Pod) -> bool {
    let spec = pod.spec.as_ref();
    pod::is_active(pod)
        && spec.is_some_and(|spec| {
            let own = spec
                .scheduler_name
                .as_deref()
                .is_none_or(|name| name == "default-scheduler");
            let gated = spec
                .scheduling_gates
                .as_ref()
                .is_some_and(|gates| !gates.is_empty());
            spec.node_name.is_none() && own && !gated
        })
}

/// The node for a pod: of those that will do, the one with the fewest pods of the same owner, then
/// the fewest pods, then the first by name. Without one, the scheduler's message.
fn choose(pod: &Pod, tables: &Tables) -> Result<Text, String> {
    let Some(spec) = &pod.spec else {
        return Err("the pod has no specification".to_owned());
    };
    let mut reasons = BTreeMap::<String, usize>::new();
    let mut fit = Vec::new();
    for (key, node) in tables.nodes.all() {
        match refusal(spec, node) {
            None => fit.push((load(pod, &key.name, tables), key.name.clone())),
            Some(reason) => *reasons.entry(reason).or_insert(0) += 1,
        }
    }
    let best = fit.into_iter().min();
    best.map(|(_, name)| name).ok_or_else(|| {
        let all: Vec<_> = reasons
            .iter()
            .map(|(reason, n)| format!("{n} {reason}"))
            .collect();
        let nodes: usize = reasons.values().sum();
        format!("0/{nodes} nodes are available: {}.", all.join(", "))
    })
}

/// Pods of the same owner and pods at all on a node: replicas are spread first.
fn load(pod: &Pod, node: &str, tables: &Tables) -> (usize, usize) {
    let owner = owner::controller_of(&pod.metadata).map(|owner| &owner.uid);
    let on_node = |other: &&Arc<Pod>| {
        let spec = other.spec.as_ref();
        spec.is_some_and(|spec| spec.node_name.as_deref() == Some(node)) && pod::is_active(other)
    };
    let pods: Vec<_> = tables
        .pods
        .all()
        .map(|(_, pod)| pod)
        .filter(on_node)
        .collect();
    let sibling = |other: &&&Arc<Pod>| {
        owner.is_some() && owner::controller_of(&other.metadata).map(|o| &o.uid) == owner
    };
    (pods.iter().filter(sibling).count(), pods.len())
}

/// Why a node will not do, in the scheduler's words.
fn refusal(spec: &PodSpec, node: &Node) -> Option<String> {
    if !selected(spec, node) {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    if requires_pod_affinity(spec) {
        return Some("node(s): required pod (anti-)affinity is not modelled".to_owned());
    }
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref());
    let strict = |taint: &&Taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute";
    let mut taints = taints.unwrap_or_default().iter().filter(strict);
    let taint = taints.find(|taint| !tolerates(spec, taint))?;
    let value = taint.value.as_deref().unwrap_or_default();
    Some(format!(
        "node(s) had untolerated taint {{{}: {value}}}",
        taint.key
    ))
}

fn requires_pod_affinity(spec: &PodSpec) -> bool {
    let affinity = spec.affinity.as_ref();
    let required = |terms: Option<&[_]>| terms.is_some_and(|terms: &[_]| !terms.is_empty());
    let near = affinity.and_then(|a| a.pod_affinity.as_ref());
    let apart = affinity.and_then(|a| a.pod_anti_affinity.as_ref());
    required(near.and_then(|a| {
        a.required_during_scheduling_ignored_during_execution
            .as_deref()
    })) || required(apart.and_then(|a| {
        a.required_during_scheduling_ignored_during_execution
            .as_deref()
    }))
}

fn selected(spec: &PodSpec, node: &Node) -> bool {
    let labels = owner::labels(&node.metadata);
    let mut wanted = spec.node_selector.iter().flatten();
    let affinity = spec
        .affinity
        .as_ref()
        .and_then(|a| a.node_affinity.as_ref());
    let required = affinity.and_then(|a| {
        a.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    wanted.all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|required| {
            required
                .node_selector_terms
                .iter()
                .any(|term| matches(term, node))
        })
}

fn matches(term: &NodeSelectorTerm, node: &Node) -> bool {
    let labels = owner::labels(&node.metadata);
    let mut expressions = term.match_expressions.iter().flatten();
    let mut fields = term.match_fields.iter().flatten();
    let holds = |operator: &str, value: Option<&String>, values: &Option<Vec<String>>| {
        owner::holds(operator, value, values.as_deref().unwrap_or_default())
    };
    expressions.all(|one| holds(&one.operator, labels.get(&one.key), &one.values))
        && fields.all(|one| {
            let name = node
                .metadata
                .name
                .as_ref()
                .filter(|_| one.key == "metadata.name");
            holds(&one.operator, name, &one.values)
        })
}

/// Whether a pod tolerates a taint.
pub(crate) fn tolerates(spec: &PodSpec, taint: &Taint) -> bool {
    toleration(spec, taint).is_some()
}

/// For how many seconds a pod tolerates a taint: `None` not at all, `Some(None)` for ever.
pub(crate) fn toleration(spec: &PodSpec, taint: &Taint) -> Option<Option<i64>> {
    let mut all = spec.tolerations.iter().flatten();
    let found = all.find(|one| {
        let effect = one
            .effect
            .as_deref()
            .is_none_or(|effect| effect == taint.effect);
        let key = one
            .key
            .as_deref()
            .is_none_or(|key| key.is_empty() || key == taint.key);
        let exists = one.operator.as_deref() == Some("Exists");
        effect
            && key
            && (exists
                || one.value.as_deref().unwrap_or_default()
                    == taint.value.as_deref().unwrap_or_default())
    });
    found.map(|one| one.toleration_seconds)
}

#[cfg(test)]
mod tests {
    use apiserver::json::Value;

    use super::*;

    fn node(value: Value) -> Node {
        serde::Deserialize::deserialize(&value).unwrap()
    }

    fn spec(value: Value) -> PodSpec {
        serde::Deserialize::deserialize(&value).unwrap()
    }

    #[test]
    fn a_taint_keeps_pods_away_that_do_not_tolerate_it() {
        let tainted = node(json!({"spec": {"taints": [
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]}}));
        let plain = spec(json!({"containers": []}));
        assert_eq!(
            refusal(&plain, &tainted).unwrap(),
            "node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
        );
        let tolerant = spec(json!({"containers": [], "tolerations": [{"operator": "Exists"}]}));
        assert_eq!(refusal(&tolerant, &tainted), None);
    }

    #[test]
    fn selectors_and_required_affinity_are_both_needed() {
        let zone = node(json!({"metadata": {"labels": {"zone": "a"}}}));
        let affinity = |values: &[&str]| {
            json!({"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "zone", "operator": "In", "values": values}]}]}}})
        };
        let with = |selector: &str, values: &[&str]| {
            spec(json!({
            "containers": [], "nodeSelector": {"zone": selector}, "affinity": affinity(values)}))
        };
        assert_eq!(refusal(&with("a", &["a", "b"]), &zone), None);
        assert!(refusal(&with("a", &["b"]), &zone).is_some());
        assert!(refusal(&with("b", &["a"]), &zone).is_some());
    }
}
