//! What a proxy is and what it knows at the moment.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use apiserver::Clock;
use indexmap::IndexMap;
use istio::{endpoint::select::Purpose, routing::ClusterKey};
use pki::Chain;
use sim::{
    log::EventLog,
    net::{Net, Origin, dns::Names},
    program::Serve,
    random::Seed,
};
use world::Place;

use super::{chance::Chance, cluster::Cluster, credential::Identity, names::Captured, view::View};
use crate::{snapshot::ControlPlane, xds::Push};

/// What does not change while a proxy runs.
#[derive(Clone)]
pub struct About {
    /// Where it stands, as reports name it.
    pub at: Place,
    /// Its name, unique in a run: for draws and for the log.
    pub name: String,
    /// Its workload's namespace.
    pub namespace: String,
    /// Whether its workload's DNS queries come to it.
    pub captures_dns: bool,
    /// Who it is to the network.
    pub origin: Origin,
    /// The network.
    pub net: Net<Arc<dyn Serve>>,
    /// What time it is.
    pub clock: Clock,
    /// The seed of the run.
    pub seed: Seed,
    /// The log of the run.
    pub log: EventLog,
}

/// A proxy. It serves nothing before it has both a certificate and a first push.
pub struct Proxy {
    /// What does not change.
    pub about: About,
    state: Mutex<State>,
}

/// Clusters of Envoy by what they are for. Each call finds one among as many as the mesh has
/// services, whose names begin alike.
type Clusters = BTreeMap<Purpose, IndexMap<ClusterKey, Shared>>;

/// A cluster that requests under way hold on to. One that the last push did not know any more ends
/// with them.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Cluster>>);

impl Shared {
    /// Does something with the cluster.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Cluster) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct State {
    identity: Option<Arc<Identity>>,
    view: Option<Arc<View>>,
    clusters: Clusters,
    chance: Chance,
}

impl Proxy {
    /// A proxy that was told nothing yet.
    pub fn new(about: About) -> Self {
        let chance = Chance::new(about.seed, format_args!("{} requests", about.name));
        Self {
            about,
            state: Mutex::new(State {
                identity: None,
                view: None,
                clusters: BTreeMap::new(),
                chance,
            }),
        }
    }

    /// It has a certificate now, or a new one. Connections that exist stay as they are.
    pub fn identify(&self, identity: Identity) {
        self.lock().identity = Some(Arc::new(identity));
    }

    /// istiod told it this. Hosts that are gone lose their idle connections.
    pub fn configure(&self, push: Arc<Push>) {
        let mut state = self.lock();
        let view = Arc::new(View::new(push, &self.about));
        for (purpose, clusters) in &mut state.clusters {
            clusters.retain(|key, cluster| {
                cluster.with(|cluster| {
                    cluster.refresh(&view, &self.about, *purpose, key);
                    cluster.is_known()
                })
            });
        }
        state.view = Some(view);
    }

    /// Whether it has all that it needs to serve.
    pub fn is_ready(&self) -> bool {
        let state = self.lock();
        state.identity.is_some() && state.view.is_some()
    }

    /// Who told it what it knows; `None` before the first push.
    pub fn control_plane(&self) -> Option<Arc<ControlPlane>> {
        let view = self.view()?;
        Some(Arc::clone(&view.snapshot().control_plane))
    }

    /// The certificates it presents, as long as its own counts.
    pub(super) fn presented(&self) -> Option<Chain> {
        let identity = self.identity()?;
        let counts = identity.uri(self.about.clock.now()).is_some();
        counts.then(|| identity.presented())
    }

    /// Who answers its workload's DNS queries where they are captured.
    pub(super) fn names(self: &Arc<Self>) -> Arc<dyn Names> {
        Arc::new(Captured(Arc::clone(self)))
    }

    pub(super) fn identity(&self) -> Option<Arc<Identity>> {
        self.lock().identity.clone()
    }

    pub(super) fn view(&self) -> Option<Arc<View>> {
        self.lock().view.clone()
    }

    /// Does something with the proxy's chance.
    pub(super) fn by_chance<T>(&self, work: impl FnOnce(&mut Chance) -> T) -> T {
        work(&mut self.lock().chance)
    }

    /// A cluster, which is set up if it was not asked for before; `None` if there is no such service
    /// or subset.
    pub(super) fn cluster(
        &self,
        view: &Arc<View>,
        purpose: Purpose,
        key: &ClusterKey,
    ) -> Option<Shared> {
        let mut state = self.lock();
        let clusters = state.clusters.entry(purpose).or_default();
        if let Some(known) = clusters.get(key) {
            return Some(known.clone());
        }
        let cluster = Cluster::new(view, &self.about, purpose, key)?;
        let shared = Shared(Arc::new(Mutex::new(cluster)));
        clusters.insert(key.clone(), shared.clone());
        Some(shared)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
