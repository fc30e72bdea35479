//! The instrument: calls of ordinary clients, from a pod, a machine or from outside.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use engine::{Batch, Error, Prober, Result, RunningTraffic, Traffic};
use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use k8s_openapi::api::core::v1::Pod;
use tokio::time::timeout;
use world::{
    Answer, Call, Client, ClusterName, Connection, Hop, Observation, Outcome, Place as At,
    Protocol, Refusal, RuleId, TlsSeen, VmName,
};

use crate::{
    cluster::{Cluster, Ground},
    controller::{owner, pod},
    log::EventLog,
    machine::SimMachine,
    net::{
        Broken, ConnectError, Net, Origin, Part, Place,
        dns::{Record, Records, Resolver},
    },
    program::{Channel, HttpRequest, Reply, Seen, Sent, Serve, ServedBy, Trail},
    traffic::SimTraffic,
};

/// Asks the simulated clusters. Clones ask the same.
#[derive(Clone)]
pub struct SimProber {
    net: Net<Arc<dyn Serve>>,
    log: EventLog,
    clusters: BTreeMap<ClusterName, Arc<Cluster>>,
    machines: BTreeMap<VmName, SimMachine>,
}

/// A client that was found: where it stands, and what its resolver knows.
struct Caller {
    origin: Origin,
    at: At,
    resolver: Resolver,
    cluster: Option<Arc<Cluster>>,
}

/// The open connections of a batch.
pub(crate) type Kept = Arc<std::sync::Mutex<BTreeMap<(Client, String), Arc<Channel>>>>;

impl SimProber {
    pub(crate) fn new(
        ground: &Ground,
        clusters: &BTreeMap<ClusterName, Arc<Cluster>>,
        machines: &BTreeMap<VmName, SimMachine>,
    ) -> Self {
        Self {
            net: ground.net.clone(),
            log: ground.log.clone(),
            clusters: clusters.clone(),
            machines: machines.clone(),
        }
    }

    /// Asks one call; `kept` holds the connections of its batch.
    pub(crate) async fn one(&self, call: Call, kept: &Kept) -> Result<Observation> {
        self.observe(call, kept, Trail::default()).await
    }

    /// Asks one call, of which every station says all it knows.
    pub(crate) async fn explain(&self, call: Call) -> Result<Observation> {
        self.observe(call, &Kept::default(), Trail::thorough())
            .await
    }

    async fn observe(&self, call: Call, kept: &Kept, trail: Trail) -> Result<Observation> {
        let caller = self.caller(&call.from)?;
        let at = self.log.elapsed();
        let mut hops = Vec::new();
        let exchange = self.exchange(&caller, &call, kept, (&mut hops, &trail));
        let asked = timeout(call.timeout, exchange).await;
        let asked = asked.unwrap_or(Err(Refusal::Timeout));
        let seen = trail.take();
        let read = asked.and_then(|(reply, reused)| read(reply, reused, &seen));
        hops.extend(seen.hops);
        let outcome = match read {
            Ok(answer) => Outcome::Answered(answer),
            Err(refusal) => Outcome::Refused(refusal),
        };
        Ok(Observation {
            took: self.log.elapsed() - at,
            call,
            at,
            outcome,
            hops,
        })
    }

    /// What came back, and whether the client's own connection had carried a call before.
    async fn exchange(
        &self,
        caller: &Caller,
        call: &Call,
        kept: &Kept,
        (hops, trail): (&mut Vec<Hop>, &Trail),
    ) -> std::result::Result<(Reply, bool), Refusal> {
        let (channel, reused) = self.connection(caller, call, kept, hops).await?;
        let asked = channel.ask_along(sent(call), trail).await;
        let reply = asked.map_err(|broken| match broken {
            Broken::Reset => Refusal::Reset,
            Broken::TimedOut => Refusal::Timeout,
        })?;
        Ok((reply, reused))
    }

    /// The batch's connection to the target if it is kept and open, or a new one.
    async fn connection(
        &self,
        caller: &Caller,
        call: &Call,
        kept: &Kept,
        hops: &mut Vec<Hop>,
    ) -> std::result::Result<(Arc<Channel>, bool), Refusal> {
        let key = (call.from.clone(), call.to.to_string());
        let lock = || {
            kept.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        let old = lock()
            .get(&key)
            .cloned()
            .filter(|channel| channel.conn().is_open());
        if let (Connection::Kept, Some(channel)) = (call.connection, old) {
            return Ok((channel, true));
        }
        let to = self.resolve(caller, call, hops)?;
        let conn = self.net.connect(&caller.origin, to).await;
        let conn = conn.map_err(|error| match error {
            ConnectError::Refused => Refusal::Refused,
            ConnectError::TimedOut => Refusal::Timeout,
        })?;
        if conn.address() != to {
            let decided = format!(
                "{to} is a Service; its endpoint {} was picked",
                conn.address()
            );
            hops.push(hop(
                caller.at.clone(),
                decided,
                "kubernetes/service-endpoint",
            ));
        }
        let channel = Arc::new(Channel::over(conn));
        if call.connection == Connection::Kept {
            lock().insert(key, Arc::clone(&channel));
        }
        Ok((channel, false))
    }

    fn resolve(
        &self,
        caller: &Caller,
        call: &Call,
        hops: &mut Vec<Hop>,
    ) -> std::result::Result<SocketAddrV4, Refusal> {
        let records = caller.cluster.as_ref().map(|cluster| &cluster.view);
        let names = self
            .net
            .names_at(&caller.origin.place, caller.origin.address);
        let (names, host) = (names.as_deref(), &call.to.host);
        let resolver = &caller.resolver;
        let found = match records {
            Some(view) => resolver.resolve_captured(names, view, host),
            None => resolver.resolve_captured(names, &NoRecords, host),
        };
        let because = "kubernetes/dns";
        match found {
            Ok(resolved) => {
                let address = resolved.addresses[0];
                let decided = format!("{} is {address}", resolved.name);
                hops.push(hop(caller.at.clone(), decided, because));
                Ok(SocketAddrV4::new(address, call.to.port))
            }
            Err(error) => {
                hops.push(hop(caller.at.clone(), error.to_string(), because));
                Err(Refusal::Dns)
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

    fn caller(&self, client: &Client) -> Result<Caller> {
        match client {
            Client::Pod { .. } => {
                let pod = self.pod_of(client)?;
                let caller = pod.and_then(|(cluster, pod)| pod_caller(cluster, &pod));
                caller.ok_or_else(|| no_client(client))
            }
            Client::Vm(vm) => {
                let machine = self
                    .machines
                    .get(vm)
                    .ok_or_else(|| Error::NoVm(vm.clone()))?;
                Ok(Caller {
                    origin: machine.origin(),
                    at: At::Vm(vm.clone()),
                    resolver: Resolver::plain(),
                    cluster: None,
                })
            }
            Client::Outside => Ok(Caller {
                origin: Origin {
                    place: Place::Outside,
                    address: Ipv4Addr::UNSPECIFIED,
                },
                at: At::Network("outside".to_owned()),
                resolver: Resolver::plain(),
                cluster: None,
            }),
        }
    }
}

impl Prober for SimProber {
    fn ask(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Observation>>> {
        async move {
            let kept = Kept::default();
            stream::iter(batch.calls)
                .map(|call| self.one(call, &kept))
                .buffered(batch.parallel.get())
                .try_collect()
                .await
        }
        .boxed()
    }

    fn start(&self, traffic: Traffic) -> BoxFuture<'_, Result<Box<dyn RunningTraffic>>> {
        let running = SimTraffic::start(self.clone(), traffic);
        async { Ok(Box::new(running) as Box<dyn RunningTraffic>) }.boxed()
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
    Some(Caller {
        origin: Origin {
            place: Place::Cluster {
                cluster: name.clone(),
                network: network.clone(),
                part: Part::Node(world::NodeName::new(node.as_str()).ok()?),
            },
            address: pod.status.as_ref()?.pod_ip.as_deref()?.parse().ok()?,
        },
        at: At::Cluster {
            cluster: name.clone(),
            who: format!("pod {namespace}/{}", pod.metadata.name.as_deref()?),
        },
        resolver: Resolver::of_pod(namespace),
        cluster: Some(Arc::clone(cluster)),
    })
}

fn sent(call: &Call) -> Sent {
    match &call.protocol {
        Protocol::Tcp => Sent::Nothing,
        Protocol::Http {
            method,
            path,
            headers,
        } => {
            let lower = headers
                .iter()
                .map(|(name, v)| (name.to_ascii_lowercase(), v.clone()));
            let mut headers: BTreeMap<String, String> = lower.collect();
            let authority = headers
                .remove("host")
                .unwrap_or_else(|| call.to.to_string());
            Sent::Http(HttpRequest {
                method: method.clone(),
                authority,
                path: path.clone(),
                headers,
            })
        }
    }
}

/// What a client makes of a reply, with what proxies saw on the way.
fn read(reply: Reply, reused: bool, seen: &Seen) -> std::result::Result<Answer, Refusal> {
    let (status, by, received_headers) = match reply {
        Reply::Http { status, .. } if status >= 400 => return Err(Refusal::Http(status)),
        Reply::Http {
            status,
            by,
            received,
        } => (Some(status), by, received),
        Reply::Bytes { by } => (None, by, BTreeMap::new()),
        _ => return Err(Refusal::Reset),
    };
    Ok(Answer {
        tls: Some(seen.tls.clone().unwrap_or(TlsSeen::Plaintext)),
        earlier_pick: Some(seen.earlier_pick.unwrap_or(reused)),
        received_headers,
        ..answer(status, by)
    })
}

fn answer(status: Option<u16>, by: Option<ServedBy>) -> Answer {
    let (cluster, name, version) = match by {
        Some(by) => (by.cluster, Some(by.name), by.version),
        None => (None, None, None),
    };
    let vm = match &cluster {
        Some(_) => None,
        None => name
            .as_ref()
            .and_then(|name| VmName::new(name.as_str()).ok()),
    };
    Answer {
        status,
        pod: name.filter(|_| cluster.is_some()),
        cluster,
        vm,
        version,
        tls: None,
        earlier_pick: None,
        received_headers: BTreeMap::new(),
    }
}

fn hop(at: At, decided: String, because: &'static str) -> Hop {
    Hop {
        at,
        decided,
        because: Some(RuleId::new(because)),
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
