//! Who calls: where a client stands, and what its resolver knows.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use apiserver::{Pod, signal::Listener};
use engine::{Error, Result};
use world::{Client, Place as At, Text};

use super::SimProber;
use crate::{
    cluster::{Cluster, View},
    controller::{owner, pod},
    net::{
        Origin, Part, Place,
        dns::{Names, NoAddress, Record, Records, Resolved, Resolver, Source},
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
    /// What its DNS made of the hosts that it asked for last.
    known: Mutex<BTreeMap<Text, Lookup>>,
}

/// Who calls in clients' names, as it was found out for calls before.
#[derive(Clone, Default)]
pub(super) struct Callers(Arc<Mutex<BTreeMap<Client, Found>>>);

/// Who calls in a client's name. It holds until the objects that the cluster's controllers see
/// change, whichever they are.
struct Found {
    news: Listener,
    caller: Arc<Caller>,
}

/// An answer of DNS. It holds as long as the caller does, and until a proxy that captures queries is
/// told something else.
struct Lookup {
    source: Option<Source>,
    resolved: Arc<Resolved>,
}

/// How many answers a caller remembers: more than are asked for in turn, fewer than there are names in a
/// large mesh.
const LOOKUPS: usize = 16;

impl Callers {
    /// The caller of a call before, if nothing has changed since.
    fn of(&self, client: &Client) -> Option<Arc<Caller>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(client).filter(|found| !found.news.has_changed())?;
        Some(Arc::clone(&found.caller))
    }

    fn keep(&self, client: &Client, news: Listener, caller: &Arc<Caller>) {
        let caller = Arc::clone(caller);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(client.clone(), Found { news, caller });
    }
}

impl Caller {
    /// What its DNS makes of a host: a proxy that captures queries, and then its cluster's.
    fn ask(
        &self,
        records: &View,
        captured: Option<&dyn Names>,
        host: &Text,
    ) -> std::result::Result<Arc<Resolved>, NoAddress> {
        let source = captured.and_then(Names::source);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = known.get(host).filter(|lookup| lookup.is_of(&source)) {
            return Ok(Arc::clone(&lookup.resolved));
        }
        let resolved = self.resolver.resolve_captured(captured, records, host)?;
        let resolved = Arc::new(resolved);
        if known.len() >= LOOKUPS {
            known.clear();
        }
        let lookup = Lookup {
            source,
            resolved: Arc::clone(&resolved),
        };
        known.insert(host.clone(), lookup);
        Ok(resolved)
    }
}

impl Lookup {
    fn is_of(&self, source: &Option<Source>) -> bool {
        match (&self.source, source) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        }
    }
}

impl SimProber {
    pub(super) fn caller(&self, client: &Client) -> Result<Arc<Caller>> {
        match client {
            Client::Pod { .. } => {
                if let Some(caller) = self.callers.of(client) {
                    return Ok(caller);
                }
                let found = self.pod_of(client)?;
                let (cluster, pod) = found.ok_or_else(|| no_client(client))?;
                let news = cluster.view.changes();
                let caller = pod_caller(cluster, &pod).ok_or_else(|| no_client(client))?;
                let caller = Arc::new(caller);
                self.callers.keep(client, news, &caller);
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
    ) -> std::result::Result<Arc<Resolved>, NoAddress> {
        let Origin { place, address } = &caller.origin;
        let captured = self.net.names_at(place, *address);
        match &caller.home {
            Some(home) => caller.ask(&home.view, captured.as_deref(), host),
            None => {
                let names = captured.as_deref();
                let found = caller.resolver.resolve_captured(names, &NoRecords, host);
                found.map(Arc::new)
            }
        }
    }
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
        known: Mutex::default(),
    })
}

/// A client outside every cluster.
fn stranger(origin: Origin, at: At) -> Caller {
    Caller {
        origin,
        at,
        resolver: Resolver::plain(),
        home: None,
        known: Mutex::default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every name by one address, which it was told with its source.
    struct Told(Ipv4Addr, Source);

    impl Names for Told {
        fn look_up(&self, _: &str) -> Option<Vec<Ipv4Addr>> {
            Some(vec![self.0])
        }

        fn source(&self) -> Option<Source> {
            Some(Arc::clone(&self.1))
        }
    }

    fn told(last: u8) -> Told {
        Told(Ipv4Addr::new(240, 240, 0, last), Arc::new(last))
    }

    fn caller() -> Caller {
        let origin = Origin {
            place: Place::Outside.into(),
            address: Ipv4Addr::UNSPECIFIED,
        };
        stranger(origin, At::Network("outside".into()))
    }

    #[test]
    fn a_captured_answer_holds_until_the_proxy_is_told_something_else() {
        let (caller, records) = (caller(), View::new());
        let ask = |names: &Told| {
            let host = "helloworld.sample".into();
            let found = caller.ask(&records, Some(names), &host).unwrap();
            (found.addresses[0], found)
        };
        let (first, second) = (told(1), told(2));
        let (before, kept) = ask(&first);
        assert_eq!(before, first.0);
        assert!(Arc::ptr_eq(&kept, &ask(&first).1), "it is not asked again");
        assert_eq!(ask(&second).0, second.0);
    }

    #[test]
    fn a_caller_remembers_a_few_answers() {
        let (caller, records, names) = (caller(), View::new(), told(1));
        for n in 0..100 {
            let host = format!("host{n}.sample").into();
            caller.ask(&records, Some(&names), &host).unwrap();
            assert!(caller.known.lock().unwrap().len() <= LOOKUPS);
        }
    }
}
