//! What informers hold in a real controller: the kinds that controllers look at as typed tables, of
//! all others the metadata, and who owns what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Key,
    follow::Followed,
    graph::Graph,
    table::{Delta, Table},
};

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
            /// The metadata of every object of a kind that has no table, by resource.
            others: BTreeMap<Gvr, Table<ObjectMeta>>,
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

            fn set_revision(&mut self, followed: &Followed, revision: u64) {
                match followed.kind {
                    $(Some(Kind::$kind) => self.$table.revision = revision,)*
                    None => self.other(followed).revision = revision,
                }
            }

            fn put(
                &mut self,
                followed: &Followed,
                object: &Value,
            ) -> Result<Change, serde_json::Error> {
                Ok(match followed.kind {
                    $(Some(Kind::$kind) => {
                        let object = $kind::deserialize(object)?;
                        let key = Key::of(&object.metadata);
                        Change::$kind(self.$table.put(key, object))
                    })*
                    None => {
                        let meta = ObjectMeta::deserialize(&object["metadata"])?;
                        let key = Key::of(&meta);
                        Change::Other(self.other(followed).put(key, meta))
                    }
                })
            }

            fn remove(&mut self, followed: &Followed, key: Key) -> Change {
                match followed.kind {
                    $(Some(Kind::$kind) => Change::$kind(self.$table.remove(key)),)*
                    None => Change::Other(self.other(followed).remove(key)),
                }
            }

            fn absent(&self, followed: &Followed, present: &BTreeSet<Key>) -> Vec<Key> {
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
    Job: jobs,
    Pod: pods,
    EndpointSlice: slices,
}

impl Tables {
    /// Takes in that an object is as `object` says, or gone.
    ///
    /// # Errors
    /// If the object is not of its kind's shape.
    pub(super) fn take_in(
        &mut self,
        followed: &Followed,
        object: &Value,
        gone: bool,
    ) -> Result<Change, serde_json::Error> {
        let change = match gone {
            true => self.remove(followed, key(object)),
            false => self.put(followed, object)?,
        };
        let version = object["metadata"]["resourceVersion"].as_str();
        if let Some(revision) = version.and_then(|text| text.parse().ok()) {
            self.set_revision(followed, revision);
        }
        self.draw(followed, &change);
        Ok(change)
    }

    /// Takes in a whole collection at a revision; what is not in it is gone.
    ///
    /// # Errors
    /// If an object is not of its kind's shape.
    pub(super) fn replace(
        &mut self,
        followed: &Followed,
        objects: &[Arc<Value>],
        revision: u64,
    ) -> Result<Vec<Change>, serde_json::Error> {
        let present = objects.iter().map(|object| key(object)).collect();
        let mut changes = self.forget_all_but(followed, &present);
        for object in objects {
            changes.push(self.take_in(followed, object, false)?);
        }
        self.set_revision(followed, revision);
        Ok(changes)
    }

    /// Takes in that of a resource only these objects are left.
    pub(super) fn forget_all_but(
        &mut self,
        followed: &Followed,
        present: &BTreeSet<Key>,
    ) -> Vec<Change> {
        let absent = self.absent(followed, present).into_iter();
        let changes: Vec<_> = absent.map(|key| self.remove(followed, key)).collect();
        for change in &changes {
            self.draw(followed, change);
        }
        changes
    }

    /// Draws a change into the graph of owners.
    fn draw(&mut self, followed: &Followed, change: &Change) {
        let (old, new) = change.meta();
        if let Some(old) = old.filter(|old| new.is_none_or(|new| new.uid != old.uid)) {
            self.graph.take_in(&followed.gvr, old, true);
        }
        if let Some(new) = new {
            self.graph.take_in(&followed.gvr, new, false);
        }
    }

    fn other(&mut self, followed: &Followed) -> &mut Table<ObjectMeta> {
        self.others.entry((*followed.gvr).clone()).or_default()
    }
}

fn key(object: &Value) -> Key {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Key::new(text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(name: &str, uid: &str, version: &str) -> Arc<Value> {
        Arc::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
            "namespace": "a", "name": name, "uid": uid, "resourceVersion": version}}),
        )
    }

    fn tables(followed: &Followed, objects: &[Arc<Value>]) -> Tables {
        let mut tables = Tables::default();
        for object in objects {
            tables.take_in(followed, object, false).unwrap();
        }
        tables
    }

    #[test]
    fn a_list_tells_what_came_changed_and_went_unseen() {
        let followed = Followed::built_in(Kind::ConfigMap);
        let mut tables = tables(&followed, &[map("a", "1", "1"), map("b", "2", "2")]);
        let list = [map("b", "2", "5"), map("c", "3", "6")];
        let changes = tables.replace(&followed, &list, 7).unwrap();
        let told: Vec<_> = changes
            .iter()
            .map(|change| match change {
                Change::ConfigMap(delta) => (
                    delta.key.name.as_str(),
                    delta.old.is_some(),
                    delta.new.is_some(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [("a", true, false), ("b", true, true), ("c", false, true)]
        );
        assert_eq!(tables.revision(&followed), 7);
        assert!(tables.graph.get("1").is_none());
    }

    #[test]
    fn an_object_that_was_made_anew_unseen_is_another_one() {
        let followed = Followed::built_in(Kind::ConfigMap);
        let mut tables = tables(&followed, &[map("a", "1", "1")]);
        tables.replace(&followed, &[map("a", "2", "3")], 3).unwrap();
        assert!(tables.graph.get("1").is_none());
        assert!(tables.graph.get("2").is_some());
    }

    #[test]
    fn of_kinds_without_a_table_the_metadata_is_kept() {
        let followed = Followed::other(Gvr::new("example.com", "v1", "things"));
        let mut tables = tables(&followed, &[map("a", "1", "4")]);
        assert_eq!(tables.revision(&followed), 4);
        assert_eq!(*tables.graph.get("1").unwrap().resource, *followed.gvr);
        let change = tables
            .take_in(&followed, &map("a", "1", "5"), true)
            .unwrap();
        assert!(matches!(change.meta(), (Some(_), None)));
        assert!(tables.graph.get("1").is_none());
    }
}
