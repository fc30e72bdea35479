//! What stands there once clusters are up.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use engine::{ApiEndpoint, Environment, FaultHandle, Machine, MeshView, Prober};
use futures::future::{BoxFuture, FutureExt as _};
use kube::Client;
use live::{ExecProber, LiveMesh};
use tokio::time::Instant;
use world::{ClusterName, SubstrateFault, VmName};

use crate::{
    Keep,
    docker::{Docker, PlainSpec},
    fault::{self, Broken, Site},
    gc::{self, Which},
    machine::Machines,
    standing::Standing,
    stranger::Strangers,
};

/// The clusters of one run.
pub(crate) struct Clusters {
    docker: Docker,
    run: String,
    keep: Keep,
    standing: BTreeMap<ClusterName, Standing>,
    machines: Machines,
    prober: ExecProber,
    mesh: LiveMesh,
    broken: Mutex<BTreeMap<FaultHandle, Broken>>,
    since: Instant,
}

impl Clusters {
    pub(crate) fn new(
        docker: Docker,
        run: String,
        keep: Keep,
        standing: BTreeMap<ClusterName, Standing>,
        machines: Machines,
        outside: Option<PlainSpec>,
    ) -> Self {
        let clients = standing
            .iter()
            .map(|(name, cluster)| (name.clone(), cluster.client.clone()));
        let clients: BTreeMap<_, _> = clients.collect();
        let networks = standing
            .iter()
            .map(|(name, cluster)| (name.clone(), cluster.network.clone()));
        let networks: BTreeMap<_, _> = networks.collect();
        let since = Instant::now();
        let strangers = Strangers::new(docker.clone(), machines.clone(), outside);
        Self {
            prober: ExecProber::new(clients.clone(), networks.clone(), since).beside(strangers),
            mesh: LiveMesh::new(clients, networks),
            docker,
            run,
            keep,
            standing,
            machines,
            broken: Mutex::default(),
            since,
        }
    }

    /// A client per cluster.
    pub(crate) fn clients(&self) -> impl Iterator<Item = (ClusterName, Client)> {
        let clusters = self.standing.iter();
        clusters.map(|(name, cluster)| (name.clone(), cluster.client.clone()))
    }

    fn cluster(&self, name: &ClusterName) -> engine::Result<&Standing> {
        self.standing
            .get(name)
            .ok_or_else(|| engine::Error::NoCluster(name.clone()))
    }

    fn site(&self) -> Site<'_> {
        Site {
            clusters: &self.standing,
            machines: &self.machines,
        }
    }

    fn remember(&self, broken: Broken) -> FaultHandle {
        let mut all = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let next = all.last_key_value().map_or(0, |(handle, _)| handle.0 + 1);
        all.insert(FaultHandle(next), broken);
        FaultHandle(next)
    }

    fn forget(&self, handle: FaultHandle) -> Option<Broken> {
        self.broken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&handle)
    }
}

impl Environment for Clusters {
    fn client(&self, cluster: &ClusterName) -> engine::Result<Client> {
        Ok(self.cluster(cluster)?.client.clone())
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> engine::Result<ApiEndpoint> {
        Ok(self.cluster(cluster)?.endpoint.clone())
    }

    fn machine(&self, vm: &VmName) -> engine::Result<Box<dyn Machine>> {
        self.machines.handle(vm)
    }

    fn prober(&self) -> &dyn Prober {
        &self.prober
    }

    fn mesh(&self) -> engine::Result<&dyn MeshView> {
        Ok(&self.mesh)
    }

    fn inject<'a>(
        &'a self,
        fault: &'a SubstrateFault,
    ) -> BoxFuture<'a, engine::Result<FaultHandle>> {
        async move {
            let broken = fault::inject(&self.docker, fault, self.site()).await?;
            Ok(self.remember(broken))
        }
        .boxed()
    }

    fn heal(&self, handle: FaultHandle) -> BoxFuture<'_, engine::Result<()>> {
        async move {
            match self.forget(handle) {
                Some(broken) => Ok(broken.heal(&self.docker).await?),
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, engine::Result<()>> {
        async move {
            if let Keep::Hours(_) = self.keep {
                return Ok(());
            }
            gc::remove(&self.docker, &Which::Run(self.run.clone())).await?;
            Ok(())
        }
        .boxed()
    }
}
