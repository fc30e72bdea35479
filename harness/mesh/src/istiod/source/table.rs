//! What an istiod knows of one API server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use apiserver::{Object, Pod};
use istio::kinds::annotation::Carrier;
use k8s_openapi::api::{
    core::v1::{ConfigMap, Namespace, Node, Secret, Service},
    discovery::v1::EndpointSlice,
};
use serde_json::Value;
use sim::cluster::Key;

use super::{
    super::unmodelled,
    WEBHOOKS,
    follow::{News, Read},
};

/// The objects of one kind.
pub(crate) type Table<K> = BTreeMap<Key, Arc<K>>;

/// Everything that is known of one API server.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) services: Table<Service>,
    pub(crate) slices: Table<EndpointSlice>,
    pub(crate) pods: Table<Pod>,
    pub(crate) nodes: Table<Node>,
    pub(crate) namespaces: Table<Namespace>,
    pub(crate) config_maps: Table<ConfigMap>,
    pub(crate) secrets: Table<Secret>,
    /// Configurations of mutating webhooks, of which next to nothing is looked at.
    pub(crate) webhooks: Table<Object>,
    /// Objects of Istio's kinds, modelled or not, by kind.
    pub(crate) istio: BTreeMap<&'static str, Table<Value>>,
    pub(crate) generation: Generation,
    /// What was ever learnt that is not modelled.
    pub(crate) unmodelled: BTreeSet<String>,
    /// Why a kind cannot be read, as it was last said.
    pub(crate) failures: BTreeMap<&'static str, String>,
    unread: BTreeSet<&'static str>,
}

/// How often what was read has changed, by what is made of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Generation {
    /// What registries are made of: services, endpoints, pods, nodes and namespaces.
    pub(crate) population: u64,
    /// Everything else that proxies can be shown: configuration and secrets.
    pub(crate) configuration: u64,
    /// What istiod itself writes, and where: namespaces, ConfigMaps and webhooks.
    pub(crate) furniture: u64,
}

impl Generation {
    fn rise(&mut self, kind: &str, shown: bool) {
        match kind {
            "Service" | "EndpointSlice" | "Pod" | "Node" | "Namespace" => self.population += 1,
            _ => self.configuration += u64::from(shown),
        }
        if matches!(kind, "Namespace" | "ConfigMap" | WEBHOOKS) {
            self.furniture += 1;
        }
    }
}

/// A kind that has a table.
pub(crate) trait Kept: k8s_openapi::Resource + Read {
    fn table(tables: &mut Tables) -> &mut Table<Self>;
}

macro_rules! kept {
    ($($kind:ident: $table:ident $(, labels of a $carrier:ident)?;)*) => {
        $(impl Read for $kind {
            fn read(object: &Arc<Object>) -> Result<Arc<Self>, serde_json::Error> {
                object.read()
            }

            $(fn unmodelled(&self) -> Vec<String> {
                unmodelled::of(stringify!($kind), Carrier::$carrier, self)
            })?
        }

        impl Kept for $kind {
            fn table(tables: &mut Tables) -> &mut Table<Self> {
                &mut tables.$table
            }
        })*
    };
}

kept! {
    Service: services, labels of a Service;
    EndpointSlice: slices;
    Pod: pods, labels of a Pod;
    Node: nodes, labels of a Node;
    Namespace: namespaces, labels of a Namespace;
    ConfigMap: config_maps;
    Secret: secrets;
}

impl Tables {
    /// That a kind will be read.
    pub(super) fn expect_kind(&mut self, kind: &'static str) {
        self.unread.insert(kind);
    }

    /// Whether every kind has been read once.
    pub(super) fn is_synced(&self) -> bool {
        self.unread.is_empty()
    }

    /// Takes note of what becomes of reading a kind; `shown` says whether registries show it.
    pub(super) fn note<K: Read>(&mut self, kind: &'static str, news: &News<K>, shown: bool) {
        self.generation.rise(kind, shown);
        let learnt = news.objects().flat_map(Read::unmodelled);
        self.unmodelled.extend(learnt);
        match news {
            News::All(_) | News::NotServed => {
                self.unread.remove(kind);
                self.failures.remove(kind);
            }
            News::Failed(why) => drop(self.failures.insert(kind, why.clone())),
            News::Put(..) | News::Gone(_) => {}
        }
    }

    /// A ConfigMap's entry.
    pub(crate) fn config_map(&self, namespace: &str, name: &str, key: &str) -> Option<&str> {
        let map = self.config_maps.get(&Key::new(namespace, name))?;
        map.data.as_ref()?.get(key).map(String::as_str)
    }
}

/// Takes news into the table of their kind.
pub(super) fn take_in<K>(table: &mut Table<K>, news: News<K>) {
    match news {
        News::All(objects) => *table = objects.into_iter().collect(),
        News::Put(key, object) => drop(table.insert(key, object)),
        News::Gone(key) => drop(table.remove(&key)),
        News::NotServed => table.clear(),
        // What was known stays known: that is how endpoints grow stale.
        News::Failed(_) => {}
    }
}
