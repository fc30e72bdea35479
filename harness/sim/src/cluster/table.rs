//! The objects of one kind, as an informer holds them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

    /// Takes in an object as it is now.
    pub(super) fn put(&mut self, key: Key, new: Arc<K>) -> Delta<K> {
        let old = self.objects.insert(key.clone(), Arc::clone(&new));
        Delta {
            key,
            old,
            new: Some(new),
        }
    }

    /// Takes in that an object is gone.
    pub(super) fn remove(&mut self, key: Key) -> Delta<K> {
        Delta {
            old: self.objects.remove(&key),
            key,
            new: None,
        }
    }

    /// The names of objects that are here and not among `present`.
    pub(super) fn absent(&self, present: &BTreeSet<Key>) -> Vec<Key> {
        let gone = self.objects.keys().filter(|key| !present.contains(key));
        gone.cloned().collect()
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
