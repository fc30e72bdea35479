//! How the tables take in what is told of a resource, one object at a time or a whole collection.

use std::{collections::BTreeSet, sync::Arc};

use apiserver::{Object, json::Value};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Change, Key, Tables, follow::Followed, table::Table};

impl Tables {
    /// Takes in that an object is as `object` says, or gone.
    ///
    /// # Errors
    /// If the object is not of its kind's shape.
    pub(super) fn take_in(
        &mut self,
        followed: &Followed,
        object: &Object,
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
        objects: &[Arc<Object>],
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

    pub(super) fn other(&mut self, followed: &Followed) -> &mut Table<ObjectMeta> {
        self.others.entry((*followed.gvr).clone()).or_default()
    }
}

fn key(object: &Value) -> Key {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Key::new(text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use apiserver::Gvr;
    use serde_json::json;

    use super::*;
    use crate::cluster::tables::Kind;

    fn map(name: &str, uid: &str, version: &str) -> Arc<Object> {
        Object::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
            "namespace": "a", "name": name, "uid": uid, "resourceVersion": version}}),
        )
    }

    fn tables(followed: &Followed, objects: &[Arc<Object>]) -> Tables {
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
