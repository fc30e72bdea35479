//! What informers hold in a real controller: the kinds that controllers look at as typed tables, of
//! all others the metadata, and who owns what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use apiserver::{Deployment, Gvr, Object, Pod, Readable, ReplicaSet};
use k8s_openapi::{
    api::{
        apps::v1::{ControllerRevision, StatefulSet},
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, Node, Secret, Service, ServiceAccount},
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    Key,
    follow::Followed,
    graph::Graph,
    table::{Delta, Table},
};

/// A kind that has a table.
pub trait Watched:
    k8s_openapi::Resource + k8s_openapi::Metadata<Ty = ObjectMeta> + Readable
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
            /// The metadata of every object of a kind that has no table, by resource.
            pub(super) others: BTreeMap<Gvr, Table<ObjectMeta>>,
            /// Who owns what, of whatever kind.
            pub(crate) graph: Graph,
        }

        /// What happened to one object of one kind.
        #[derive(Debug, Clone)]
        pub enum Change {
            $(#[doc = concat!("To a ", stringify!($kind), ".")]
            $kind(Delta<$kind>),)*
            /// To an object of a kind that has no table.
            Other(Delta<ObjectMeta>),
        }

        impl Change {
            /// The object's metadata as it was and as it is.
            pub(crate) fn meta(&self) -> (Option<&ObjectMeta>, Option<&ObjectMeta>) {
                match self {
                    $(Self::$kind(delta) => (
                        delta.old.as_deref().map(|object| &object.metadata),
                        delta.new.as_deref().map(|object| &object.metadata),
                    ),)*
                    Self::Other(delta) => (delta.old.as_deref(), delta.new.as_deref()),
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
            const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The kind of a resource, if it has a table.
            pub(super) fn of(gvr: &Gvr) -> Option<Self> {
                let is = |kind: &&Self| {
                    kind.gvr() == (gvr.group.as_str(), gvr.version.as_str(), gvr.resource.as_str())
                };
                Self::ALL.iter().find(is).copied()
            }

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
            /// The newest revision of a resource that has been taken in.
            pub(super) fn revision(&self, followed: &Followed) -> u64 {
                match followed.kind {
                    $(Some(Kind::$kind) => self.$table.revision,)*
                    None => self.others.get(&followed.gvr).map_or(0, |table| table.revision),
                }
            }

            pub(super) fn set_revision(&mut self, followed: &Followed, revision: u64) {
                match followed.kind {
                    $(Some(Kind::$kind) => self.$table.revision = revision,)*
                    None => self.other(followed).revision = revision,
                }
            }

            pub(super) fn put(
                &mut self,
                followed: &Followed,
                object: &Object,
            ) -> Result<Change, serde_json::Error> {
                Ok(match followed.kind {
                    $(Some(Kind::$kind) => {
                        let object = object.read::<$kind>()?;
                        let key = Key::of(&object.metadata);
                        Change::$kind(self.$table.put(key, object))
                    })*
                    None => {
                        let meta = object.metadata()?;
                        let key = Key::of(&meta);
                        Change::Other(self.other(followed).put(key, Arc::new(meta)))
                    }
                })
            }

            pub(super) fn remove(&mut self, followed: &Followed, key: Key) -> Change {
                match followed.kind {
                    $(Some(Kind::$kind) => Change::$kind(self.$table.remove(key)),)*
                    None => Change::Other(self.other(followed).remove(key)),
                }
            }

            pub(super) fn absent(&self, followed: &Followed, present: &BTreeSet<Key>) -> Vec<Key> {
                match followed.kind {
                    $(Some(Kind::$kind) => self.$table.absent(present),)*
                    None => {
                        let table = self.others.get(&followed.gvr);
                        table.map_or_else(Vec::new, |table| table.absent(present))
                    }
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
    ControllerRevision: controller_revisions,
    Job: jobs,
    Pod: pods,
    EndpointSlice: slices,
}
