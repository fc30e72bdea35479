//! Asking from within: curl in the client's pod, many calls by one command.

use std::{collections::BTreeMap, time::Duration};

use engine::{Batch, Error, Prober, RunningTraffic, Traffic};
use futures::future::{BoxFuture, FutureExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client as Kube,
    api::{AttachParams, ListParams},
};
use tokio::{io::AsyncReadExt as _, time::Instant};
use world::{Call, Capability, Client, ClusterName, Observation};

use crate::{curl, traffic::ExecTraffic};

/// Asks by exec.
pub(crate) struct ExecProber {
    clients: BTreeMap<ClusterName, Kube>,
    since: Instant,
}

impl ExecProber {
    pub(crate) fn new(clients: BTreeMap<ClusterName, Kube>, since: Instant) -> Self {
        Self { clients, since }
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
        let place = self.place(&calls[0].from).await?;
        let at = self.since.elapsed();
        let script = match parallel {
            1 => curl::script(calls),
            many => curl::script_at_once(calls, many),
        };
        let text = exec(&place, &script).await;
        let text = text.map_err(|source| place.failed("run curl in", source))?;
        let read = match parallel {
            1 => curl::read(calls, &text, at),
            _ => curl::read_at_once(calls, text, at),
        };
        read.map_err(|error| place.failed("read curl's words from", error))
    }

    /// Where a client's calls are made.
    async fn place(&self, client: &Client) -> engine::Result<Place> {
        let (cluster, namespace, workload) = match client {
            Client::Pod {
                cluster,
                namespace,
                workload,
            } => (cluster, namespace, workload),
            Client::Vm(_) => return Err(Error::NotCapable(Capability::Vms)),
            Client::Outside => return Err(Error::NotCapable(Capability::OutsideClient)),
        };
        let api = self.clients.get(cluster).cloned();
        let api = api.ok_or_else(|| Error::NoCluster(cluster.clone()))?;
        let pods: Api<Pod> = Api::namespaced(api, namespace.as_str());
        let pod = ready_pod(&pods, workload.as_str()).await?;
        let name = format!("pod {namespace}/{pod} of {cluster}");
        Ok(Place { pods, pod, name })
    }
}

/// A pod that calls are made from.
pub(crate) struct Place {
    pub(crate) pods: Api<Pod>,
    pub(crate) pod: String,
    name: String,
}

impl Place {
    /// The error for something that failed there.
    pub(crate) fn failed(
        &self,
        doing: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::Machinery {
            doing: format!("{doing} {}", self.name),
            source: source.into(),
        }
    }
}

async fn ready_pod(pods: &Api<Pod>, workload: &str) -> engine::Result<String> {
    let machinery = |source: Box<dyn std::error::Error + Send + Sync>| Error::Machinery {
        doing: format!("find a ready pod of {workload} to call from"),
        source,
    };
    let params = ListParams::default().labels(&format!("app={workload}"));
    let found = pods
        .list(&params)
        .await
        .map_err(|error| machinery(Box::new(error)))?;
    let ready = found
        .items
        .into_iter()
        .find(is_ready)
        .and_then(|pod| pod.metadata.name);
    ready.ok_or_else(|| machinery("there is none".into()))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    conditions
        .unwrap_or_default()
        .iter()
        .any(|c| c.type_ == "Ready" && c.status == "True")
        && pod.metadata.deletion_timestamp.is_none()
}

async fn exec(
    place: &Place,
    script: &str,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let params = AttachParams::default()
        .stdin(false)
        .stdout(true)
        .stderr(false);
    let command = ["sh", "-c", script];
    let mut attached = place.pods.exec(&place.pod, command, &params).await?;
    let mut text = String::new();
    if let Some(mut stdout) = attached.stdout() {
        stdout.read_to_string(&mut text).await?;
    }
    attached.join().await?;
    Ok(text)
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
