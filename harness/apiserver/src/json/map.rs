//! Maps: sorted entries in one run, shared between copies.

use std::{
    cmp::Ordering,
    iter::Peekable,
    ops::{Index, IndexMut},
    slice,
    sync::Arc,
};

use serde::{Serialize, Serializer};

use super::{Text, Value};

type Entry = (Text, Value);

/// Up to so many entries are looked through one by one.
const SHORT: usize = 16;

/// A map from texts to values, in the order of its keys. Copies are cheap and independent of each
/// other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Map(Arc<Vec<Entry>>);

impl Map {
    /// A map without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are copies of one map that neither has changed since.
    pub(super) fn is_same(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let place = self.place(key)?;
        Some(&self.0[place].1)
    }

    /// The value under a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let place = self.place(key)?;
        Some(&mut self.entries()[place].1)
    }

    /// Whether there is a value under a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Puts a value under a key; the one before it is returned.
    pub fn insert(&mut self, key: impl AsRef<str> + Into<Text>, value: Value) -> Option<Value> {
        if let Some(known) = self.get_mut(key.as_ref()) {
            return Some(std::mem::replace(known, value));
        }
        self.put((key.into(), value));
        None
    }

    /// The value under a key, made if there is none.
    pub fn get_or_insert(
        &mut self,
        key: impl AsRef<str> + Into<Text>,
        make: impl FnOnce() -> Value,
    ) -> &mut Value {
        let place = match self.place(key.as_ref()) {
            Some(place) => place,
            None => self.put((key.into(), make())),
        };
        &mut self.entries()[place].1
    }

    /// Takes out the value under a key.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let place = self.place(key)?;
        Some(self.entries().remove(place).1)
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// The entries in the order of their keys, values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Value)> {
        self.entries().iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Text> + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values under keys that are asked for in their order, each once: of two maps that are
    /// walked side by side no key is searched for.
    #[must_use]
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder(self.iter().peekable())
    }

    /// Where a key stands. Keys of short maps differ in length mostly, which is seen without a
    /// look at their letters.
    fn place(&self, key: &str) -> Option<usize> {
        match self.len() <= SHORT {
            true => self.0.iter().position(|(known, _)| known == key),
            false => self.0.binary_search_by(|(known, _)| order(known, key)).ok(),
        }
    }

    /// The entries of this copy alone.
    fn entries(&mut self) -> &mut Vec<Entry> {
        Arc::make_mut(&mut self.0)
    }

    /// Puts in an entry whose key is new, and says where.
    fn put(&mut self, entry: Entry) -> usize {
        let place = self
            .0
            .partition_point(|(known, _)| order(known, &entry.0).is_lt());
        match Arc::get_mut(&mut self.0) {
            Some(entries) => {
                if entries.len() == entries.capacity() {
                    entries.reserve_exact(spare(entries.len()));
                }
                entries.insert(place, entry);
            }
            None => self.0 = Arc::new(with(&self.0, place, entry)),
        }
        place
    }
}

/// Room for this many more entries is made where one is put in. Maps are kept far longer than they
/// grow, so that they grow by little; but who adds a field often adds another.
const fn spare(len: usize) -> usize {
    2 + len / 8
}

/// A copy of entries with one more among them.
fn with(entries: &[Entry], place: usize, entry: Entry) -> Vec<Entry> {
    let (before, behind) = entries.split_at(place);
    let mut all = Vec::with_capacity(entries.len() + spare(entries.len()));
    all.extend_from_slice(before);
    all.push(entry);
    all.extend_from_slice(behind);
    all
}

/// Of entries with the same key the last one counts.
impl From<Vec<Entry>> for Map {
    fn from(mut entries: Vec<Entry>) -> Self {
        if !entries.is_sorted_by(|(a, _), (b, _)| order(a, b).is_lt()) {
            entries.sort_by(|(a, _), (b, _)| order(a, b));
            entries.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        entries.shrink_to_fit();
        Self(Arc::new(entries))
    }
}

/// Of entries with the same key the last one counts.
impl<K: Into<Text>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self::from(entries.collect::<Vec<Entry>>())
    }
}

impl<K: AsRef<str> + Into<Text>> Extend<(K, Value)> for Map {
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The entries of a map in the order of their keys.
#[derive(Clone)]
pub struct Iter<'a>(slice::Iter<'a, Entry>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Text, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The values of a map under keys that come in their order.
#[derive(Clone)]
pub struct InOrder<'a>(Peekable<Iter<'a>>);

impl<'a> InOrder<'a> {
    /// The value under a key, which must not be smaller than the one before.
    pub fn get(&mut self, key: &str) -> Option<&'a Value> {
        loop {
            let (known, value) = self.0.peek()?;
            match order(known, key) {
                Ordering::Less => self.0.next(),
                Ordering::Equal => return Some(value),
                Ordering::Greater => return None,
            };
        }
    }
}

/// The order of two keys, which most pairs' first letters tell.
fn order(a: &str, b: &str) -> Ordering {
    let (first, other) = (a.as_bytes().first(), b.as_bytes().first());
    first.cmp(&other).then_with(|| a.cmp(b))
}

impl Index<&str> for Map {
    type Output = Value;

    /// `null` where there is nothing.
    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&Value::Null)
    }
}

impl IndexMut<&str> for Map {
    /// Makes a field that is `null` where there is none.
    fn index_mut(&mut self, key: &str) -> &mut Value {
        self.get_or_insert(key, || Value::Null)
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(String, u8),
        Remove(String),
        Extend(Vec<(String, u8)>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = || "[a-e]{1,2}";
        prop_oneof![
            (key(), any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
            key().prop_map(Step::Remove),
            prop::collection::vec((key(), any::<u8>()), 0..9).prop_map(Step::Extend),
        ]
    }

    fn take(step: &Step, map: &mut Map, model: &mut BTreeMap<String, u8>) {
        match step.clone() {
            Step::Insert(key, value) => {
                let before = model.insert(key.clone(), value);
                assert_eq!(map.insert(key, value.into()), before.map(Value::from));
            }
            Step::Remove(key) => {
                assert_eq!(map.remove(&key), model.remove(&key).map(Value::from));
            }
            Step::Extend(entries) => {
                model.extend(entries.clone());
                map.extend(entries.into_iter().map(|(key, value)| (key, value.into())));
            }
        }
    }

    fn expected(model: &BTreeMap<String, u8>) -> Vec<(String, u8)> {
        model.clone().into_iter().collect()
    }

    fn found(map: &Map) -> Vec<(String, u8)> {
        let small = |value: &Value| u8::try_from(value.as_u64().unwrap()).unwrap();
        map.iter()
            .map(|(key, value)| (key.to_string(), small(value)))
            .collect()
    }

    proptest! {
        #[test]
        fn a_map_is_what_a_tree_is_and_copies_of_it_stay_as_they_were(
            steps in prop::collection::vec(step(), 0..40),
        ) {
            let (mut map, mut model) = (Map::new(), BTreeMap::new());
            for step in &steps {
                let (copy, before) = (map.clone(), expected(&model));
                take(step, &mut map, &mut model);
                prop_assert_eq!(found(&map), expected(&model));
                prop_assert_eq!(found(&copy), before);
            }
            for (key, value) in &model {
                prop_assert_eq!(map.get(key), Some(&Value::from(*value)));
            }
            prop_assert!(map.get("f").is_none());
            let mut in_order = map.in_order();
            for key in ["a", "aa", "b", "bc", "c", "d", "dd", "e", "f"] {
                prop_assert_eq!(in_order.get(key), map.get(key));
            }
        }

        #[test]
        fn of_equal_keys_the_last_one_counts(
            entries in prop::collection::vec(("[a-c]", any::<u8>()), 0..9),
        ) {
            let map: Map = entries.iter().map(|(key, value)| (key.clone(), Value::from(*value))).collect();
            let model: BTreeMap<String, u8> = entries.into_iter().collect();
            prop_assert_eq!(found(&map), expected(&model));
        }
    }
}
