//! One table: the objects as they are, and how they became so.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use serde_json::Value;

use crate::signal::{Listener, Signal};

use super::{
    Key,
    history::{Change, ChangeKind, History, TooOld},
};

/// The rows of one table, ordered by namespace and name.
#[derive(Debug)]
pub(crate) struct Rows {
    objects: BTreeMap<Key, Arc<Value>>,
    history: History,
    tip: Signal,
}

impl Rows {
    pub(super) fn new(window: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            history: History::new(window),
            tip: Signal::default(),
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// The rows of one namespace, or all of them, without looking at any other row.
    pub(crate) fn within<'a>(
        &'a self,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let start = Key::new(namespace.unwrap_or_default(), "");
        let range = (Bound::Included(start), Bound::Unbounded);
        let inside = move |key: &Key| namespace.is_none_or(|n| key.namespace == n);
        self.objects
            .range::<Key, _>(range)
            .take_while(move |(key, _)| inside(key))
    }

    /// The rows as they were at an earlier revision.
    ///
    /// # Errors
    /// If the history no longer reaches back that far.
    pub(crate) fn as_of(&self, revision: u64) -> Result<BTreeMap<Key, Arc<Value>>, TooOld> {
        let mut objects = self.objects.clone();
        let later: Vec<&Arc<Change>> = self.history.after(revision)?.collect();
        for change in later.into_iter().rev() {
            match &change.previous {
                Some(previous) => objects.insert(change.key.clone(), Arc::clone(previous)),
                None => objects.remove(&change.key),
            };
        }
        Ok(objects)
    }

    /// The changes after a revision, oldest first.
    ///
    /// # Errors
    /// If the history no longer reaches back that far.
    pub(crate) fn changes_after(
        &self,
        revision: u64,
    ) -> Result<impl Iterator<Item = &Arc<Change>>, TooOld> {
        self.history.after(revision)
    }

    pub(super) fn subscribe(&self) -> Listener {
        self.tip.listen()
    }

    /// Whether anything was ever written or forgotten here.
    pub(super) fn is_used(&self) -> bool {
        !self.objects.is_empty() || !self.history.is_fresh()
    }

    pub(super) fn compact(&mut self, revision: u64) {
        self.history.forget_until(revision);
        // Watchers that lag behind learn about it at once rather than at the next change.
        self.tip.raise();
    }

    pub(super) fn put(&mut self, revision: u64, key: Key, object: Arc<Value>) {
        let previous = self.objects.insert(key.clone(), Arc::clone(&object));
        let kind = if previous.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        self.record(Change {
            revision,
            kind,
            key,
            object,
            previous,
        });
    }

    pub(super) fn remove(&mut self, revision: u64, key: &Key) -> Option<Arc<Value>> {
        let previous = self.objects.remove(key)?;
        let mut last = Value::clone(&previous);
        last["metadata"]["resourceVersion"] = Value::String(revision.to_string());
        let object = Arc::new(last);
        self.record(Change {
            revision,
            kind: ChangeKind::Deleted,
            key: key.clone(),
            object: Arc::clone(&object),
            previous: Some(previous),
        });
        Some(object)
    }

    fn record(&mut self, change: Change) {
        self.history.push(change);
        self.tip.raise();
    }
}
