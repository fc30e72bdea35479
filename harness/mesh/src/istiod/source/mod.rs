//! One API server that an istiod reads: everything it watches there, as tables.
//!
//! Reading order: [`access`] (where the server is and who asks), [`table`] (what is known),
//! [`follow`] (how it stays true), this file (all of it together).

pub(crate) mod access;
pub(crate) mod follow;
pub(crate) mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use istio::{ClusterId, kinds::Kind};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        admissionregistration::v1::MutatingWebhookConfiguration,
        core::v1::{ConfigMap, Namespace, Node, Pod, Secret, Service},
        discovery::v1::EndpointSlice,
    },
};
use kube::{
    Api, Client,
    core::{ApiResource, DynamicObject},
};
use sim::random::Seed;
use tokio::{sync::watch, task::JoinSet};

use follow::{Backoff, News, follow};
use table::{Kept, Tables};

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
    /// Counts changes of whatever source.
    pub(crate) changed: watch::Sender<u64>,
}

/// An API server that is read. Dropping it stops reading.
pub(crate) struct Source {
    pub(crate) client: Client,
    tables: Arc<Mutex<Tables>>,
    tasks: JoinSet<()>,
}

impl Source {
    /// Starts reading.
    pub(crate) fn open(
        cluster: &ClusterId,
        client: Client,
        reading: Reading,
        context: &Context,
    ) -> Self {
        let mut opening = Opening {
            name: format!("{} reads {cluster}", context.who),
            source: Self {
                client,
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
                opening.everywhere::<MutatingWebhookConfiguration>();
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
    fn everywhere<K>(&mut self)
    where
        K: Kept + kube::Resource<DynamicType = ()>,
    {
        let api: Api<K> = Api::all(self.source.client.clone());
        self.spawn(K::KIND, api, Kept::take_in);
    }

    fn own<K>(&mut self)
    where
        K: Kept + kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        let api: Api<K> = Api::namespaced(self.source.client.clone(), &self.context.namespace);
        self.spawn(K::KIND, api, Kept::take_in);
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

    fn dynamic(&mut self, group: &str, version: &str, kind: &'static str) {
        let gvk = kube::core::GroupVersionKind::gvk(group, version, kind);
        let resource = ApiResource::from_gvk(&gvk);
        let api: Api<DynamicObject> = Api::all_with(self.source.client.clone(), &resource);
        self.spawn(kind, api, move |tables, news| {
            tables.take_in_dynamic(kind, news)
        });
    }

    fn spawn<K, T>(&mut self, kind: &'static str, api: Api<K>, take_in: T)
    where
        K: kube::Resource + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
        T: Fn(&mut Tables, News<K>) + Send + Sync + 'static,
    {
        self.source.tables().expect_kind(kind);
        let tables = Arc::clone(&self.source.tables);
        let changed = self.context.changed.clone();
        let tell = move |news: News<K>| {
            let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables.note(kind, &news);
            take_in(&mut tables, news);
            drop(tables);
            changed.send_modify(|count| *count += 1);
        };
        let backoff = Backoff::new(self.context.seed, format!("{} {kind}", self.name));
        self.source.tasks.spawn(follow(api, backoff, tell));
    }
}
