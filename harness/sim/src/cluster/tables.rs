//! The kinds that controllers look at, as typed tables: what informers hold in a real controller.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Gvr;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet, StatefulSet},
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, Node, Pod, Secret, Service, ServiceAccount},
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Key;

/// The objects of one kind, ordered by namespace and name.
#[derive(Debug)]
pub struct Table<K> {
    objects: BTreeMap<Key, Arc<K>>,
    /// The newest revision that has been taken in.
    pub(super) revision: u64,
}

/// What happened to one object of a kind.
#[derive(Debug, Clone)]
pub struct Delta<K> {
    /// Its name.
    pub key: Key,
    /// As it was; `None` if it is new.
    pub old: Option<Arc<K>>,
    /// As it is; `None` if it is gone.
    pub new: Option<Arc<K>>,
}

impl<K> Table<K> {
    /// An object by name.
    pub fn get(&self, key: &Key) -> Option<&Arc<K>> {
        self.objects.get(key)
    }

    /// All objects.
    pub fn all(&self) -> impl Iterator<Item = (&Key, &Arc<K>)> {
        self.objects.iter()
    }

    /// The objects of one namespace.
    pub fn within<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        self.objects
            .range(Key::new(namespace, "")..)
            .take_while(move |(key, _)| key.namespace == namespace)
            .map(|(_, object)| object)
    }
}

impl<K> Delta<K> {
    /// The object as it is, or as it was if it is gone.
    pub fn either(&self) -> Option<&Arc<K>> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            revision: 0,
        }
    }
}

/// A kind that has a table.
pub trait Watched:
    k8s_openapi::Resource + k8s_openapi::Metadata<Ty = ObjectMeta> + DeserializeOwned + Send + Sync
{
    /// Its table.
    fn table(tables: &Tables) -> &Table<Self>;
}

macro_rules! kinds {
    ($($kind:ident: $table:ident),* $(,)?) => {
        /// Every table of a cluster.
        #[derive(Debug, Default)]
        pub struct Tables {
            $(#[doc = concat!("Every ", stringify!($kind), ".")]
            pub $table: Table<$kind>,)*
        }

        /// What happened to one object of one kind.
        #[derive(Debug, Clone)]
        pub enum Change {
            $(#[doc = concat!("To a ", stringify!($kind), ".")]
            $kind(Delta<$kind>),)*
        }

        impl Change {
            /// The object's metadata, as it is, or as it was and that it is gone.
            pub(crate) fn meta(&self) -> Option<(&ObjectMeta, bool)> {
                match self {
                    $(Self::$kind(delta) => {
                        Some((&delta.either()?.metadata, delta.new.is_none()))
                    })*
                }
            }
        }

        $(impl Watched for $kind {
            fn table(tables: &Tables) -> &Table<Self> {
                &tables.$table
            }
        })*

        /// The kinds that have a table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            $($kind,)*
        }

        impl Kind {
            pub(super) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Group, version and plural name.
            pub(super) fn gvr(self) -> (&'static str, &'static str, &'static str) {
                use k8s_openapi::Resource;
                match self {
                    $(Self::$kind => (
                        <$kind as Resource>::GROUP,
                        <$kind as Resource>::VERSION,
                        <$kind as Resource>::URL_PATH_SEGMENT,
                    ),)*
                }
            }
        }

        impl Tables {
            /// The newest revision of a kind that has been taken in.
            pub(super) fn revision(&self, kind: Kind) -> u64 {
                match kind {
                    $(Kind::$kind => self.$table.revision,)*
                }
            }

            /// Looks at the metadata of every object of a namespace, with what its kind is called
            /// in paths.
            pub(crate) fn each_within<'a>(
                &'a self,
                namespace: &'a str,
                mut look: impl FnMut(Gvr, &'a ObjectMeta),
            ) {
                $(for object in self.$table.within(namespace) {
                    let (group, version, resource) = Kind::$kind.gvr();
                    look(Gvr::new(group, version, resource), &object.metadata);
                })*
            }

            /// Takes in that an object is as `object` says, or gone.
            pub(super) fn take_in(
                &mut self,
                kind: Kind,
                object: &Value,
                gone: bool,
            ) -> Result<Change, serde_json::Error> {
                match kind {
                    $(Kind::$kind => take_in(&mut self.$table, object, gone).map(Change::$kind),)*
                }
            }
        }
    };
}

kinds! {
    Namespace: namespaces,
    Node: nodes,
    ServiceAccount: service_accounts,
    ConfigMap: config_maps,
    Secret: secrets,
    Service: services,
    Deployment: deployments,
    ReplicaSet: replica_sets,
    StatefulSet: stateful_sets,
    Job: jobs,
    Pod: pods,
    EndpointSlice: slices,
}

fn take_in<K: Watched>(
    table: &mut Table<K>,
    object: &Value,
    gone: bool,
) -> Result<Delta<K>, serde_json::Error> {
    let object = K::deserialize(object)?;
    let key = Key::of(object.metadata());
    let version = object.metadata().resource_version.as_deref();
    table.revision = version
        .and_then(|v| v.parse().ok())
        .unwrap_or(table.revision);
    let (old, new) = match gone {
        true => (table.objects.remove(&key), None),
        false => {
            let new = Arc::new(object);
            (
                table.objects.insert(key.clone(), Arc::clone(&new)),
                Some(new),
            )
        }
    };
    Ok(Delta { key, old, new })
}
