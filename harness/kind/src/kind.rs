//! The engine: a substrate as containers of the local Docker daemon.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc, time::Duration};

use engine::{BringUp, Deadline, Engine, Environment};
use futures::future::{BoxFuture, FutureExt as _, join_all, try_join_all};
use jiff::Timestamp;
use tokio::time::Instant;
use world::{Capabilities, Capability, ClusterName, Substrate};

use crate::{
    Error, Result,
    bridge::{self, Bridges},
    cluster::ClusterPlan,
    digest,
    docker::{Docker, Privilege},
    environment::Clusters,
    gc::{self, Removed, Which},
    golden::Golden,
    join, kept,
    label::Owner,
    lease::Lease,
    node::spec::NodePlan,
    progress::{Event, Steps, Tell},
    standing::Standing,
};

/// The node image that is taken where nobody names one: kind's own of Kubernetes 1.34, by digest because
/// tags of node images move.
pub const NODE_IMAGE: &str =
    "kindest/node:v1.34.8@sha256:02722c2dedddcfc00febf5d27fbeb9b7b2c14294c82109ff4a85d89ac9ba3256";

/// Which images nodes and machines are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// A `kindest/node`-compatible image, by digest, tag or id.
    pub node: String,
    /// Images that every node gets before anything is applied, for pods that no registry serves.
    pub preload: Vec<String>,
}

/// How long a step that was late may take to say why.
const DIAGNOSIS: Duration = Duration::from_secs(10);

/// How long clusters stay that nobody removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// For as long as this process lives.
    WhileRunning,
    /// For some hours, whoever lives.
    Hours(i64),
}

/// The engine.
#[derive(Clone)]
pub struct Kind {
    pub(crate) docker: Docker,
    images: Images,
    /// What the daemon calls the images now: tags move, ids do not.
    ids: Vec<String>,
    privilege: Privilege,
    keep: Keep,
    pub(crate) tell: Option<Tell>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind")
            .field("images", &self.images)
            .field("privilege", &self.privilege)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl Kind {
    /// Connects to the daemon that `DOCKER_HOST` names and looks whether it has the images.
    ///
    /// # Errors
    /// [`Error::NoDaemon`] or [`Error::NoImage`], each with what to do.
    pub async fn connect(images: Images) -> Result<Self> {
        Self::on(Docker::connect().await?, images).await
    }

    /// Connects to the daemon behind a Unix socket.
    ///
    /// # Errors
    /// As [`Kind::connect`].
    pub async fn connect_at(socket: &Path, images: Images) -> Result<Self> {
        Self::on(Docker::connect_at(socket).await?, images).await
    }

    async fn on(docker: Docker, images: Images) -> Result<Self> {
        let wanted = images.preload.iter().chain([&images.node]);
        let ids = try_join_all(wanted.map(|image| docker.usable(image))).await?;
        Ok(Self {
            docker,
            images,
            ids,
            privilege: Privilege::Privileged,
            keep: Keep::WhileRunning,
            tell: None,
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

    /// How long clusters stay that nobody removes.
    #[must_use]
    pub fn keep(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Tells `tell` of every step of a bring-up that has ended.
    #[must_use]
    pub fn tell(self, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self {
            tell: Some(Arc::new(tell)),
            ..self
        }
    }

    /// What clusters of this substrate would be made from; equal digests, equal clusters.
    pub fn digest(&self, substrate: &Substrate) -> String {
        digest::of(substrate, &self.ids)
    }

    fn owner(&self, substrate: &Substrate, run: &str) -> Owner {
        let lease = Lease::of_this_process(Timestamp::now());
        Owner::new(run, lease, self.digest(substrate))
    }

    /// Lets a run that is whole outlive this process, if that was asked for.
    pub(crate) async fn keep_on(&self, run: &str) -> Result<()> {
        match self.keep {
            Keep::WhileRunning => Ok(()),
            Keep::Hours(hours) => kept::keep(&self.docker, run, Timestamp::now(), hours).await,
        }
    }

    async fn up(
        &self,
        substrate: &Substrate,
        owner: &Owner,
        bridges: &Bridges,
        deadline: Deadline,
    ) -> Result<Clusters> {
        let since = Instant::now();
        let layout = bridges.nodes(substrate, &owner.run);
        let golden = self.golden(owner, &layout).await;
        let plans = self.plans(substrate, owner, bridges, &layout, golden)?;
        let ups = plans.iter().map(|(name, plan)| {
            let steps = Steps::new((*name).clone(), since, self.tell.clone());
            (*name, plan, steps)
        });
        let ups: Vec<_> = ups.collect();
        // All requests are seen through before the first failure is told: see `ClusterPlan::start`.
        let starts = ups
            .iter()
            .map(|(_, plan, steps)| plan.start(&self.docker, steps));
        let nodes: Result<Vec<Vec<String>>> = join_all(starts).await.into_iter().collect();
        let ups = ups
            .iter()
            .zip(nodes?)
            .map(|((name, plan, steps), nodes)| async move {
                let standing = plan.up(&self.docker, nodes, steps, deadline).await?;
                Ok::<_, Error>(((*name).clone(), standing))
            });
        let standing = try_join_all(ups).await?.into_iter().collect();
        Ok(self.clusters(&owner.run, standing))
    }

    /// Gives every node its `/var` with all images unpacked, where the daemon can; without it nodes
    /// are made as kind makes them, only more slowly.
    async fn golden(&self, owner: &Owner, layout: &bridge::Layout) -> bool {
        if self.privilege == Privilege::Node {
            return false;
        }
        let (docker, image, labels) = (&self.docker, &self.images.node, owner.labels());
        let volumes: Vec<String> = layout.values().flatten().map(NodePlan::var).collect();
        let had = async {
            let preload = &self.images.preload;
            let golden = Golden::have(docker, image, preload, &self.ids, &labels).await?;
            golden.copy(docker, image, &volumes, &labels).await
        };
        let had: Result<()> = had.await;
        if let Err(error) = &had {
            tracing::warn!(%error, "nodes unpack their images themselves");
        }
        had.is_ok()
    }

    pub(crate) fn clusters(
        &self,
        run: &str,
        standing: BTreeMap<ClusterName, Standing>,
    ) -> Clusters {
        Clusters::new(self.docker.clone(), run.to_owned(), standing)
    }

    /// What each cluster is made from.
    pub(crate) fn plans<'a>(
        &'a self,
        substrate: &'a Substrate,
        owner: &Owner,
        bridges: &Bridges,
        layout: &'a bridge::Layout,
        golden: bool,
    ) -> Result<BTreeMap<&'a ClusterName, ClusterPlan<'a>>> {
        let slices = bridges.balancers(substrate)?;
        let routes = join::routes(substrate);
        let plan = |(name, cluster): (&'a ClusterName, &'a world::Cluster)| {
            let plan = ClusterPlan {
                nodes: &layout[name],
                cluster,
                image: &self.images.node,
                preload: &self.images.preload,
                golden,
                privilege: self.privilege,
                gateway: bridges.networks[&cluster.network].gateway(),
                pods: join::pods_of(substrate, &cluster.network),
                routes: join::script(&routes[name], layout),
                slice: slices[name],
                owner: owner.labels(),
            };
            (name, plan)
        };
        Ok(substrate.clusters.iter().map(plan).collect())
    }

    /// Brings clusters up, or leaves nothing behind.
    ///
    /// # Errors
    /// What the daemon or a node met, or [`Error::RunExists`].
    pub async fn stand(
        &self,
        substrate: &Substrate,
        options: &BringUp,
    ) -> Result<Box<dyn Environment>> {
        let owner = self.owner(substrate, &options.run);
        // A name that is taken is somebody else's: nothing of it is cleaned up.
        bridge::unclaimed(&self.docker, &owner).await?;
        let up = async {
            let bridges = bridge::create(&self.docker, substrate, &owner).await?;
            let clusters = self
                .up(substrate, &owner, &bridges, options.deadline)
                .await?;
            self.keep_on(&owner.run).await?;
            Ok(clusters)
        };
        // Every step has the deadline itself, and says what it waited for; this is for what has none.
        let up = tokio::time::timeout_at(options.deadline.instant() + DIAGNOSIS, up).await;
        let waited = options.deadline.patience();
        match up.unwrap_or(Err(Error::Late { waited })) {
            Ok(clusters) => Ok(Box::new(clusters)),
            Err(failed) => {
                self.clean(&options.run).await;
                Err(failed)
            }
        }
    }

    /// What cannot be removed now, gc finds by its labels; the failure that led here is worth more.
    async fn clean(&self, run: &str) {
        let ours = Which::Run(run.to_owned());
        if let Err(error) = gc::settle(&self.docker, &ours).await {
            tracing::warn!(%error, run, "clean up after a failed bring-up");
        }
    }
}

impl Engine for Kind {
    fn name(&self) -> &str {
        "kind"
    }

    fn capabilities(&self) -> Capabilities {
        [
            Capability::OwnClusters,
            Capability::OverlappingRanges,
            Capability::Pause,
            Capability::Partition,
            Capability::Traffic,
        ]
        .into()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        async move {
            let environment = self.stand(substrate, &options).await?;
            Ok(environment)
        }
        .boxed()
    }
}

/// Removes what runs have left behind, on the daemon that `DOCKER_HOST` names.
///
/// # Errors
/// What the daemon met.
pub async fn remove(which: &Which) -> Result<Removed> {
    gc::settle(&Docker::connect().await?, which).await
}
