//! The engine: contexts of a kubeconfig.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{BringUp, Deadline, Engine, Environment};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use kube::{
    Client, Config,
    client::ClientBuilder,
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::time::Instant;
use world::{Capabilities, Capability, ClusterName, Substrate};

use crate::{
    Allowed, Context, Error, Result,
    allow::permitted,
    claim::{self, failed},
    environment::{Clusters, Reached},
    guard::{Claimed, Guard},
};

/// What we call ourselves in requests.
const AGENT: http::HeaderValue =
    http::HeaderValue::from_static(concat!("isthmus/", env!("CARGO_PKG_VERSION")));

/// How long namespaces may take to go.
const REMOVAL: Duration = Duration::from_secs(120);

/// The engine. Clones share what they know of runs under way.
#[derive(Clone)]
pub struct Existing {
    kubeconfig: Kubeconfig,
    contexts: BTreeMap<ClusterName, String>,
    /// Runs whose namespaces may still be there.
    open: Arc<Mutex<BTreeSet<String>>>,
}

impl Existing {
    /// The clusters of `contexts` in the kubeconfig at `path`, all of which must be allowed. Nothing is
    /// asked of any cluster yet.
    ///
    /// # Errors
    /// [`Error::Kubeconfig`], [`Error::NoContext`], [`Error::NotAllowed`].
    pub fn of(path: &Path, contexts: &[Context], allowed: &[Allowed]) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(path).map_err(|source| Error::Kubeconfig {
            path: path.display().to_string(),
            source: Box::new(source),
        })?;
        Ok(Self {
            contexts: permitted(&kubeconfig, contexts, allowed)?,
            kubeconfig,
            open: Arc::default(),
        })
    }

    /// Removes the namespaces of runs that did not come to their end.
    ///
    /// # Errors
    /// The first cluster from which they could not be removed.
    pub async fn sweep(&self) -> Result<()> {
        let open = self.runs().clone();
        for (cluster, context) in &self.contexts {
            for run in &open {
                let client = self.client(cluster, context, None).await?;
                claim::remove(&client, cluster, run, Deadline::after(REMOVAL)).await?;
            }
        }
        self.runs().clear();
        Ok(())
    }

    pub(crate) fn ended(&self, run: &str) {
        self.runs().remove(run);
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn client(
        &self,
        cluster: &ClusterName,
        context: &str,
        guard: Option<Guard>,
    ) -> Result<Client> {
        let options = KubeConfigOptions {
            context: Some(context.to_owned()),
            ..KubeConfigOptions::default()
        };
        let unusable = |error: kube::Error| failed("make a client", cluster, error);
        let config = Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options).await;
        let mut config = config.map_err(|error| failed("read the context", cluster, error))?;
        // Whoever reads the audit log of a cluster of theirs finds us by it.
        config.headers.push((http::header::USER_AGENT, AGENT));
        let builder = ClientBuilder::try_from(config).map_err(unusable)?;
        Ok(match guard {
            Some(guard) => builder.with_layer(&guard).build(),
            None => builder.build(),
        })
    }

    async fn reach(&self, cluster: &ClusterName) -> Result<(ClusterName, Reached)> {
        let context = self.contexts.get(cluster);
        let context = context.ok_or_else(|| Error::NotMapped(cluster.clone()))?;
        let claimed = Claimed::default();
        let ours = self.client(cluster, context, None).await?;
        let guard = Guard(claimed.clone());
        let guarded = self.client(cluster, context, Some(guard)).await?;
        let version = guarded.apiserver_version().await;
        let version = version.map_err(|error| failed("ask for the version", cluster, error))?;
        tracing::info!(%cluster, context, kubernetes = version.git_version, "reached");
        let reached = Reached {
            ours,
            guarded,
            claimed,
        };
        Ok((cluster.clone(), reached))
    }

    async fn stand(&self, substrate: &Substrate, run: String) -> Result<Clusters> {
        let reached = substrate.clusters.keys().map(|name| self.reach(name));
        let reached: BTreeMap<_, _> = try_join_all(reached).await?.into_iter().collect();
        let networks = substrate.clusters.iter();
        let networks = networks.map(|(name, cluster)| (name.clone(), cluster.network.clone()));
        self.runs().insert(run.clone());
        Ok(Clusters::new(
            self.clone(),
            run,
            reached,
            networks.collect(),
            Instant::now(),
        ))
    }
}

impl Engine for Existing {
    fn name(&self) -> &str {
        "existing"
    }

    fn capabilities(&self) -> Capabilities {
        [
            Capability::Istio,
            Capability::MeshEvidence,
            Capability::Traffic,
            Capability::PathEvidence,
        ]
        .into()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        async move {
            let stand = async { Ok(self.stand(substrate, options.run).await?) };
            let clusters = options.deadline.bound("reaching clusters", stand).await?;
            Ok(Box::new(clusters) as Box<dyn Environment>)
        }
        .boxed()
    }
}

/// How long the removal of a run's namespaces may take.
pub(crate) fn removal() -> Deadline {
    Deadline::after(REMOVAL)
}
