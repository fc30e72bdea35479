//! Asking from within: curl in the client's pod, many calls by one command.

use std::{collections::BTreeMap, time::Duration};

use engine::{Batch, Error, Prober, RunningTraffic, Traffic};
use futures::future::{BoxFuture, FutureExt as _};
use kube::Client as Kube;
use tokio::time::Instant;
use world::{Call, Capability, Client, ClusterName, NetworkName, Observation};

use crate::{curl, exec::Place, pick::Standpoint, shell::Shell, traffic::ExecTraffic};

/// Asks by exec.
pub struct ExecProber {
    clients: BTreeMap<ClusterName, Kube>,
    networks: BTreeMap<ClusterName, NetworkName>,
    /// The way to clients that are no pods, where there is one.
    shell: Option<Box<dyn Shell>>,
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
        // Calls of one client next to each other share a command.
        for calls in batch.calls.chunk_by(|a, b| a.from == b.from) {
            observations.extend(self.calls(calls, batch.parallel.get()).await?);
        }
        Ok(observations)
    }

    async fn calls(&self, calls: &[Call], parallel: usize) -> engine::Result<Vec<Observation>> {
        let script = match parallel {
            1 => curl::script(calls),
            many => curl::script_at_once(calls, many),
        };
        let client = &calls[0].from;
        let place = match client {
            Client::Pod { .. } => Some(self.place(client).await?),
            Client::Vm(_) | Client::Outside => None,
        };
        let at = self.since.elapsed();
        let text = match &place {
            Some(place) => {
                let text = place.run(&["sh", "-c", &script]).await;
                text.map_err(|source| place.failed("run curl in", source))?
            }
            None => self.elsewhere(client, &script).await?,
        };
        let read = match parallel {
            1 => curl::read(calls, &text, at),
            _ => curl::read_at_once(calls, text, at),
        };
        let mut seen = read.map_err(|error| Error::Machinery {
            doing: format!("read curl's words from {client}"),
            source: Box::new(error),
        })?;
        if let (Client::Pod { cluster, .. }, Some(place)) = (client, &place) {
            let standpoint = Standpoint {
                cluster,
                proxied: place.proxied,
                networks: &self.networks,
            };
            standpoint.tell(&mut seen);
        }
        Ok(seen)
    }

    /// Runs a script where a client is that is no pod.
    async fn elsewhere(&self, client: &Client, script: &str) -> engine::Result<String> {
        match (&self.shell, client) {
            (Some(shell), _) => shell.run(client, script).await,
            (None, Client::Vm(_)) => Err(Error::NotCapable(Capability::Vms)),
            (None, _) => Err(Error::NotCapable(Capability::OutsideClient)),
        }
    }

    /// Where a client's calls are made.
    async fn place(&self, client: &Client) -> engine::Result<Place> {
        match client {
            Client::Pod {
                cluster,
                namespace,
                workload,
            } => {
                let api = self.clients.get(cluster).cloned();
                let api = api.ok_or_else(|| Error::NoCluster(cluster.clone()))?;
                let labels = format!("app={workload}");
                Place::of_workload(api, cluster, namespace.as_str(), &labels).await
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
            let place = self.place(&traffic.call.from).await?;
            let started = ExecTraffic::start(place, traffic, self.since).await?;
            Ok(Box::new(started) as Box<dyn RunningTraffic>)
        }
        .boxed()
    }
}

/// The longest a call may take, as curl takes it.
pub(crate) fn seconds(timeout: Duration) -> String {
    format!("{:.3}", timeout.as_secs_f64().max(0.001))
}
