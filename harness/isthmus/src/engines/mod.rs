//! The engines by name, and how a trial runs on each.
//!
//! This is the only place that knows which engines there are; everything else asks for one by its
//! name and gets an [`engine::Engine`].

mod docker;
pub mod setup;
pub(crate) mod steps;

use std::{fmt, future::Future, path::PathBuf, str::FromStr, thread};

use clap::ValueEnum;
use engine::Engine;
use jiff::Timestamp;
use manifest::Images;
use runner::Charts;
use scenario::{Topology, draft::EngineKind};
use serde_json::Value;

pub use setup::Setup;

/// The name of the variable that chooses the engine where the command line does not.
pub const VARIABLE: &str = "ISTHMUS_ENGINE";

/// An engine's name, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, ValueEnum)]
pub enum EngineName {
    /// In this process, on virtual time; needs nothing.
    #[default]
    Sim,
    /// Kubernetes and Istio in containers of the local Docker daemon.
    Kind,
    /// Clusters of a kubeconfig.
    Existing,
}

/// An engine that is there.
pub struct OpenEngine {
    name: EngineName,
    engine: Box<dyn Engine>,
    images: Images,
    /// The same engine, where its clusters are containers.
    docker: Option<docker::InDocker>,
    /// The same engine, where its clusters are others'.
    existing: Option<existing::Existing>,
    charts: Charts,
    values: Option<Value>,
}

/// Why an engine cannot be used on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There is no engine of this name.
    #[error("'{name}' is no engine; use sim, kind or existing")]
    Unknown {
        /// What was written.
        name: String,
    },
    /// Clusters that exist are asked for, and nobody says where they are.
    #[error(
        "--engine existing needs --kubeconfig FILE, --context CLUSTER=CONTEXT and --allow CONTEXT=URL for each cluster"
    )]
    NoKubeconfig,
    /// Clusters that exist are not to be used.
    #[error(transparent)]
    Existing(#[from] existing::Error),
    /// The file with values is not there or not one.
    #[error("{} cannot be taken as Helm values: {why}", path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Docker or an image is not there.
    #[error(transparent)]
    Docker(#[from] kind::Error),
    /// The machine lacks what the clusters need.
    #[error("this machine cannot have the clusters of {topology}:\n{findings}")]
    Unfit {
        /// The topology that asks for most.
        topology: String,
        /// What it lacks and what to do, line by line.
        findings: String,
    },
}

impl EngineName {
    /// The engine that the environment asks for, or the simulator.
    ///
    /// # Errors
    /// [`EngineError::Unknown`].
    pub fn of_environment() -> Result<Self, EngineError> {
        match std::env::var(VARIABLE) {
            Ok(name) if !name.is_empty() => name.parse(),
            _ => Ok(Self::default()),
        }
    }

    /// The word scenarios use for it.
    pub fn kind(self) -> EngineKind {
        match self {
            Self::Sim => EngineKind::Sim,
            Self::Kind => EngineKind::Kind,
            Self::Existing => EngineKind::Existing,
        }
    }

    /// Makes the engine ready for trials; nothing is started yet.
    ///
    /// # Errors
    /// What this machine lacks for it, and what to do.
    pub fn open(self, setup: &Setup) -> Result<OpenEngine, EngineError> {
        let values = setup.values()?;
        match self {
            Self::Sim => Ok(OpenEngine::simulated(values)),
            Self::Kind => {
                let docker = docker::InDocker::open()?;
                let charts = setup.charts();
                Ok(OpenEngine::in_docker(docker, charts, values))
            }
            Self::Existing => {
                let existing = setup.existing()?;
                Ok(OpenEngine {
                    name: self,
                    engine: Box::new(existing.clone()),
                    images: setup::samples(),
                    docker: None,
                    existing: Some(existing),
                    charts: setup.charts(),
                    values,
                })
            }
        }
    }
}

impl OpenEngine {
    /// The simulator. What it reads before its first cluster is read beside whatever comes next.
    fn simulated(values: Option<Value>) -> Self {
        thread::spawn(mesh::engine::SimMesh::prepare);
        Self {
            name: EngineName::Sim,
            engine: Box::new(mesh::engine::SimMesh),
            images: Images::default(),
            docker: None,
            existing: None,
            charts: Charts::Rendered,
            values,
        }
    }

    fn in_docker(docker: docker::InDocker, charts: Charts, values: Option<Value>) -> Self {
        Self {
            name: EngineName::Kind,
            engine: Box::new(docker.clone()),
            images: docker.pods(),
            docker: Some(docker),
            existing: None,
            charts,
            values,
        }
    }

    /// Its name.
    pub fn name(&self) -> EngineName {
        self.name
    }

    /// What trials are run on.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// What workloads run on it.
    pub fn images(&self) -> Images {
        self.images.clone()
    }

    /// Who renders Istio's charts on it.
    pub fn charts(&self) -> Charts {
        self.charts.clone()
    }

    /// Values that this host adds to those of every cluster.
    pub fn values(&self) -> Option<Value> {
        self.values.clone()
    }

    /// How many trials it can have at once on a machine with so many cores.
    pub fn parallel(&self, cores: usize) -> usize {
        match self.name {
            EngineName::Sim => cores,
            // Clusters share the machine's memory: trials take turns, and hand equal ones on.
            EngineName::Kind | EngineName::Existing => 1,
        }
    }

    /// Lets its clusters outlive the run; `None` if they cannot.
    pub fn keeping(self) -> Option<Self> {
        let docker = self.docker?.keeping();
        Some(Self::in_docker(docker, self.charts, self.values))
    }

    /// Takes clusters over that an earlier run left standing, and leaves them again; `None` if it has
    /// none that outlive a run.
    pub fn reusing(self) -> Option<Self> {
        let docker = self.docker?.reusing();
        Some(Self::in_docker(docker, self.charts, self.values))
    }

    /// What it did since this was last asked, in lines for people.
    pub fn told(&self) -> Vec<String> {
        let docker = self.docker.as_ref();
        docker.map(docker::InDocker::told).unwrap_or_default()
    }

    /// The runs whose clusters stand and stay, by name.
    pub fn kept(&self) -> Vec<String> {
        let docker = self.docker.as_ref();
        docker.map(docker::InDocker::kept).unwrap_or_default()
    }

    /// Makes sure that the machine can have the clusters of each topology, one after another.
    ///
    /// # Errors
    /// [`EngineError::Unfit`] for the one that asks for most.
    pub fn fits<'a>(
        &self,
        topologies: impl Iterator<Item = &'a Topology>,
    ) -> Result<(), EngineError> {
        let nodes = |topology: &&Topology| -> usize {
            let clusters = topology.substrate().clusters.values();
            clusters.map(|cluster| cluster.nodes.len()).sum()
        };
        let (Some(docker), Some(largest)) = (&self.docker, topologies.max_by_key(nodes)) else {
            return Ok(());
        };
        let findings = docker.lacks(largest.substrate()).into_iter();
        let lines =
            findings.map(|one| format!("{}\n  {}", one.what, one.remedy.unwrap_or_default()));
        match lines.collect::<Vec<_>>().join("\n") {
            none if none.is_empty() => Ok(()),
            findings => Err(EngineError::Unfit {
                topology: largest.name().to_string(),
                findings,
            }),
        }
    }

    /// Takes down what stands for trials that never came.
    ///
    /// # Errors
    /// What could not be removed; `isthmus gc` does it later.
    pub fn close(&self) -> Result<(), EngineError> {
        if let Some(docker) = &self.docker {
            docker.close()?;
        }
        if let Some(existing) = &self.existing {
            on_real_time(existing.sweep())?;
        }
        Ok(())
    }

    /// Names a trial in labels of everything that it creates: the same every time on the
    /// simulator, and never the same twice on a machine.
    pub fn run_name(&self, number: usize) -> String {
        match self.name {
            EngineName::Sim => "sim".to_owned(),
            EngineName::Kind | EngineName::Existing => {
                format!("i{}-{number}", std::process::id())
            }
        }
    }

    /// The clock that certificates are made at.
    pub fn now(&self) -> Timestamp {
        match self.name {
            EngineName::Sim => sim::sim::EPOCH,
            EngineName::Kind | EngineName::Existing => Timestamp::now(),
        }
    }

    /// Runs `work` on a runtime of its own: the paused one of the simulator, or one on real time.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        match self.name {
            EngineName::Sim => sim::runtime::run(work),
            EngineName::Kind | EngineName::Existing => on_real_time(work),
        }
    }

    /// Runs `work` as [`Self::run`] does. Where nothing but memory would be freed after it, and
    /// `last` then says that the process ends, the end of the process frees it.
    pub(crate) fn run_as_last<T>(
        &self,
        work: impl Future<Output = T>,
        last: impl FnOnce() -> bool,
    ) -> T {
        match self.name {
            EngineName::Sim => sim::runtime::run_as_last(work, last),
            EngineName::Kind | EngineName::Existing => on_real_time(work),
        }
    }
}

fn on_real_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a machine that runs clusters has threads to spare")
        .block_on(work)
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(self.kind()))
    }
}

/// The word for an engine in files, on the command line and in the names of trials.
pub(crate) fn word(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::Sim => "sim",
        EngineKind::Kind => "kind",
        EngineKind::Existing => "existing",
    }
}

impl FromStr for EngineName {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        match text {
            "sim" => Ok(Self::Sim),
            "kind" => Ok(Self::Kind),
            "existing" => Ok(Self::Existing),
            _ => Err(EngineError::Unknown {
                name: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_is_found_by_the_name_it_prints() {
        for engine in EngineName::value_variants() {
            assert_eq!(engine.to_string().parse::<EngineName>().unwrap(), *engine);
        }
        assert!("docker".parse::<EngineName>().is_err());
    }

    #[test]
    fn the_simulator_is_named_like_its_trials() {
        let sim = EngineName::Sim.open(&Setup::default()).unwrap();
        assert_eq!(sim.engine().name(), EngineName::Sim.to_string());
    }
}
