//! istiod as its pod runs it: alive only while the pod is, knowing only what the pod is told and
//! what the API servers it reaches answer.
//!
//! Reading order: `environment` (what it is told), `source` (one API server), `clusters`
//! (all of them, by remote secrets), `registry` and `gateways` (what their objects say),
//! `mesh_config` and `assemble` (all of it as one snapshot), `unmodelled` and `unread` (labels and
//! fields that are told instead of being passed over), `ca` and `roots` (certificates), `inject`
//! (sidecars), `registration` (machines), `core`, `proxy` and `server` (how proxies and API servers
//! ask), `process` (its life).

mod assemble;
mod ca;
mod clusters;
mod core;
mod environment;
mod gateways;
mod inject;
mod mesh_config;
mod process;
mod proxy;
mod registration;
mod registry;
mod roots;
mod server;
mod source;
mod unmodelled;
mod unread;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use sim::program::{Image, Process, Start};

pub use clusters::SyncState;

use self::core::Core;
use crate::{refusals::Refusals, snapshot::Snapshot};

/// The image of istiod. Its version is what its tag says.
#[derive(Clone, Default)]
pub struct Istiod {
    refusals: Refusals,
    living: Living,
}

/// Every istiod that runs now.
#[derive(Clone, Default)]
pub(crate) struct Living(Arc<Mutex<Vec<Weak<Core>>>>);

/// What one istiod knows: the answer of its debug port.
#[derive(Debug, Clone)]
pub struct Debug {
    /// `<cluster>/<pod>`.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// How far it knows each cluster.
    pub clusters: Vec<SyncState>,
    /// What it tells its proxies; `None` until it is ready.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl Istiod {
    /// An image whose processes note here what they do not model.
    pub fn new(refusals: Refusals) -> Self {
        Self {
            refusals,
            living: Living::default(),
        }
    }

    /// What every istiod that runs now knows, ordered by name.
    pub fn debug(&self) -> Vec<Debug> {
        let mut all: Vec<Debug> = self.living.all().iter().map(|core| debug(core)).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

fn debug(core: &Core) -> Debug {
    Debug {
        name: core.who.clone(),
        namespace: core.environment.control_plane.namespace.to_string(),
        clusters: core.states(),
        snapshot: core.snapshot(),
    }
}

impl Image for Istiod {
    fn start(&self, start: Start) -> Box<dyn Process> {
        process::start(start, self.refusals.clone(), self.living.clone())
    }
}

impl Living {
    /// Counts an istiod as long as the returned handle is held.
    fn add(&self, core: &Arc<Core>) -> Arc<Core> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(core));
        Arc::clone(core)
    }

    fn all(&self) -> Vec<Arc<Core>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }
}
