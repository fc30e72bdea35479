//! The engine: a substrate as containers of the local Docker daemon.

use std::collections::BTreeMap;

use engine::{BringUp, Deadline, Engine, Environment};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use world::{Capabilities, Capability, ClusterName, Substrate};

use crate::{
    Error, Result,
    cluster::{ClusterPlan, Standing},
    docker::{Docker, NetworkSpec, Privilege},
    environment::Clusters,
    gc::{self, Removed, Which},
    join,
    label::{NETWORK, Owner},
    layout::{Bridge, Bridges},
    range,
};

/// Which images nodes and machines are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// A `kindest/node`-compatible image, by digest, tag or id.
    pub node: String,
    /// Images that every node gets before anything is applied, for pods that no registry serves.
    pub preload: Vec<String>,
}

/// The engine.
#[derive(Debug, Clone)]
pub struct Kind {
    docker: Docker,
    images: Images,
    privilege: Privilege,
}

impl Kind {
    /// Connects to the daemon and looks whether it has the images.
    ///
    /// # Errors
    /// [`Error::NoDaemon`] or [`Error::NoImage`], each with what to do.
    pub async fn connect(images: Images) -> Result<Self> {
        let docker = Docker::connect().await?;
        for image in images.preload.iter().chain([&images.node]) {
            docker.image_id(image).await?;
        }
        Ok(Self {
            docker,
            images,
            privilege: Privilege::Privileged,
        })
    }

    /// Runs nodes without privilege, for hosts where privileged containers cannot start.
    #[must_use]
    pub fn without_privilege(self) -> Self {
        Self {
            privilege: Privilege::Node,
            ..self
        }
    }

    /// Removes what runs have left behind.
    ///
    /// # Errors
    /// What the daemon met.
    pub async fn remove(&self, which: &Which) -> Result<Removed> {
        gc::remove(&self.docker, which).await
    }

    async fn up(&self, substrate: &Substrate, options: &BringUp) -> Result<Clusters> {
        let owner = Owner::this_process(&options.run);
        let bridges = self.bridges(substrate, &owner).await?;
        let plans = bridges.nodes(substrate, &format!("{}-", options.run));
        let ups =
            substrate.clusters.iter().map(|(name, cluster)| {
                let plan = ClusterPlan {
                    nodes: &plans[name],
                    cluster,
                    image: &self.images.node,
                    preload: &self.images.preload,
                    privilege: self.privilege,
                    gateway: bridges.networks[&cluster.network].gateway(),
                    pods: join::pods_of(substrate, &cluster.network),
                    owner: owner.labels(),
                };
                async move {
                    Ok::<_, Error>((name.clone(), plan.up(&self.docker, options.deadline).await?))
                }
            });
        let standing: BTreeMap<ClusterName, Standing> =
            try_join_all(ups).await?.into_iter().collect();
        join::connect(&self.docker, substrate, &plans, &standing).await?;
        Ok(Clusters::new(
            self.docker.clone(),
            options.run.clone(),
            standing,
        ))
    }

    /// One bridge per network and the shared one, on ranges nobody uses. Another process may take a
    /// range in between; the daemon then refuses it, and the next attempt sees it in use.
    async fn bridges(&self, substrate: &Substrate, owner: &Owner) -> Result<Bridges> {
        let names: Vec<String> = substrate.networks.keys().map(ToString::to_string).collect();
        let names: Vec<String> = ["wan".to_owned()].into_iter().chain(names).collect();
        let mut used = self.docker.used_ranges().await?;
        used.extend(range::routed(
            &std::fs::read_to_string("/proc/net/route").unwrap_or_default(),
        ));
        let ranges = range::free(&names, &used)?;
        let mut bridges = Vec::new();
        for (name, range) in names.iter().zip(ranges) {
            let mut labels = owner.labels();
            labels.insert(NETWORK.to_owned(), name.clone());
            let spec = NetworkSpec {
                name: format!("{}-{name}", owner.run),
                range,
                labels,
            };
            bridges.push(Bridge {
                id: self.docker.create_network(&spec).await?,
                range,
            });
        }
        let wan = bridges.remove(0);
        Ok(Bridges {
            networks: substrate.networks.keys().cloned().zip(bridges).collect(),
            wan,
        })
    }
}

impl Engine for Kind {
    fn name(&self) -> &str {
        "kind"
    }

    fn capabilities(&self) -> Capabilities {
        [
            Capability::OwnClusters,
            Capability::OutsideClient,
            Capability::OverlappingRanges,
            Capability::Pause,
            Capability::Partition,
        ]
        .into()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        async move {
            let deadline: Deadline = options.deadline;
            let up =
                tokio::time::timeout_at(deadline.instant(), self.up(substrate, &options)).await;
            let failed = match up {
                Ok(Ok(clusters)) => return Ok(Box::new(clusters) as Box<dyn Environment>),
                Ok(Err(error)) => engine::Error::from(error),
                Err(_) => engine::Error::DeadlinePassed {
                    doing: "bring clusters up in Docker".to_owned(),
                    waited: deadline.patience(),
                },
            };
            // Nothing is left behind; what cannot be removed now, gc finds by its labels.
            if let Err(error) = self.remove(&Which::Run(options.run.clone())).await {
                tracing::warn!(%error, run = options.run, "clean up after a failed bring-up");
            }
            Err(failed)
        }
        .boxed()
    }
}
