//! What an istiod knows of one API server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use k8s_openapi::api::{
    admissionregistration::v1::MutatingWebhookConfiguration,
    core::v1::{ConfigMap, Namespace, Node, Pod, Secret, Service},
    discovery::v1::EndpointSlice,
};
use kube::{Resource, ResourceExt, core::DynamicObject};
use serde_json::Value;
use sim::cluster::Key;

use super::follow::News;

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
    pub(crate) webhooks: Table<MutatingWebhookConfiguration>,
    /// Objects of Istio's kinds, modelled or not, by kind.
    pub(crate) istio: BTreeMap<&'static str, Table<Value>>,
    /// Rises with every change.
    pub(crate) generation: u64,
    /// Why a kind cannot be read, as it was last said.
    pub(crate) failures: BTreeMap<&'static str, String>,
    unread: BTreeSet<&'static str>,
}

/// A kind that has a table.
pub(crate) trait Kept:
    Resource<DynamicType = ()>
    + k8s_openapi::Resource
    + Clone
    + std::fmt::Debug
    + serde::de::DeserializeOwned
    + Send
    + 'static
{
    fn table(tables: &mut Tables) -> &mut Table<Self>;

    fn take_in(tables: &mut Tables, news: News<Self>) {
        take_in(Self::table(tables), news, |object| object);
    }
}

macro_rules! kept {
    ($($kind:ident: $table:ident),* $(,)?) => {
        $(impl Kept for $kind {
            fn table(tables: &mut Tables) -> &mut Table<Self> {
                &mut tables.$table
            }
        })*
    };
}

kept! {
    Service: services,
    EndpointSlice: slices,
    Pod: pods,
    Node: nodes,
    Namespace: namespaces,
    ConfigMap: config_maps,
    Secret: secrets,
    MutatingWebhookConfiguration: webhooks,
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

    /// Takes note of what becomes of reading a kind.
    pub(super) fn note<K>(&mut self, kind: &'static str, news: &News<K>) {
        self.generation += 1;
        match news {
            News::All(_) | News::NotServed => {
                self.unread.remove(kind);
                self.failures.remove(kind);
            }
            News::Failed(why) => drop(self.failures.insert(kind, why.clone())),
            News::Put(_) | News::Gone(_) => {}
        }
    }

    pub(super) fn take_in_dynamic(&mut self, kind: &'static str, news: News<DynamicObject>) {
        let table = self.istio.entry(kind).or_default();
        take_in(table, news, |object| {
            serde_json::to_value(object).expect("what came as JSON is JSON")
        });
    }

    /// A ConfigMap's entry.
    pub(crate) fn config_map(&self, namespace: &str, name: &str, key: &str) -> Option<&str> {
        let map = self.config_maps.get(&Key::new(namespace, name))?;
        map.data.as_ref()?.get(key).map(String::as_str)
    }
}

fn take_in<K: Resource, T>(table: &mut Table<T>, news: News<K>, keep: impl Fn(K) -> T) {
    let entry = |object: K| (key(&object), Arc::new(keep(object)));
    match news {
        News::All(objects) => *table = objects.into_iter().map(entry).collect(),
        News::Put(object) => {
            let (key, object) = entry(object);
            table.insert(key, object);
        }
        News::Gone(object) => drop(table.remove(&key(&object))),
        News::NotServed => table.clear(),
        // What was known stays known: that is how endpoints grow stale.
        News::Failed(_) => {}
    }
}

fn key<K: Resource>(object: &K) -> Key {
    Key::new(object.namespace().unwrap_or_default(), object.name_any())
}
