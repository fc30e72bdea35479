//! istiod as its pod runs it: alive only while the pod is, knowing only what the pod is told and
//! what the API servers it reaches answer.
//!
//! Reading order: `environment` (what it is told), `source` (one API server), `clusters`
//! (all of them, by remote secrets), `registry` and `gateways` (what their objects say),
//! `mesh_config`, `joined` and `assemble` (all of it as one snapshot), `unmodelled` and `unread` (labels and
//! fields that are told instead of being passed over), `ca`, `roots`, `election` and `distribute`
//! (certificates, and who writes them into clusters), `inject` (sidecars), `registration` (machines), `core`, `proxy` and `server` (how proxies and API servers
//! ask), `process` (its life), `living` (who is asked what it knows).

mod assemble;
mod ca;
mod clusters;
mod core;
mod distribute;
mod election;
mod environment;
mod gateways;
mod inject;
mod joined;
mod living;
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

use std::sync::Arc;

use sim::program::{Image, Process, Start};

pub use clusters::SyncState;

use self::{core::Core, election::Elections, living::Living};
use crate::{refusals::Refusals, snapshot::Snapshot};

/// The image of istiod. Its version is what its tag says.
#[derive(Clone, Default)]
pub struct Istiod {
    refusals: Refusals,
    living: Living,
    elections: Elections,
}

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
            elections: Elections::default(),
        }
    }

    /// What every istiod that runs now knows, ordered by name.
    pub fn debug(&self) -> Vec<Debug> {
        let mut all = self.living.debug();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

impl living::Knows for Core {
    fn debug(&self) -> Debug {
        Debug {
            name: self.who.clone(),
            namespace: self.environment.control_plane.namespace.to_string(),
            clusters: self.states(),
            snapshot: self.snapshot(),
        }
    }
}

impl Image for Istiod {
    fn start(&self, start: Start) -> Box<dyn Process> {
        process::start(start, self.clone())
    }
}
