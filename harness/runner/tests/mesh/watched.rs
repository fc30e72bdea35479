//! An honest engine whose every observation is kept.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{
    ApiEndpoint, Batch, BringUp, Engine, Environment, FaultHandle, Machine, MeshView, Prober,
    Result, RunningTraffic, Traffic,
};
use futures::{FutureExt, future::BoxFuture};
use mesh::engine::SimMesh;
use world::{
    Capabilities, ClusterName, NotModelled, Observation, Substrate, SubstrateFault, VmName,
};

/// What was observed so far. Clones see the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched(Arc<Mutex<Vec<Observation>>>);

struct Watching {
    honest: Box<dyn Environment>,
    kept: Watched,
}

impl Watched {
    /// Every observation of every batch.
    pub(crate) fn seen(&self) -> Vec<Observation> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Engine for Watched {
    fn name(&self) -> &str {
        SimMesh.name()
    }

    fn capabilities(&self) -> Capabilities {
        SimMesh.capabilities()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, Result<Box<dyn Environment>>> {
        async move {
            let honest = SimMesh.bring_up(substrate, options).await?;
            let kept = self.clone();
            Ok(Box::new(Watching { honest, kept }) as Box<dyn Environment>)
        }
        .boxed()
    }
}

impl Environment for Watching {
    fn client(&self, cluster: &ClusterName) -> Result<kube::Client> {
        self.honest.client(cluster)
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> Result<ApiEndpoint> {
        self.honest.api_endpoint(cluster)
    }

    fn machine(&self, vm: &VmName) -> Result<Box<dyn Machine>> {
        self.honest.machine(vm)
    }

    fn prober(&self) -> &dyn Prober {
        self
    }

    fn mesh(&self) -> Result<&dyn MeshView> {
        self.honest.mesh()
    }

    fn not_modelled(&self) -> Vec<NotModelled> {
        self.honest.not_modelled()
    }

    fn inject<'a>(&'a self, fault: &'a SubstrateFault) -> BoxFuture<'a, Result<FaultHandle>> {
        self.honest.inject(fault)
    }

    fn heal(&self, fault: FaultHandle) -> BoxFuture<'_, Result<()>> {
        self.honest.heal(fault)
    }

    fn elapsed(&self) -> Duration {
        self.honest.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.honest.tear_down()
    }
}

impl Prober for Watching {
    fn ask(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Observation>>> {
        async move {
            let seen = self.honest.prober().ask(batch).await?;
            let mut kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(seen.iter().cloned());
            Ok(seen)
        }
        .boxed()
    }

    fn start(&self, traffic: Traffic) -> BoxFuture<'_, Result<Box<dyn RunningTraffic>>> {
        self.honest.prober().start(traffic)
    }
}
