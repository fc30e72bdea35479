//! Clusters that a trial has been lent: in the end they are reset and handed on, or removed if it
//! cannot be shown that they are as they were.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use engine::{ApiEndpoint, BringUp, Deadline, Environment, FaultHandle, Machine, MeshView, Prober};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use kube::Client;
use tokio::time::Instant;
use world::{ClusterName, Substrate, SubstrateFault, VmName};

use crate::{
    Keep, Kind, Result,
    environment::Clusters,
    fleet,
    gc::{self, Which},
    inventory::Inventory,
    pool::{Borrowed, Idle, Pool},
    progress::{Step, Steps, Tell},
    reset::{self, Unclean},
};

/// How long a reset may take before new clusters are the better choice.
const PATIENCE: Duration = Duration::from_secs(60);

impl Kind {
    /// Brings clusters up, or takes equal ones that a trial before this one has given back.
    pub(crate) async fn lend(
        &self,
        pool: &Pool,
        substrate: &Substrate,
        options: &BringUp,
    ) -> Result<Box<dyn Environment>> {
        let digest = self.digest(substrate);
        if let Some(idle) = pool.take(&digest) {
            let run = idle.run.clone();
            let borrowed = pool.borrow(&run);
            match self.hand_on(substrate, &run, options.deadline).await {
                Ok(clusters) => return Ok(self.lent(clusters, idle, borrowed)),
                Err(error) => tracing::warn!(
                    error = engine::told(&error),
                    run,
                    "clusters are not handed on"
                ),
            }
        }
        // Memory is for the clusters of this trial.
        self.retire(pool).await?;
        let borrowed = pool.borrow(&options.run);
        let clusters = self.raise(substrate, options).await?;
        if let Keep::Hours(_) = self.keep {
            borrowed.settle();
            return Ok(Box::new(clusters));
        }
        let idle = Idle {
            run: options.run.clone(),
            digest,
            pristine: pristine(&clusters, options.deadline).await,
        };
        Ok(self.lent(clusters, idle, borrowed))
    }

    async fn hand_on(
        &self,
        substrate: &Substrate,
        run: &str,
        deadline: Deadline,
    ) -> Result<Clusters> {
        let fleet = fleet::of_run(&self.docker, run).await?;
        self.taken_over(substrate, &fleet, deadline).await
    }

    fn lent(&self, clusters: Clusters, idle: Idle, borrowed: Borrowed) -> Box<dyn Environment> {
        Box::new(Lent {
            clusters,
            idle,
            borrowed,
            pool: self.pool.clone().unwrap_or_default(),
            tell: self.tell.clone(),
            harmed: AtomicBool::new(false),
        })
    }

    /// Removes the clusters of a pool that nobody uses.
    ///
    /// # Errors
    /// What the daemon met; `isthmus gc` removes then what is left once this process has ended.
    pub async fn retire(&self, pool: &Pool) -> Result<()> {
        for run in pool.drain() {
            gc::remove(&self.docker, &Which::Run(run)).await?;
        }
        // The daemon may still be at work on what was asked for before the trial was given up.
        for run in pool.drain_abandoned() {
            gc::settle(&self.docker, &Which::Run(run)).await?;
        }
        Ok(())
    }
}

/// What new clusters hold. Of a cluster that does not come to rest nothing is known: it will differ
/// from that, and is not handed on.
async fn pristine(clusters: &Clusters, deadline: Deadline) -> BTreeMap<ClusterName, Inventory> {
    let looks = clusters.clients().map(|(name, client)| async move {
        let settled = reset::settled(&client, deadline.within(PATIENCE)).await;
        Ok::<_, Unclean>((name, settled?))
    });
    let seen = try_join_all(looks).await;
    seen.map(|all| all.into_iter().collect())
        .unwrap_or_else(|error| {
            tracing::warn!(
                error = engine::told(&error),
                "clusters will not be handed on"
            );
            BTreeMap::new()
        })
}

/// Clusters that a trial uses.
struct Lent {
    clusters: Clusters,
    idle: Idle,
    borrowed: Borrowed,
    pool: Pool,
    tell: Option<Tell>,
    /// Whether something below Kubernetes was broken, which no comparison of objects would show.
    harmed: AtomicBool,
}

impl Lent {
    /// Resets every cluster at once.
    async fn reset(&self) -> Result<(), Unclean> {
        let (since, deadline) = (Instant::now(), Deadline::after(PATIENCE));
        let resets = self.idle.pristine.iter().map(|(name, pristine)| {
            let steps = Steps::new(name.clone(), since, self.tell.clone());
            async move {
                let client = self.clusters.client(name).map_err(Unclean::Delete)?;
                let reset = reset::reset(&client, pristine, deadline);
                steps.step(Step::Reset, reset).await
            }
        });
        try_join_all(resets).await.map(drop)
    }

    async fn give_back(self) -> engine::Result<()> {
        let known = !self.idle.pristine.is_empty() && !self.harmed.load(Ordering::Relaxed);
        let reset = match known {
            true => self.reset().await,
            false => return self.remove().await,
        };
        if let Err(error) = reset {
            tracing::warn!(
                error = engine::told(&error),
                run = self.idle.run,
                "clusters are not handed on"
            );
            return self.remove().await;
        }
        self.pool.give_back(self.idle);
        self.borrowed.settle();
        Ok(())
    }

    async fn remove(self) -> engine::Result<()> {
        Box::new(self.clusters).tear_down().await?;
        self.borrowed.settle();
        Ok(())
    }
}

impl Environment for Lent {
    fn client(&self, cluster: &ClusterName) -> engine::Result<Client> {
        self.clusters.client(cluster)
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> engine::Result<ApiEndpoint> {
        self.clusters.api_endpoint(cluster)
    }

    fn machine(&self, vm: &VmName) -> engine::Result<Box<dyn Machine>> {
        self.clusters.machine(vm)
    }

    fn prober(&self) -> &dyn Prober {
        self.clusters.prober()
    }

    fn mesh(&self) -> engine::Result<&dyn MeshView> {
        self.clusters.mesh()
    }

    fn inject<'a>(
        &'a self,
        fault: &'a SubstrateFault,
    ) -> BoxFuture<'a, engine::Result<FaultHandle>> {
        self.harmed.store(true, Ordering::Relaxed);
        self.clusters.inject(fault)
    }

    fn heal(&self, handle: FaultHandle) -> BoxFuture<'_, engine::Result<()>> {
        self.clusters.heal(handle)
    }

    fn elapsed(&self) -> Duration {
        self.clusters.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, engine::Result<()>> {
        self.give_back().boxed()
    }
}
