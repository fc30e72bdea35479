//! Objects, their revisions, the history of their changes and the labels they are found by. No
//! rule of Kubernetes is known here.

mod history;
mod labels;
mod rows;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use crate::{
    apply::Owners,
    json::{Text, Value},
    object::meta_mut,
    signal::Listener,
    typed::Object,
};
pub(crate) use history::{Change, ChangeKind, TooOld};
pub(crate) use labels::Hint;
pub(crate) use rows::{Rows, Span};

/// The name of a table: all served versions of a resource share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Table {
    /// Tells tables apart without a look at their names: every read and write begins with finding
    /// one among many.
    digest: u64,
    pub(crate) group: Text,
    pub(crate) resource: Text,
}

impl Table {
    pub(crate) fn new(group: &str, resource: &str) -> Self {
        Self {
            digest: digest(group, resource),
            group: group.into(),
            resource: resource.into(),
        }
    }
}

/// The same in every process: what is told must not hang on the order of tables by chance.
fn digest(group: &str, resource: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (group, resource).hash(&mut hasher);
    hasher.finish()
}

/// The name of an object within its table; the namespace is empty for cluster-scoped ones. Most names
/// are short enough to be looked at where the key is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) namespace: Text,
    pub(crate) name: Text,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// Every table of one server and the revision they share, as in one etcd.
#[derive(Debug)]
pub(crate) struct Store {
    revision: u64,
    window: usize,
    tables: BTreeMap<Table, Rows>,
}

impl Store {
    /// An empty store that remembers the last `window` changes of each table.
    pub(crate) fn new(window: usize) -> Self {
        // etcd's first revision is 1: "0" must stay free to mean "any version".
        Self {
            revision: 1,
            window,
            tables: BTreeMap::new(),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn rows(&self, table: &Table) -> Option<&Rows> {
        self.tables.get(table)
    }

    pub(crate) fn get(&self, table: &Table, key: &Key) -> Option<&Arc<Object>> {
        self.rows(table)?.get(key)
    }

    /// Every object of a table, ordered by namespace and name.
    pub(crate) fn all<'a>(
        &'a self,
        table: &Table,
    ) -> impl Iterator<Item = (&'a Arc<Key>, &'a Arc<Object>)> + use<'a> {
        self.rows(table).into_iter().flat_map(Rows::iter)
    }

    /// Writes an object under a new revision, which is put into its metadata.
    pub(crate) fn put(
        &mut self,
        table: &Table,
        key: Key,
        mut object: Value,
        owners: Owners,
    ) -> Arc<Object> {
        let revision = self.advance();
        meta_mut(&mut object).insert("resourceVersion", revision.to_string().into());
        let rows = self.rows_mut(table);
        let object = Object::after(rows.get(&key).map(|last| &**last), object, owners);
        rows.put(revision, key, Arc::clone(&object));
        object
    }

    /// Removes an object; its last state, under the revision of its removal, is returned.
    pub(crate) fn remove(&mut self, table: &Table, key: &Key) -> Option<Arc<Object>> {
        self.get(table, key)?;
        let revision = self.advance();
        self.rows_mut(table).remove(revision, key)
    }

    /// Told whenever a table changes.
    pub(crate) fn subscribe(&mut self, table: &Table) -> Listener {
        self.rows_mut(table).subscribe()
    }

    /// Begins a table, before which there is no history. A table that is there goes on.
    pub(crate) fn begin(&mut self, table: &Table) {
        let revision = self.revision;
        let rows = self.rows_mut(table);
        if !rows.is_used() {
            rows.compact(revision);
        }
    }

    /// Forgets all history, as an etcd compaction at the current revision does.
    pub(crate) fn compact(&mut self) {
        let revision = self.revision;
        self.tables
            .values_mut()
            .for_each(|rows| rows.compact(revision));
    }

    fn advance(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    fn rows_mut(&mut self, table: &Table) -> &mut Rows {
        if !self.tables.contains_key(table) {
            self.tables.insert(table.clone(), Rows::new(self.window));
        }
        self.tables.get_mut(table).expect("inserted above")
    }
}
