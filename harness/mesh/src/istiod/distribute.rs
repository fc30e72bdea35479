//! istiod's writing into clusters: its root certificates wherever it leads, and its CA into the webhooks
//! of its revision, which nobody is elected for.

use std::{collections::BTreeMap, time::Duration};

use istio::election::Claim;
use sim::remote::Remote;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use super::{
    core::Core,
    election::{Candidate, Seat},
    roots::{self, Bundle, Missing, Wanted},
    source::{
        Source,
        table::{Generation, Tables},
    },
};

/// How often it is tried again to write what could not be written.
const AGAIN: Duration = Duration::from_secs(5);

/// Writes root certificates and CAs wherever they are missing, for ever.
pub(super) async fn distribute(
    core: &Core,
    mut candidate: Candidate,
    mut news: watch::Receiver<u64>,
) {
    let roots = Bundle::new(core.ca.roots());
    // A cluster counts only once it was published, which may be after its last news.
    let mut published = core.published.subscribe();
    let mut written = BTreeMap::new();
    loop {
        let failed = distribute_once(core, &mut candidate, &roots, &mut written).await;
        for why in &failed {
            core.note(why);
        }
        if !failed.is_empty() {
            sleep(AGAIN).await;
            continue;
        }
        tokio::select! {
            biased;
            _ = news.changed() => {}
            _ = published.changed() => {}
            () = until(candidate.tries_again()) => {}
        }
    }
}

/// Waits until then; for ever without a time.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What was written into a cluster, which is not watched for it.
#[derive(Default)]
struct Written {
    /// The roots by namespace.
    roots: BTreeMap<String, String>,
    /// What was known of the cluster when its webhooks were last looked at and found in order.
    webhooks_at: Option<Generation>,
    /// What was known of istiod's own cluster, and whether it led there, when nothing was missing. Another
    /// secret may lead to another server of a remote's name, which counts from the beginning.
    complete_at: Option<(u64, bool)>,
}

async fn distribute_once(
    core: &Core,
    candidate: &mut Candidate,
    roots: &Bundle,
    written: &mut BTreeMap<String, Written>,
) -> Vec<String> {
    let plane = &core.environment.control_plane;
    let mut failures = Vec::new();
    for target in core.targets(candidate, roots, written) {
        let complete = target.is_own && target.missing.is_nothing();
        let (done, failed) = roots::write(&target.server, target.missing, roots).await;
        failures.extend(failed);
        let known = written.entry(target.cluster).or_default();
        known.complete_at = complete.then_some((target.generation.furniture, target.leads));
        let done = done
            .into_iter()
            .map(|namespace| (namespace, roots.pem.clone()));
        known.roots.extend(done);
        // They change with an installation, which is news of other kinds, too.
        if !target.is_own && known.webhooks_at != Some(target.generation) {
            let found = roots::remote_webhooks(&target.server, plane, roots).await;
            known.webhooks_at = found.is_some().then_some(target.generation);
            let missing = found.unwrap_or_default();
            failures.extend(roots::write(&target.server, missing, roots).await.1);
        }
    }
    failures
}

/// Where istiod may write.
struct Place<'a> {
    cluster: &'a str,
    /// Whether it runs there and watches everything that it writes.
    is_own: bool,
    source: &'a Source,
}

/// A cluster that istiod writes into.
struct Target {
    cluster: String,
    is_own: bool,
    server: Remote,
    missing: Missing,
    /// How much of the cluster had been read.
    generation: Generation,
    leads: bool,
}

impl Core {
    /// What is missing in each cluster that this istiod writes into.
    fn targets(
        &self,
        candidate: &mut Candidate,
        roots: &Bundle,
        written: &BTreeMap<String, Written>,
    ) -> Vec<Target> {
        let plane = &self.environment.control_plane;
        let clusters = self.clusters();
        let own = Place {
            cluster: plane.cluster.as_str(),
            is_own: true,
            source: clusters.config(),
        };
        let remotes = clusters.remotes().map(|(id, source)| Place {
            cluster: id.as_str(),
            is_own: false,
            source,
        });
        let served = remotes.filter(|place| roots::writes_into(&place.source.tables(), plane));
        let nothing = Written::default();
        std::iter::once(own)
            .chain(served)
            .map(|place| {
                let written = written.get(place.cluster).unwrap_or(&nothing);
                self.target(&place, candidate, roots, written)
            })
            .collect()
    }

    fn target(
        &self,
        place: &Place<'_>,
        candidate: &mut Candidate,
        roots: &Bundle,
        written: &Written,
    ) -> Target {
        let plane = &self.environment.control_plane;
        let tables = place.source.tables();
        let seat = Seat {
            cluster: place.cluster.to_owned(),
            namespace: plane.namespace.to_string(),
        };
        let claim = Claim {
            revision: roots::revision(plane).to_owned(),
            is_default: roots::is_default(&tables, plane),
            is_remote: !place.is_own,
        };
        let leads = candidate.leads(&seat, &claim, Instant::now());
        let missing = match written.complete_at == Some((tables.generation.furniture, leads)) {
            true => Missing::default(),
            false => self.missing(place, leads, &tables, roots, written),
        };
        Target {
            cluster: place.cluster.to_owned(),
            is_own: place.is_own,
            server: place.source.server.clone(),
            missing,
            generation: tables.generation,
            leads,
        }
    }

    fn missing(
        &self,
        place: &Place<'_>,
        leads: bool,
        tables: &Tables,
        roots: &Bundle,
        written: &Written,
    ) -> Missing {
        // Its own cluster's ConfigMaps are watched: what was written there may be gone.
        let nothing = BTreeMap::new();
        let known = match place.is_own {
            true => &nothing,
            false => &written.roots,
        };
        let namespaces = match leads {
            true => roots::namespaces_without(tables, &Wanted { roots, known }),
            false => Vec::new(),
        };
        Missing {
            namespaces,
            webhooks: roots::webhooks_without(tables, &self.environment.control_plane, roots),
        }
    }
}
