//! One table: the objects as they are, and how they became so.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use crate::{
    json::Value,
    signal::{Listener, Signal},
    typed::Object,
};

use super::{
    Key,
    history::{Change, ChangeKind, History, TooOld},
    labels::{Hint, LabelIndex},
};

/// A part of a table: one namespace or all of them, from its start or from behind a key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) after: Option<&'a Key>,
}

impl Span<'_> {
    /// Where the keys of this span begin.
    pub(super) fn start(&self) -> Bound<Key> {
        let first = Key::new(self.namespace.unwrap_or_default(), "");
        match self.after.filter(|after| **after >= first) {
            Some(after) => Bound::Excluded(after.clone()),
            None => Bound::Included(first),
        }
    }

    /// Whether a key behind the start is not yet behind the end.
    pub(crate) fn reaches(&self, key: &Key) -> bool {
        self.namespace.is_none_or(|n| key.namespace == n)
    }
}

/// The rows of one table, ordered by namespace and name.
#[derive(Debug)]
pub(crate) struct Rows {
    objects: BTreeMap<Arc<Key>, Arc<Object>>,
    labels: LabelIndex,
    history: History,
    tip: Signal,
}

impl Rows {
    pub(super) fn new(window: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            labels: LabelIndex::default(),
            history: History::new(window),
            tip: Signal::default(),
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<Key>, &Arc<Object>)> {
        self.objects.iter()
    }

    /// The rows of one namespace, or all of them, without looking at any other row.
    pub(crate) fn within<'a>(
        &'a self,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Arc<Key>, &'a Arc<Object>)> {
        self.span(Span {
            namespace,
            after: None,
        })
    }

    /// The rows of a span that may carry the labels of all hints. Of the hints the one that
    /// leaves the fewest rows is looked up; the others are for the caller to check.
    pub(crate) fn hinted<'a>(
        &'a self,
        span: Span<'a>,
        hints: impl Iterator<Item = Hint<'a>>,
    ) -> impl Iterator<Item = (&'a Arc<Key>, &'a Arc<Object>)> {
        let best = hints.min_by_key(|hint| self.labels.count(*hint));
        let all = best.is_none().then(|| self.span(span));
        let some = best.map(|hint| self.labels.keys(hint, span));
        let row = |key: &'a Arc<Key>| (key, &self.objects[&**key]);
        all.into_iter()
            .flatten()
            .chain(some.into_iter().flatten().map(row))
    }

    fn span<'a>(&'a self, span: Span<'a>) -> impl Iterator<Item = (&'a Arc<Key>, &'a Arc<Object>)> {
        self.objects
            .range::<Key, _>((span.start(), Bound::Unbounded))
            .take_while(move |(key, _)| span.reaches(key))
    }

    /// The rows as they were at an earlier revision.
    ///
    /// # Errors
    /// If the history no longer reaches back that far.
    pub(crate) fn as_of(&self, revision: u64) -> Result<BTreeMap<Arc<Key>, Arc<Object>>, TooOld> {
        let mut objects = self.objects.clone();
        let later: Vec<&Arc<Change>> = self.history.after(revision)?.collect();
        for change in later.into_iter().rev() {
            match change.previous.clone() {
                Some(previous) => objects.insert(Arc::clone(&change.key), previous),
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

    pub(super) fn put(&mut self, revision: u64, key: Key, object: Arc<Object>) {
        let key = self.shared(key);
        let previous = self.objects.insert(Arc::clone(&key), Arc::clone(&object));
        self.labels
            .change(&key, previous.as_deref().map(|last| &**last), Some(&object));
        self.history.push(Change {
            revision,
            kind: match previous {
                Some(_) => ChangeKind::Modified,
                None => ChangeKind::Added,
            },
            key,
            object,
            previous,
        });
        self.tip.raise();
    }

    pub(super) fn remove(&mut self, revision: u64, key: &Key) -> Option<Arc<Object>> {
        let (key, previous) = self.objects.remove_entry(key)?;
        let mut last = Value::clone(&previous);
        last["metadata"]["resourceVersion"] = revision.to_string().into();
        let object = Object::owned(last, previous.owners().clone());
        self.labels.change(&key, Some(&previous), None);
        self.history.push(Change {
            revision,
            kind: ChangeKind::Deleted,
            key,
            object: Arc::clone(&object),
            previous: Some(previous),
        });
        self.tip.raise();
        Some(object)
    }

    /// The key under which an object stands already, so that its history does not repeat it.
    fn shared(&self, key: Key) -> Arc<Key> {
        match self.objects.get_key_value(&key) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(key),
        }
    }
}
