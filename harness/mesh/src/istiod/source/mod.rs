//! One API server that an istiod reads: everything it watches there, as tables.
//!
//! Reading order: [`access`] (where the server is and who asks), [`table`] (what is known),
//! [`follow`] (how it stays true), this file (all of it together).

pub(crate) mod access;
pub(crate) mod follow;
pub(crate) mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apiserver::{Gvr, Object, Pod};
use istio::{ClusterId, kinds::Kind};
use k8s_openapi::api::{
    core::v1::{ConfigMap, Namespace, Node, Secret, Service},
    discovery::v1::EndpointSlice,
};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;
use sim::{
    random::Seed,
    remote::{Collection, Remote},
};
use tokio::{sync::watch, task::JoinSet};

use follow::{Backoff, News, Read, follow};
use table::{Kept, Table, Tables, take_in};

/// What is read from a server besides what every cluster has: services, endpoints, pods, nodes,
/// namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A cluster behind a remote secret: also WorkloadEntries.
    Remote,
    /// The cluster that holds the configuration: all of Istio's kinds, remote secrets, ConfigMaps
    /// and webhooks.
    Configuration,
    /// The cluster istiod runs in, if its configuration is elsewhere: remote secrets alone.
    Secrets,
}

/// What every source of an istiod shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) seed: Seed,
    /// Names the istiod, for draws.
    pub(crate) who: String,
    /// The namespace whose Secrets and ConfigMaps are read.
    pub(crate) namespace: String,
    /// Tells of changes of whatever source.
    pub(crate) changes: Changes,
}

/// Counts what changes. Clones count the same.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    all: watch::Sender<u64>,
    shown: watch::Sender<u64>,
}

impl Changes {
    /// Told of whatever changes.
    pub(crate) fn all(&self) -> watch::Receiver<u64> {
        self.all.subscribe()
    }

    /// Told of what proxies can be shown, and of everything that is read for the first time.
    pub(crate) fn shown(&self) -> watch::Receiver<u64> {
        self.shown.subscribe()
    }

    fn tell(&self, shown: bool) {
        self.all.send_modify(|count| *count += 1);
        if shown {
            self.shown.send_modify(|count| *count += 1);
        }
    }
}

const WEBHOOKS: &str = "MutatingWebhookConfiguration";

/// The configurations of mutating webhooks of a cluster.
pub(crate) fn webhooks() -> Collection {
    let (group, resource) = (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
    );
    Collection {
        resource: Gvr::new(group, "v1", resource),
        namespace: String::new(),
    }
}

/// An API server that is read. Dropping it stops reading.
pub(crate) struct Source {
    pub(crate) server: Remote,
    tables: Arc<Mutex<Tables>>,
    tasks: JoinSet<()>,
}

impl Source {
    /// Starts reading.
    pub(crate) fn open(
        cluster: &ClusterId,
        server: Remote,
        reading: Reading,
        context: &Context,
    ) -> Self {
        let mut opening = Opening {
            name: format!("{} reads {cluster}", context.who),
            source: Self {
                server,
                tables: Arc::default(),
                tasks: JoinSet::new(),
            },
            context,
        };
        if reading != Reading::Secrets {
            opening.everywhere::<Service>();
            opening.everywhere::<EndpointSlice>();
            opening.everywhere::<Pod>();
            opening.everywhere::<Node>();
            opening.everywhere::<Namespace>();
        }
        match reading {
            Reading::Remote => opening.istio(&[Kind::WorkloadEntry]),
            Reading::Configuration => {
                opening.istio(Kind::ALL);
                opening.unmodelled();
                opening.webhooks();
                opening.everywhere::<ConfigMap>();
                opening.own::<Secret>();
            }
            Reading::Secrets => opening.own::<Secret>(),
        }
        opening.source
    }

    /// What is known now.
    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything has been read once.
    pub(crate) fn is_synced(&self) -> bool {
        self.tables().is_synced()
    }

    /// Stops reading, and keeps what is known.
    pub(crate) fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

struct Opening<'a> {
    name: String,
    source: Source,
    context: &'a Context,
}

impl Opening<'_> {
    fn everywhere<K: Kept>(&mut self) {
        self.typed::<K>("");
    }

    fn own<K: Kept>(&mut self) {
        self.typed::<K>(&self.context.namespace);
    }

    fn typed<K: Kept>(&mut self, namespace: &str) {
        let what = Collection {
            resource: Gvr::new(K::GROUP, K::VERSION, K::URL_PATH_SEGMENT),
            namespace: namespace.to_owned(),
        };
        self.spawn(K::KIND, what, K::table);
    }

    fn istio(&mut self, kinds: &[Kind]) {
        for kind in kinds {
            let (group, version) = (kind.group(), kind.versions()[0]);
            self.dynamic(group, version, kind.name());
        }
    }

    /// Kinds that change what Istio does and that are not modelled: they are read so that the run
    /// can be refused by their names.
    fn unmodelled(&mut self) {
        self.dynamic("networking.istio.io", "v1alpha3", "EnvoyFilter");
        self.dynamic("networking.istio.io", "v1beta1", "ProxyConfig");
        self.dynamic("security.istio.io", "v1", "RequestAuthentication");
        self.dynamic("extensions.istio.io", "v1alpha1", "WasmPlugin");
    }

    fn webhooks(&mut self) {
        let all = webhooks();
        self.spawn::<Object>(WEBHOOKS, all, |tables| &mut tables.webhooks);
    }

    fn dynamic(&mut self, group: &str, version: &str, kind: &'static str) {
        let gvk = GroupVersionKind::gvk(group, version, kind);
        let what = Collection {
            resource: Gvr::new(group, version, &ApiResource::from_gvk(&gvk).plural),
            namespace: String::new(),
        };
        self.spawn::<Value>(kind, what, move |tables| {
            tables.istio.entry(kind).or_default()
        });
    }

    fn spawn<K: Read>(
        &mut self,
        kind: &'static str,
        what: Collection,
        table: impl Fn(&mut Tables) -> &mut Table<K> + Send + Sync + 'static,
    ) {
        self.source.tables().expect_kind(kind);
        let tables = Arc::clone(&self.source.tables);
        let (changes, own) = (self.context.changes.clone(), self.context.namespace.clone());
        let tell = move |news: News<K>| {
            let shown = is_shown(kind, &news, &own);
            let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables.note(kind, &news, shown);
            take_in(table(&mut tables), news);
            drop(tables);
            changes.tell(shown);
        };
        let backoff = Backoff::new(self.context.seed, format!("{} {kind}", self.name));
        let server = self.source.server.clone();
        self.source.tasks.spawn(follow(server, what, backoff, tell));
    }
}

/// Whether proxies can be shown the news: webhooks concern API servers alone, and of ConfigMaps
/// those of istiod's own namespace say what the mesh is like.
fn is_shown<K>(kind: &str, news: &News<K>, own: &str) -> bool {
    let key = match news {
        News::All(_) | News::NotServed | News::Failed(_) => return true,
        News::Put(key, _) | News::Gone(key) => key,
    };
    match kind {
        WEBHOOKS => false,
        "ConfigMap" => key.namespace == own,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use sim::cluster::Key;

    use super::*;

    fn shown(kind: &str, namespace: &str) -> bool {
        let gone: News<Value> = News::Gone(Key::new(namespace, "a"));
        is_shown(kind, &gone, "istio-system")
    }

    #[test]
    fn proxies_are_told_nothing_of_webhooks_and_of_config_maps_elsewhere() {
        assert!(!shown(WEBHOOKS, ""));
        assert!(!shown("ConfigMap", "shop"));
        assert!(shown("ConfigMap", "istio-system"));
        assert!(shown("Service", "shop"));
    }

    #[test]
    fn what_is_read_for_the_first_time_counts_whatever_it_is() {
        let all: News<Value> = News::All(Vec::new());
        assert!(is_shown(WEBHOOKS, &all, "istio-system"));
    }
}
