//! The kubelets of a cluster: every pod that is bound to a node is run by a worker.
//!
//! Reading order: [`worker`] (a pod's life), [`container`] (a container's life within it),
//! [`probe`] (when a probe notices what), [`status`] and [`condition`] (what is told of it all,
//! pure), [`address`] (the pods' addresses).

mod address;
mod condition;
mod container;
mod probe;
mod status;
mod worker;

use std::{
    collections::BTreeMap,
    net::SocketAddrV4,
    sync::{Arc, Mutex, PoisonError},
};

use apiserver::{Clock, Pod};
use futures::{FutureExt, future::BoxFuture};
use pki::Roots;
use tokio::{sync::watch, task::AbortHandle};
use world::ClusterName;

use crate::{
    cluster::{Api, Change, Key, Tables},
    controller::{Controller, Next, Reconciled},
    log::EventLog,
    net::Net,
    program::{Images, Serve},
    random::Seed,
};

pub(crate) use address::NodeAddresses;

/// What every worker of a cluster shares.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) cluster: ClusterName,
    pub(crate) api: Api,
    pub(crate) clock: Clock,
    pub(crate) net: Net<Arc<dyn Serve>>,
    pub(crate) log: EventLog,
    pub(crate) images: Arc<dyn Images>,
    pub(crate) nodes: Arc<BTreeMap<String, NodeAddresses>>,
    pub(crate) seed: Seed,
    pub(crate) api_server: SocketAddrV4,
    pub(crate) roots: Roots,
}

/// All kubelets of a cluster.
pub(crate) struct Kubelets {
    around: Surroundings,
    workers: Mutex<BTreeMap<Key, Worker>>,
}

/// The worker of one pod. Dropping it kills the pod's processes.
struct Worker {
    /// The pod's: one that takes its name later is another pod.
    uid: String,
    news: watch::Sender<Arc<Pod>>,
    task: AbortHandle,
}

impl Kubelets {
    pub(crate) fn new(around: Surroundings) -> Self {
        let api = around.api.named("kubelet");
        Self {
            around: Surroundings { api, ..around },
            workers: Mutex::default(),
        }
    }

    /// Starts a worker for a pod that is bound, tells one that has news, ends one whose pod is
    /// gone.
    fn sync(&self, key: &Key) {
        let pod = self.around.api.view().get::<Pod>(key);
        let uid = pod.as_ref().and_then(|pod| pod.metadata.uid.clone());
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = workers.get(key);
        let known = known.filter(|worker| Some(&worker.uid) == uid.as_ref());
        match (known, pod.zip(uid)) {
            (Some(worker), Some((pod, _))) => drop(worker.news.send_replace(pod)),
            (_, new) => {
                workers.remove(key);
                let started = new.and_then(|(pod, uid)| self.start(key, uid, pod));
                if let Some(worker) = started {
                    workers.insert(key.clone(), worker);
                }
            }
        }
    }

    fn start(&self, key: &Key, uid: String, pod: Arc<Pod>) -> Option<Worker> {
        let node = pod.spec.as_ref()?.node_name.clone()?;
        if !self.around.nodes.contains_key(&node) || status::is_finished(&pod) {
            return None;
        }
        let news = watch::Sender::new(pod);
        let work = worker::run(self.around.clone(), node, key.clone(), news.subscribe());
        Some(Worker {
            uid,
            task: tokio::spawn(work).abort_handle(),
            news,
        })
    }
}

impl Controller for Kubelets {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Pod(delta) => vec![delta.key.clone()],
            // A node that is heard again tells anew how its pods are.
            Change::Node(delta) => {
                let on_node = |pod: &Pod| {
                    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
                    node == Some(delta.key.name.as_str())
                };
                let pods = tables.pods.all().filter(|(_, pod)| on_node(pod));
                pods.map(|(key, _)| key.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key);
        async { Ok(Next::Change) }.boxed()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}
