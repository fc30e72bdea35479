//! What stands there: guarded clients, and namespaces that go when the trial has ended.

use std::{collections::BTreeMap, time::Duration};

use engine::{ApiEndpoint, Environment, Error, FaultHandle, Machine, MeshView, Prober};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use kube::Client;
use live::{ExecProber, LiveMesh};
use tokio::time::Instant;
use world::{Capability, ClusterName, NetworkName, SubstrateFault, VmName};

use crate::{Existing, claim, existing::removal, guard::Claimed};

/// A cluster that answers.
pub(crate) struct Reached {
    /// For the namespaces of a run alone.
    pub(crate) ours: Client,
    /// For everybody else.
    pub(crate) guarded: Client,
    pub(crate) claimed: Claimed,
}

/// The clusters of one run.
pub(crate) struct Clusters {
    existing: Existing,
    run: String,
    reached: BTreeMap<ClusterName, Reached>,
    prober: ExecProber,
    mesh: LiveMesh,
    since: Instant,
}

impl Clusters {
    pub(crate) fn new(
        existing: Existing,
        run: String,
        reached: BTreeMap<ClusterName, Reached>,
        networks: BTreeMap<ClusterName, NetworkName>,
        since: Instant,
    ) -> Self {
        let clients = reached.iter();
        let clients = clients.map(|(name, cluster)| (name.clone(), cluster.guarded.clone()));
        let clients: BTreeMap<_, _> = clients.collect();
        Self {
            existing,
            run,
            prober: ExecProber::new(clients.clone(), networks.clone(), since),
            mesh: LiveMesh::new(clients, networks),
            reached,
            since,
        }
    }

    fn cluster(&self, name: &ClusterName) -> engine::Result<&Reached> {
        let found = self.reached.get(name);
        found.ok_or_else(|| Error::NoCluster(name.clone()))
    }

    async fn remove(&self) -> engine::Result<()> {
        let all = self.reached.iter();
        let removals =
            all.map(|(name, cluster)| claim::remove(&cluster.ours, name, &self.run, removal()));
        try_join_all(removals).await?;
        self.existing.ended(&self.run);
        Ok(())
    }
}

impl Environment for Clusters {
    fn client(&self, cluster: &ClusterName) -> engine::Result<Client> {
        Ok(self.cluster(cluster)?.guarded.clone())
    }

    fn api_endpoint(&self, _: &ClusterName) -> engine::Result<ApiEndpoint> {
        Err(Error::NotCapable(Capability::OwnClusters))
    }

    fn machine(&self, _: &VmName) -> engine::Result<Box<dyn Machine>> {
        Err(Error::NotCapable(Capability::Vms))
    }

    fn prober(&self) -> &dyn Prober {
        &self.prober
    }

    fn mesh(&self) -> engine::Result<&dyn MeshView> {
        Ok(&self.mesh)
    }

    fn claim<'a>(
        &'a self,
        cluster: &'a ClusterName,
        namespace: &'a str,
    ) -> BoxFuture<'a, engine::Result<()>> {
        async move {
            let reached = self.cluster(cluster)?;
            claim::make(&reached.ours, cluster, namespace, &self.run).await?;
            reached.claimed.add(namespace);
            Ok(())
        }
        .boxed()
    }

    fn inject<'a>(&'a self, _: &'a SubstrateFault) -> BoxFuture<'a, engine::Result<FaultHandle>> {
        async { Err(Error::NotCapable(Capability::OwnClusters)) }.boxed()
    }

    fn heal(&self, _: FaultHandle) -> BoxFuture<'_, engine::Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, engine::Result<()>> {
        async move { self.remove().await }.boxed()
    }
}
