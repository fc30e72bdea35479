//! The engine: a substrate as containers of the local Docker daemon.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use engine::{BringUp, Engine, Environment};
use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use world::{Capabilities, Capability, Substrate};

use crate::{
    Pool, Result, agent, digest,
    docker::{Docker, Privilege},
    gc::{self, Removed, Which},
    progress::{Event, Tell},
    stock,
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
    /// What machines and clients outside every cluster run on: an image with a shell and curl. Machines
    /// join meshes if Istio's agent is its entrypoint, as in Istio's own `proxyv2`.
    pub machine: Option<String>,
    /// What answers on machines.
    pub sample: Option<String>,
    /// Archives, as `docker save` writes them, that are read into the daemon first; nodes get their
    /// images.
    pub archives: Vec<PathBuf>,
    /// What is done about images that the daemon lacks.
    pub pull: Pull,
    /// What images must be, where somebody has locked them.
    pub lock: stock::Lock,
}

/// What is done about an image that the daemon lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pull {
    /// The daemon pulls it, once per host, with the user's credentials.
    #[default]
    IfMissing,
    /// Nothing: the host is to stay offline.
    Never,
}

impl Images {
    /// Nodes of an image, and nothing else.
    pub fn of(node: impl Into<String>) -> Self {
        Self {
            node: node.into(),
            preload: Vec::new(),
            machine: None,
            sample: None,
            archives: Vec::new(),
            pull: Pull::default(),
            lock: stock::Lock::default(),
        }
    }

    /// Every image that the daemon is to have, the node's last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        let beside = self.machine.iter().chain(&self.sample);
        self.preload.iter().chain(beside).chain([&self.node])
    }
}

/// How long clusters stay that nobody removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// For as long as this process lives.
    WhileRunning,
    /// For some hours, whoever lives; whoever uses them does not take them down.
    Hours(i64),
}

/// The engine.
#[derive(Clone)]
pub struct Kind {
    pub(crate) docker: Docker,
    pub(crate) images: Images,
    /// What the daemon calls the images now: tags move, ids do not.
    pub(crate) ids: Vec<String>,
    /// Whether machines have Istio's agent.
    pub(crate) agent: bool,
    pub(crate) privilege: Privilege,
    pub(crate) keep: Keep,
    pub(crate) pool: Option<Pool>,
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
    /// Connects to the daemon that `DOCKER_HOST` names, and has it get the images that it lacks.
    ///
    /// # Errors
    /// [`crate::Error::NoDaemon`], [`crate::Error::NoImage`] and others, each with what to do.
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

    async fn on(docker: Docker, mut images: Images) -> Result<Self> {
        for archive in &images.archives {
            let names = docker.read_in(archive).await?;
            images.preload.extend(names);
        }
        let had = images.all().map(|image| docker.have(image, images.pull));
        let had: Vec<_> = had.collect();
        let ids = try_join_all(had).await?;
        for (image, id) in images.all().zip(&ids) {
            images.lock.holds(image, id)?;
        }
        let agent = match &images.machine {
            Some(machine) => agent::is_in(&docker.entrypoint(machine).await?),
            None => false,
        };
        Ok(Self {
            docker,
            images,
            ids,
            agent,
            privilege: Privilege::Privileged,
            keep: Keep::WhileRunning,
            pool: None,
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

    /// Hands clusters on, as an [`Engine`], from trial to trial.
    #[must_use]
    pub fn sharing(self, pool: Pool) -> Self {
        Self {
            pool: Some(pool),
            ..self
        }
    }

    /// Tells `tell` of every step of a bring-up that has ended.
    #[must_use]
    pub fn tell(self, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self {
            tell: Some(Arc::new(tell)),
            ..self
        }
    }

    /// The ids of what nodes hold, the node's own last.
    pub(crate) fn ids_of_nodes(&self) -> Vec<String> {
        let preload = self.ids.iter().take(self.images.preload.len());
        preload.chain(self.ids.last()).cloned().collect()
    }

    /// What clusters of this substrate would be made from; equal digests, equal clusters.
    pub fn digest(&self, substrate: &Substrate) -> String {
        digest::of(substrate, &self.ids)
    }
}

impl Engine for Kind {
    fn name(&self) -> &str {
        "kind"
    }

    fn capabilities(&self) -> Capabilities {
        let always = [
            Capability::OwnClusters,
            Capability::Istio,
            Capability::MeshEvidence,
            Capability::ExternalControlPlane,
            Capability::SharedSources,
            Capability::Federation,
            Capability::Upgrade,
            Capability::CertificateFaults,
            Capability::OverlappingRanges,
            Capability::Pause,
            Capability::Partition,
            Capability::Traffic,
            Capability::PathEvidence,
        ];
        let outside = self.images.machine.is_some();
        let outside = outside.then_some(Capability::OutsideClient);
        let vms = self.agent.then_some(Capability::Vms);
        always.into_iter().chain(outside).chain(vms).collect()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        async move {
            let environment = match &self.pool {
                Some(pool) => self.lend(pool, substrate, &options).await?,
                None => self.stand(substrate, &options).await?,
            };
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
