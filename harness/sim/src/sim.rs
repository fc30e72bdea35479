//! The engine: a substrate on virtual time, in this process.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Clock;
use engine::{BringUp, Engine, Environment, Error};
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use world::{Capabilities, Capability, Substrate};

use crate::{
    cluster::{self, Ground, plan},
    environment::SimEnvironment,
    log::EventLog,
    machine::SimMachine,
    net::Net,
    program::{Images, PlainImages},
    random::Seed,
};

/// The simulator. [`crate::runtime::run`] gives it the paused runtime it needs; on any other the
/// same things happen in real time.
#[derive(Clone)]
pub struct Sim {
    images: Arc<dyn Images>,
}

/// The instant at which every run begins: the simulator knows no other calendar.
pub const EPOCH: Timestamp = Timestamp::constant(1_767_225_600, 0);

impl Sim {
    /// A simulator of plain Kubernetes.
    pub fn new() -> Self {
        Self::with_images(Arc::new(PlainImages))
    }

    /// A simulator whose containers do what `images` says.
    pub fn with_images(images: Arc<dyn Images>) -> Self {
        Self { images }
    }

    /// Brings a substrate up, as [`Engine::bring_up`] does, with the simulator's own face.
    ///
    /// # Errors
    /// If the substrate cannot be built as it is described.
    pub async fn start(&self, substrate: &Substrate, seed: u64) -> Result<SimEnvironment, Error> {
        check(substrate)?;
        let plans = plan::plan(substrate).map_err(|error| Error::Substrate {
            why: error.to_string(),
        })?;
        let ground = Ground {
            seed: Seed(seed),
            clock: Clock::starting_at(EPOCH),
            log: EventLog::new(),
            net: Net::new(Seed(seed), substrate.links.clone()),
            images: Arc::clone(&self.images),
        };
        let mut clusters = BTreeMap::new();
        for (name, plan) in &plans {
            let cluster = cluster::bring_up(&ground, name, plan).await?;
            clusters.insert(name.clone(), Arc::new(cluster));
        }
        let mut machines = BTreeMap::new();
        for (name, vm) in &substrate.vms {
            machines.insert(name.clone(), SimMachine::attach(&ground, name, vm)?);
        }
        Ok(SimEnvironment::new(ground, clusters, machines))
    }
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Sim {
    fn name(&self) -> &str {
        "sim"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::from([
            Capability::OwnClusters,
            Capability::Vms,
            Capability::OutsideClient,
            Capability::OverlappingRanges,
            Capability::Partition,
            Capability::Pause,
            Capability::PausePods,
            Capability::Latency,
            Capability::Loss,
            Capability::ClockSkew,
            Capability::VirtualTime,
            Capability::Traffic,
        ])
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, Result<Box<dyn Environment>, Error>> {
        async move {
            let start = self.start(substrate, options.seed);
            let environment = options
                .deadline
                .bound("bringing clusters up", start)
                .await?;
            Ok(Box::new(environment) as Box<dyn Environment>)
        }
        .boxed()
    }
}

/// Refuses by name what is not modelled.
fn check(substrate: &Substrate) -> Result<(), Error> {
    let refused = |why: String| Err(Error::Substrate { why });
    if let Some(link) = substrate.links.iter().find(|link| link.bandwidth.is_some()) {
        let (a, b) = &link.between;
        return refused(format!(
            "bandwidth of the link {a}–{b} is not modelled; leave it out"
        ));
    }
    for (name, cluster) in &substrate.clusters {
        if !substrate.networks.contains_key(&cluster.network) {
            return refused(format!(
                "cluster {name} is in network {}, which is not there",
                cluster.network
            ));
        }
        if cluster.nodes.is_empty() {
            return refused(format!("cluster {name} has no node; give it one"));
        }
    }
    Ok(())
}
