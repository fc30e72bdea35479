//! What becomes of a node that is silent, and of its pods.
//!
//! Kubelets do not send heartbeats here; whether a node can be heard is asked of the network, and
//! the times at which Kubernetes would act on missing heartbeats are kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apiserver::{
    Clock, Pod, Status,
    json::{Value, json},
    stamp,
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Node, Taint};
use tokio::time::Instant;

use super::{Controller, Next, Reconciled, pod, scheduler};
use crate::{
    cluster::{Api, Change, Key, Tables},
    net::Net,
    program::Serve,
};

/// How long a node may be silent. Source: kube-controller-manager's
/// `--node-monitor-grace-period`, 50 s since Kubernetes 1.32 (40 s before).
const GRACE: Duration = Duration::from_secs(50);
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Marks silent nodes and evicts their pods.
pub(crate) struct NodeLifecycle {
    api: Api,
    clock: Clock,
    net: Net<Arc<dyn Serve>>,
    places: BTreeMap<String, crate::net::Place>,
    silent: Mutex<BTreeMap<String, Instant>>,
}

impl NodeLifecycle {
    pub(crate) fn new(
        api: &Api,
        clock: Clock,
        net: Net<Arc<dyn Serve>>,
        places: BTreeMap<String, crate::net::Place>,
    ) -> Self {
        Self {
            api: api.named("node-controller"),
            clock,
            net,
            places,
            silent: Mutex::default(),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(node) = self.api.view().get::<Node>(key) else {
            return Ok(Next::Change);
        };
        let Some(silent) = self.silence(&key.name) else {
            if is_marked(&node) {
                self.mark(key, true).await?;
            }
            return Ok(Next::Change);
        };
        if silent < GRACE {
            return Ok(Next::After(GRACE - silent));
        }
        if !is_marked(&node) {
            self.mark(key, false).await?;
            self.mark_pods(&key.name).await?;
        }
        self.evict(&key.name, silent - GRACE).await
    }

    /// For how long a node has been silent, if it is.
    fn silence(&self, node: &str) -> Option<Duration> {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.places.get(node)?;
        if self.net.is_heard(place) {
            silent.remove(node);
            return None;
        }
        let since = *silent.entry(node.to_owned()).or_insert_with(Instant::now);
        Some(since.elapsed())
    }

    async fn mark(&self, node: &Key, heard: bool) -> Result<(), Status> {
        let time = stamp(self.clock.now());
        let condition = match heard {
            true => json!({"status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status"}),
            false => json!({"status": "Unknown", "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status."}),
        };
        let mut condition = condition;
        condition["type"] = "Ready".into();
        condition["lastTransitionTime"] = time.clone().into();
        condition["lastHeartbeatTime"] = time.clone().into();
        let status = json!({"conditions": [condition]});
        self.api.patch_status::<Node>(node, status).await?;
        let taint = |effect: &str| json!({"key": UNREACHABLE, "effect": effect, "timeAdded": time});
        let taints: Vec<Value> = match heard {
            true => Vec::new(),
            false => vec![taint("NoSchedule"), taint("NoExecute")],
        };
        let patch = json!({"spec": {"taints": taints}});
        self.api.patch::<Node>(node, patch).await.map(drop)
    }

    /// The pods of a silent node count as not ready from now on.
    async fn mark_pods(&self, node: &str) -> Result<(), Status> {
        for pod in self.pods(node) {
            let Some(status) = unready(&pod, &stamp(self.clock.now())) else {
                continue;
            };
            self.api
                .patch_status::<Pod>(&Key::of(&pod.metadata), status)
                .await?;
        }
        Ok(())
    }

    /// Deletes pods that have tolerated the taint for as long as they do.
    async fn evict(&self, node: &str, tainted: Duration) -> Reconciled {
        let taint = Taint {
            key: UNREACHABLE.to_owned(),
            effect: "NoExecute".to_owned(),
            ..Taint::default()
        };
        let mut next = Next::Change;
        for pod in self.pods(node) {
            let spec = pod.spec.as_ref();
            let tolerated = spec.and_then(|spec| scheduler::toleration(spec, &taint));
            let patience = match tolerated {
                Some(None) => continue,
                Some(Some(seconds)) => Duration::from_secs(seconds.max(0).unsigned_abs()),
                None => Duration::ZERO,
            };
            match patience.checked_sub(tainted).filter(|left| !left.is_zero()) {
                None => self.api.delete::<Pod>(&Key::of(&pod.metadata)).await?,
                Some(left) => next = next.or(Next::After(left)),
            }
        }
        Ok(next)
    }

    fn pods(&self, node: &str) -> Vec<Arc<Pod>> {
        let here = |pod: &&Arc<Pod>| {
            let spec = pod.spec.as_ref();
            spec.is_some_and(|s| s.node_name.as_deref() == Some(node)) && pod::is_active(pod)
        };
        self.api.view().read(|tables| {
            tables
                .pods
                .all()
                .map(|(_, pod)| pod)
                .filter(here)
                .cloned()
                .collect()
        })
    }
}

impl Controller for NodeLifecycle {
    fn name(&self) -> &'static str {
        "node-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Node(delta) => vec![delta.key.clone()],
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

fn is_marked(node: &Node) -> bool {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref());
    taints
        .unwrap_or_default()
        .iter()
        .any(|taint| taint.key == UNREACHABLE)
}

/// The status of a pod whose `Ready` is taken from it; `None` if it was not ready.
fn unready(pod: &Pod, time: &str) -> Option<Value> {
    if !pod::is_ready(pod) {
        return None;
    }
    let mut conditions = json!(pod.status.as_ref()?.conditions);
    for condition in conditions.as_array_mut()? {
        if condition["type"] == "Ready" {
            condition["status"] = "False".into();
            condition["reason"] = "NodeNotReady".into();
            condition["message"] = "Node is not ready".into();
            condition["lastTransitionTime"] = time.into();
        }
    }
    Some(json!({"conditions": conditions}))
}
