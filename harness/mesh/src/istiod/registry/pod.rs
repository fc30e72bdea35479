//! The pods of a cluster, each read once for all services that lead to it, and kept for as long as
//! nothing is new about it.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Pod;
use istio::endpoint::Endpoint;
use k8s_openapi::api::core::v1::{Namespace, Node};
use sim::cluster::Key;

use super::{
    super::source::table::Tables,
    endpoint, is_same,
    place::{self, View},
};

/// The pods of a cluster that have an address.
pub(crate) type Pods = BTreeMap<Key, Arc<PodFacts>>;

/// What a pod says of itself.
#[derive(Debug, Clone)]
pub(crate) struct PodFacts {
    /// The pod as an endpoint to which no service leads yet.
    pub(crate) endpoint: Endpoint,
    /// Whether the address is that of the pod's node.
    pub(super) shares_node: bool,
    read_from: Sources,
}

/// The objects that were read.
#[derive(Debug, Clone)]
struct Sources {
    pod: Arc<Pod>,
    /// Where its locality is written.
    node: Option<Arc<Node>>,
    /// Where its network may be written.
    system: Option<Arc<Namespace>>,
}

impl Sources {
    fn of(pod: &Arc<Pod>, tables: &Tables, view: &View<'_>) -> Self {
        Self {
            pod: Arc::clone(pod),
            node: place::node(pod, tables).cloned(),
            system: place::system_namespace(tables, view).cloned(),
        }
    }

    fn are(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pod, &other.pod)
            && is_same(self.node.as_ref(), other.node.as_ref())
            && is_same(self.system.as_ref(), other.system.as_ref())
    }
}

/// Reads the pods; of those before, which were seen from the same place, what still holds is kept.
pub(super) fn all(tables: &Tables, view: &View<'_>, before: &Pods) -> Pods {
    let facts = |(key, pod): (&Key, &Arc<Pod>)| {
        let sources = Sources::of(pod, tables, view);
        let known = before
            .get(key)
            .filter(|known| known.read_from.are(&sources));
        let facts = match known {
            Some(known) => Arc::clone(known),
            None => Arc::new(fresh(sources, tables, view)?),
        };
        Some((key.clone(), facts))
    };
    tables.pods.iter().filter_map(facts).collect()
}

fn fresh(read_from: Sources, tables: &Tables, view: &View<'_>) -> Option<PodFacts> {
    let pod = &read_from.pod;
    let address = pod.status.as_ref()?.pod_ip.as_deref()?;
    Some(PodFacts {
        endpoint: endpoint::workload(Some(pod), address, tables, view),
        shares_node: pod.spec.as_ref()?.host_network == Some(true),
        read_from,
    })
}
