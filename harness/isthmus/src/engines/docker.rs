//! The engine `kind` for trials that each have a runtime of their own: a connection to the daemon
//! does not outlive the runtime it was made in, so every bring-up makes one. Clusters do, and are
//! handed on from trial to trial.

use std::{
    env,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{BringUp, Engine, Environment};
use futures::{FutureExt as _, future::BoxFuture};
use kind::{Event, Keep, Kind, Pool, doctor, stock::Lock};
use manifest::Images;
use world::{Capabilities, Substrate};

use super::{
    setup::preloaded,
    steps::{self, Told},
};

/// How long clusters stay that are kept after a run, in hours.
const KEPT: i64 = 8;

/// What the variables `ISTHMUS_…` say of images and of the daemon; docs/kind.md lists them.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    nodes: kind::Images,
    pods: Images,
    unprivileged: bool,
}

/// The daemon has been seen with these images. Clones share their clusters.
#[derive(Clone)]
pub(super) struct InDocker {
    seen: Kind,
    offer: Offer,
    keep: Keep,
    /// Whether clusters that stand are taken over, mesh and all.
    reuse: bool,
    pool: Pool,
    told: Told,
    /// The runs whose clusters are left standing.
    kept: Told,
}

impl Offer {
    fn of_environment() -> Result<Self, kind::Error> {
        let said = |name| env::var(name).ok().filter(|said| !said.is_empty());
        let default = Images::default();
        let pods = Images {
            helloworld: said("ISTHMUS_HELLOWORLD_IMAGE").unwrap_or(default.helloworld),
            client: said("ISTHMUS_CURL_IMAGE").unwrap_or(default.client),
        };
        let lock = said("ISTHMUS_IMAGES_LOCK").map(|path| Lock::read(Path::new(&path)));
        let node = said("ISTHMUS_NODE_IMAGE").unwrap_or_else(|| kind::kind::NODE_IMAGE.to_owned());
        let machine = said("ISTHMUS_MACHINE_IMAGE").unwrap_or_else(|| pods.client.clone());
        let nodes = kind::Images {
            // Pulled once by the daemon, in place of once by every node.
            preload: [pods.helloworld.clone(), pods.client.clone()]
                .into_iter()
                .chain(preloaded())
                .collect(),
            machine: Some(machine),
            sample: Some(pods.helloworld.clone()),
            pull: match said("ISTHMUS_OFFLINE") {
                Some(_) => kind::Pull::Never,
                None => kind::Pull::IfMissing,
            },
            lock: lock.transpose()?.unwrap_or_default(),
            ..kind::Images::of(node)
        };
        Ok(Self {
            nodes,
            pods,
            unprivileged: said("ISTHMUS_UNPRIVILEGED").is_some(),
        })
    }

    /// A connection of its own, with every image there.
    async fn connect(&self) -> Result<Kind, kind::Error> {
        let daemon = Kind::connect(self.nodes.clone()).await?;
        Ok(match self.unprivileged {
            true => daemon.without_privilege(),
            false => daemon,
        })
    }
}

impl InDocker {
    /// Looks whether the daemon answers and has the images.
    pub(super) fn open() -> Result<Self, kind::Error> {
        let offer = Offer::of_environment()?;
        let seen = super::on_real_time(offer.connect())?;
        Ok(Self {
            seen,
            offer,
            keep: Keep::WhileRunning,
            reuse: false,
            pool: Pool::new(),
            told: Told::default(),
            kept: Told::default(),
        })
    }

    /// Leaves clusters standing.
    pub(super) fn keeping(self) -> Self {
        Self {
            keep: Keep::Hours(KEPT),
            ..self
        }
    }

    /// Takes clusters over that were left standing, and leaves them again.
    pub(super) fn reusing(self) -> Self {
        Self {
            reuse: true,
            ..self.keeping()
        }
    }

    /// What workloads run.
    pub(super) fn pods(&self) -> Images {
        self.offer.pods.clone()
    }

    /// What has happened since this was last asked.
    pub(super) fn told(&self) -> Vec<String> {
        self.told.take()
    }

    /// The runs that stand and were not told of yet.
    pub(super) fn kept(&self) -> Vec<String> {
        self.kept.take()
    }

    /// What this host lacks for clusters.
    pub(super) fn lacks(&self, substrate: &Substrate) -> Vec<doctor::Finding> {
        let findings = doctor::examine(Some(substrate), &self.offer.nodes);
        let mut findings = super::on_real_time(findings);
        findings.retain(|finding| finding.severity == doctor::Severity::Bad);
        findings
    }

    /// Removes the clusters that no trial uses.
    pub(super) fn close(&self) -> Result<(), kind::Error> {
        super::on_real_time(async {
            let daemon = self.offer.connect().await?;
            daemon.retire(&self.pool).await
        })
    }

    async fn up(
        &self,
        substrate: &Substrate,
        options: BringUp,
    ) -> engine::Result<Box<dyn Environment>> {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let (seen, told) = (Arc::clone(&events), self.told.clone());
        let daemon = self.offer.connect().await?;
        let daemon = daemon
            .keep(self.keep)
            .sharing(self.pool.clone())
            .tell(move |event| {
                told.say(steps::line(&event));
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(event);
            });
        if self.reuse
            && let Some(fleet) = daemon.reusable(substrate).await?
        {
            self.kept.say(fleet.run.clone());
            return Ok(daemon
                .take_over(substrate, &fleet, options.deadline)
                .await?);
        }
        let run = options.run.clone();
        let environment = daemon.bring_up(substrate, options).await?;
        if let Keep::Hours(_) = self.keep {
            self.kept.say(run);
        }
        let events = events.lock().unwrap_or_else(PoisonError::into_inner);
        steps::longest_way(&events)
            .into_iter()
            .for_each(|way| self.told.say(way));
        Ok(environment)
    }
}

impl Engine for InDocker {
    fn name(&self) -> &str {
        self.seen.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.seen.capabilities()
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, engine::Result<Box<dyn Environment>>> {
        self.up(substrate, options).boxed()
    }
}
