//! Who calls: where a client stands, and what its resolver knows.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use apiserver::signal::Listener;
use engine::{Error, Result};
use k8s_openapi::api::core::v1::Pod;
use world::{Client, Place as At, Text};

use super::SimProber;
use crate::{
    cluster::Cluster,
    controller::{owner, pod},
    net::{
        Origin, Part, Place,
        dns::{NoAddress, Record, Records, Resolved, Resolver},
    },
};

/// A client that was found.
pub(super) struct Caller {
    pub(super) origin: Origin,
    /// Where it stands, as reports name it.
    pub(super) at: At,
    resolver: Resolver,
    /// The cluster that it is in.
    home: Option<Arc<Cluster>>,
}

/// What was found out for the call before, for calls that resemble each other: who calls, and what
/// the cluster's DNS made of the host.
#[derive(Default)]
pub(crate) struct Known(Mutex<Last>);

#[derive(Default)]
struct Last {
    found: Option<Found>,
    lookup: Option<Lookup>,
}

/// Who calls in a client's name. It holds until the objects that the cluster's controllers see
/// change, whichever they are.
struct Found {
    client: Client,
    news: Listener,
    caller: Arc<Caller>,
}

/// An answer of a cluster's DNS. It holds until the objects that the cluster's controllers see
/// change, whichever they are.
struct Lookup {
    caller: Arc<Caller>,
    host: Text,
    news: Listener,
    resolved: Arc<Resolved>,
}

impl Known {
    /// The caller of the call before, if that was the same client and nothing has changed.
    fn caller(&self, client: &Client) -> Option<Arc<Caller>> {
        let last = self.lock();
        let found = last.found.as_ref()?;
        let holds = !found.news.has_changed() && found.client == *client;
        holds.then(|| Arc::clone(&found.caller))
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup {
    fn answers(&self, caller: &Arc<Caller>, host: &str) -> bool {
        Arc::ptr_eq(&self.caller, caller) && *self.host == *host && !self.news.has_changed()
    }
}

impl SimProber {
    pub(super) fn caller(&self, client: &Client, known: &Known) -> Result<Arc<Caller>> {
        match client {
            Client::Pod { .. } => {
                if let Some(caller) = known.caller(client) {
                    return Ok(caller);
                }
                let found = self.pod_of(client)?;
                let (cluster, pod) = found.ok_or_else(|| no_client(client))?;
                let news = cluster.view.changes();
                let caller = pod_caller(cluster, &pod).ok_or_else(|| no_client(client))?;
                let caller = Arc::new(caller);
                known.lock().found = Some(Found {
                    client: client.clone(),
                    news,
                    caller: Arc::clone(&caller),
                });
                Ok(caller)
            }
            Client::Vm(vm) => {
                let machine = self.machines.get(vm);
                let machine = machine.ok_or_else(|| Error::NoVm(vm.clone()))?;
                Ok(Arc::new(stranger(machine.origin(), At::Vm(vm.clone()))))
            }
            Client::Outside => {
                let origin = Origin {
                    place: Place::Outside.into(),
                    address: Ipv4Addr::UNSPECIFIED,
                };
                Ok(Arc::new(stranger(origin, At::Network("outside".into()))))
            }
        }
    }

    /// The pod that calls in a client's name and its cluster; `None` for clients outside clusters.
    ///
    /// # Errors
    /// [`Error::NoCluster`], and [`Error::NoClient`] if no pod is ready.
    pub(crate) fn pod_of(&self, client: &Client) -> Result<Option<(&Arc<Cluster>, Arc<Pod>)>> {
        let Client::Pod {
            cluster,
            namespace,
            workload,
        } = client
        else {
            return Ok(None);
        };
        let found = self.clusters.get(cluster);
        let found = found.ok_or_else(|| Error::NoCluster(cluster.clone()))?;
        let pod = ready_pod(found, namespace.as_str(), workload.as_str());
        let pod = pod.ok_or_else(|| no_client(client))?;
        Ok(Some((found, pod)))
    }

    /// What the caller's resolver makes of a host.
    pub(super) fn look_up(
        &self,
        caller: &Arc<Caller>,
        host: &Text,
        known: &Known,
    ) -> std::result::Result<Arc<Resolved>, NoAddress> {
        let Origin { place, address } = &caller.origin;
        let captured = self.net.names_at(place, *address);
        let resolver = &caller.resolver;
        match (captured, &caller.home) {
            (None, Some(home)) => ask_cluster(caller, home, host, known),
            (names, Some(home)) => {
                let records = &home.view;
                let found = resolver.resolve_captured(names.as_deref(), records, host);
                found.map(Arc::new)
            }
            (names, None) => {
                let found = resolver.resolve_captured(names.as_deref(), &NoRecords, host);
                found.map(Arc::new)
            }
        }
    }
}

fn ask_cluster(
    caller: &Arc<Caller>,
    home: &Cluster,
    host: &Text,
    known: &Known,
) -> std::result::Result<Arc<Resolved>, NoAddress> {
    let mut last = known.lock();
    if let Some(lookup) = last.lookup.as_ref().filter(|one| one.answers(caller, host)) {
        return Ok(Arc::clone(&lookup.resolved));
    }
    let records = &home.view;
    let news = records.changes();
    let resolved = Arc::new(caller.resolver.resolve(records, host)?);
    last.lookup = Some(Lookup {
        caller: Arc::clone(caller),
        host: host.clone(),
        news,
        resolved: Arc::clone(&resolved),
    });
    Ok(resolved)
}

fn no_client(client: &Client) -> Error {
    Error::NoClient {
        client: client.to_string(),
        why: "it has no pod that is ready".to_owned(),
    }
}

/// The first ready pod of a workload, by name.
fn ready_pod(cluster: &Cluster, namespace: &str, workload: &str) -> Option<Arc<Pod>> {
    let wanted = |pod: &&Arc<Pod>| {
        let app = owner::labels(&pod.metadata).get("app");
        app.is_some_and(|app| app == workload) && pod::is_ready(pod) && pod::is_active(pod)
    };
    cluster
        .view
        .read(|tables| tables.pods.within(namespace).find(wanted).cloned())
}

fn pod_caller(cluster: &Arc<Cluster>, pod: &Pod) -> Option<Caller> {
    let namespace = pod.metadata.namespace.as_deref()?;
    let node = pod.spec.as_ref()?.node_name.as_ref()?;
    let Place::Cluster {
        cluster: name,
        network,
        ..
    } = &cluster.place
    else {
        return None;
    };
    let place = Place::Cluster {
        cluster: name.clone(),
        network: network.clone(),
        part: Part::Node(world::NodeName::new(node.as_str()).ok()?),
    };
    Some(Caller {
        origin: Origin {
            place: place.into(),
            address: pod.status.as_ref()?.pod_ip.as_deref()?.parse().ok()?,
        },
        at: At::Cluster {
            cluster: name.clone(),
            who: format!("pod {namespace}/{}", pod.metadata.name.as_deref()?).into(),
        },
        resolver: Resolver::of_pod(namespace),
        home: Some(Arc::clone(cluster)),
    })
}

/// A client outside every cluster.
fn stranger(origin: Origin, at: At) -> Caller {
    Caller {
        origin,
        at,
        resolver: Resolver::plain(),
        home: None,
    }
}

/// What a client outside every cluster can look up.
struct NoRecords;

impl Records for NoRecords {
    fn service(&self, _: &str, _: &str) -> Option<Record> {
        None
    }

    fn endpoint(&self, _: &str, _: &str, _: &str) -> Option<Ipv4Addr> {
        None
    }
}
