//! Which objects of a table carry which label, so that the cost of a selection follows what it
//! finds and not what there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Key, rows::Span};
use crate::json::{Map, Value};

/// A label that every selected object has, with one of these values; with any, if `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint<'a> {
    pub(crate) label: &'a str,
    pub(crate) values: Option<&'a [String]>,
}

type Keys = BTreeSet<Arc<Key>>;

/// The keys of objects by label and value.
#[derive(Debug, Default)]
pub(super) struct LabelIndex {
    labels: BTreeMap<String, BTreeMap<String, Keys>>,
}

impl LabelIndex {
    /// Takes in what an object was and is; `None` for one that was or is not there.
    pub(super) fn change(&mut self, key: &Arc<Key>, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (labels(old), labels(new));
        if old == new {
            return;
        }
        for (label, value) in texts(old) {
            self.remove(key, label, value);
        }
        for (label, value) in texts(new) {
            let values = entry(&mut self.labels, label);
            entry(values, value).insert(Arc::clone(key));
        }
    }

    fn remove(&mut self, key: &Key, label: &str, value: &str) {
        let Some(values) = self.labels.get_mut(label) else {
            return;
        };
        if let Some(keys) = values.get_mut(value) {
            keys.remove(key);
            if keys.is_empty() {
                values.remove(value);
            }
        }
        if values.is_empty() {
            self.labels.remove(label);
        }
    }

    /// How many objects a hint leaves possible.
    pub(super) fn count(&self, hint: Hint<'_>) -> usize {
        self.sets(hint).map(BTreeSet::len).sum()
    }

    /// The keys that a hint leaves possible, in order.
    pub(super) fn keys<'a>(&'a self, hint: Hint<'a>, span: Span<'a>) -> Vec<&'a Arc<Key>> {
        let inside = |keys: &'a Keys| {
            keys.range::<Key, _>((span.start(), std::ops::Bound::Unbounded))
                .take_while(move |key| span.reaches(key))
        };
        let mut keys: Vec<&Arc<Key>> = self.sets(hint).flat_map(inside).collect();
        keys.sort();
        // A selector may name a value twice.
        keys.dedup();
        keys
    }

    fn sets<'a>(&'a self, hint: Hint<'a>) -> impl Iterator<Item = &'a Keys> {
        let values = self.labels.get(hint.label);
        let any = values.filter(|_| hint.values.is_none());
        let some = values.zip(hint.values);
        let some = some
            .into_iter()
            .flat_map(|(found, wanted)| wanted.iter().filter_map(|value| found.get(value)));
        any.into_iter().flat_map(BTreeMap::values).chain(some)
    }
}

/// The entry under a name, made if it is not there.
fn entry<'a, V: Default>(map: &'a mut BTreeMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("inserted above")
}

fn labels(object: Option<&Value>) -> Option<&Map> {
    object?.get("metadata")?.get("labels")?.as_object()
}

fn texts(labels: Option<&Map>) -> impl Iterator<Item = (&str, &str)> {
    let labels = labels.into_iter().flatten();
    labels.filter_map(|(label, value)| Some((label.as_str(), value.as_str()?)))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::json::json;

    fn key(namespace: &str, name: &str) -> Arc<Key> {
        Arc::new(Key::new(namespace, name))
    }

    fn found(index: &LabelIndex, label: &str, values: Option<&[&str]>, span: Span<'_>) -> String {
        let values: Option<Vec<String>> =
            values.map(|values| values.iter().map(|v| (*v).to_owned()).collect());
        let hint = Hint {
            label,
            values: values.as_deref(),
        };
        let names = index.keys(hint, span).into_iter();
        names
            .map(|key| key.name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn filled() -> LabelIndex {
        let mut index = LabelIndex::default();
        for (namespace, name, labels) in [
            ("a", "x", json!({"app": "web"})),
            ("a", "y", json!({"app": "db"})),
            ("b", "w", json!({"app": "web", "canary": ""})),
        ] {
            let object = json!({"metadata": {"labels": labels}});
            index.change(&key(namespace, name), None, Some(&object));
        }
        index
    }

    #[test]
    fn objects_are_found_by_value_and_by_label_in_the_order_of_keys() {
        let index = filled();
        let all = Span::default();
        assert_eq!(found(&index, "app", Some(&["web"]), all), "x w");
        assert_eq!(found(&index, "app", Some(&["web", "db"]), all), "x y w");
        assert_eq!(found(&index, "app", Some(&["db", "db"]), all), "y");
        assert_eq!(found(&index, "app", None, all), "x y w");
        assert_eq!(found(&index, "canary", None, all), "w");
        assert_eq!(found(&index, "tier", None, all), "");
    }

    #[test]
    fn a_span_limits_what_is_found() {
        let index = filled();
        let within_a = Span {
            namespace: Some("a"),
            after: None,
        };
        assert_eq!(found(&index, "app", None, within_a), "x y");
        let x = key("a", "x");
        let behind_x = Span {
            namespace: None,
            after: Some(&*x),
        };
        assert_eq!(found(&index, "app", Some(&["web"]), behind_x), "w");
    }

    #[test]
    fn what_changes_or_goes_is_found_under_its_old_labels_no_more() {
        let mut index = filled();
        let (web, db) = (
            json!({"metadata": {"labels": {"app": "web"}}}),
            json!({"metadata": {"labels": {"app": "db"}}}),
        );
        index.change(&key("a", "x"), Some(&web), Some(&db));
        index.change(&key("a", "y"), Some(&db), None);
        assert_eq!(found(&index, "app", Some(&["web"]), Span::default()), "w");
        assert_eq!(found(&index, "app", Some(&["db"]), Span::default()), "x");
    }
}
