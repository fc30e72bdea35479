//! Asking from within: curl in the client's pod, many calls by one command.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{Batch, Error, Prober, RunningTraffic, Traffic};
use futures::future::{BoxFuture, FutureExt as _};
use kube::Client as Kube;
use tokio::time::Instant;
use world::{Call, Capability, Client, ClusterName, NetworkName, Observation};

use crate::{
    curl::{report, script},
    exec::Workload,
    pick::Standpoint,
    shell::Shell,
    traffic::ExecTraffic,
    way::{
        Ways,
        counted::{self, Upstream},
    },
};

/// Asks by exec.
pub struct ExecProber {
    clients: BTreeMap<ClusterName, Kube>,
    networks: BTreeMap<ClusterName, NetworkName>,
    /// The way to clients that are no pods, where there is one.
    shell: Option<Box<dyn Shell>>,
    ways: Ways,
    since: Instant,
}

impl ExecProber {
    /// Asks in these clusters, of which each is in a network; observations count from `since`.
    pub fn new(
        clients: BTreeMap<ClusterName, Kube>,
        networks: BTreeMap<ClusterName, NetworkName>,
        since: Instant,
    ) -> Self {
        Self {
            clients,
            networks,
            shell: None,
            ways: Ways::default(),
            since,
        }
    }

    /// Asks from clients that are no pods, too.
    #[must_use]
    pub fn beside(self, shell: impl Shell + 'static) -> Self {
        Self {
            shell: Some(Box::new(shell)),
            ..self
        }
    }

    async fn batch(&self, batch: &Batch) -> engine::Result<Vec<Observation>> {
        let mut observations = Vec::with_capacity(batch.calls.len());
        // Calls of one client to one target next to each other share a command.
        let together = |a: &Arc<Call>, b: &Arc<Call>| a.from == b.from && a.to == b.to;
        for calls in batch.calls.chunk_by(together) {
            observations.extend(self.calls(calls, batch.parallel.get()).await?);
        }
        Ok(observations)
    }

    /// Asks calls of one client to one target.
    async fn calls(
        &self,
        calls: &[Arc<Call>],
        parallel: usize,
    ) -> engine::Result<Vec<Observation>> {
        let client = &calls[0].from;
        let (place, namespace) = match client {
            Client::Pod { namespace, .. } => (
                Some(self.workload(client)?.place().await?),
                namespace.as_str(),
            ),
            Client::Vm(_) | Client::Outside => (None, "default"),
        };
        let has_proxy = match &place {
            Some(place) => place.proxied,
            None => matches!(client, Client::Vm(_)),
        };
        let script = told(calls, parallel);
        let script = if has_proxy {
            counted::beside(&script)
        } else {
            script
        };
        let at = self.since.elapsed();
        let said = match &place {
            Some(place) => {
                let said = place.run(&["sh", "-c", &script]).await;
                said.map_err(|source| place.failed("run curl in", source))?
            }
            None => self.elsewhere(client, &script).await?,
        };
        let to = &calls[0].to;
        let (said, used) = counted::apart(&said, &Upstream::of(&to.host, to.port, namespace));
        let mut seen = heard(calls, parallel, said, at)?;
        self.ways.tell(&self.clients, &used, &mut seen).await?;
        self.tell_picks(client, has_proxy, &mut seen);
        Ok(seen)
    }

    /// Adds what is known of picks to the answers that a pod had.
    fn tell_picks(&self, client: &Client, proxied: bool, seen: &mut [Observation]) {
        let Client::Pod { cluster, .. } = client else {
            return;
        };
        let standpoint = Standpoint {
            cluster,
            proxied,
            networks: &self.networks,
        };
        standpoint.tell(seen);
    }

    /// Runs a script where a client is that is no pod.
    async fn elsewhere(&self, client: &Client, script: &str) -> engine::Result<String> {
        match (&self.shell, client) {
            (Some(shell), _) => shell.run(client, script).await,
            (None, Client::Vm(_)) => Err(Error::NotCapable(Capability::Vms)),
            (None, _) => Err(Error::NotCapable(Capability::OutsideClient)),
        }
    }

    /// The pods that a client's calls are made from.
    fn workload(&self, client: &Client) -> engine::Result<Workload> {
        match client {
            Client::Pod {
                cluster,
                namespace,
                workload,
            } => {
                let api = self.clients.get(cluster).cloned();
                let api = api.ok_or_else(|| Error::NoCluster(cluster.clone()))?;
                let (namespace, name) = (namespace.as_str(), workload.as_str());
                Ok(Workload::of(api, cluster, namespace, name))
            }
            // A stream of a container is not the stream of an API server.
            Client::Vm(_) | Client::Outside => Err(Error::NotCapable(Capability::Traffic)),
        }
    }
}

impl Prober for ExecProber {
    fn ask(&self, batch: Batch) -> BoxFuture<'_, engine::Result<Vec<Observation>>> {
        async move { self.batch(&batch).await }.boxed()
    }

    fn start(&self, traffic: Traffic) -> BoxFuture<'_, engine::Result<Box<dyn RunningTraffic>>> {
        async move {
            let from = self.workload(&traffic.call.from)?;
            let started = ExecTraffic::start(from, traffic, self.since).await?;
            Ok(Box::new(started) as Box<dyn RunningTraffic>)
        }
        .boxed()
    }
}

/// The script of calls of one client.
fn told(calls: &[Arc<Call>], parallel: usize) -> String {
    match parallel {
        1 => script::script(calls),
        many => script::script_at_once(calls, many),
    }
}

/// What was said of them.
fn heard(
    calls: &[Arc<Call>],
    parallel: usize,
    said: &str,
    at: Duration,
) -> engine::Result<Vec<Observation>> {
    let read = match parallel {
        1 => report::read(calls, said, at),
        _ => report::read_at_once(calls, said, at),
    };
    read.map_err(|error| Error::Machinery {
        doing: format!("read curl's words from {}", calls[0].from),
        source: Box::new(error),
    })
}

/// The longest a call may take, as curl takes it.
pub(crate) fn seconds(timeout: Duration) -> String {
    format!("{:.3}", timeout.as_secs_f64().max(0.001))
}
