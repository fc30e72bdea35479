//! What differs between two states of an object, as sets of fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    path::{self, Step},
    set::FieldSet,
    walk::granular,
};
use crate::schema::{List, Node};

/// The fields that came, changed and went. A path that leads to one of the sets is the set's own
/// [`FieldSet::member`].
#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

pub(super) fn compare(shape: &Node, old: &Value, new: &Value) -> Comparison {
    match old == new {
        true => Comparison::default(),
        false => differing(shape, Some(old), Some(new)),
    }
}

/// What differs between two values that are not equal. Whoever asks has compared them: most fields
/// stay as they are, and these cost no path.
fn differing(shape: &Node, old: Option<&Value>, new: Option<&Value>) -> Comparison {
    let mut found = match (branch(shape, old), branch(shape, new)) {
        // An empty or absent collection on both sides is a leaf, so that empty and absent differ.
        (
            Branch::Leaf | Branch::Absent | Branch::Empty,
            Branch::Leaf | Branch::Absent | Branch::Empty,
        ) => Comparison::replaced(old, new),
        (Branch::Map(a), Branch::Map(b)) => fields(shape, Some(a), Some(b)),
        (Branch::Map(a), Branch::Absent | Branch::Empty) => fields(shape, Some(a), None),
        (Branch::Absent | Branch::Empty, Branch::Map(b)) => fields(shape, None, Some(b)),
        (Branch::Items(list, a), Branch::Items(_, b)) => items(list, a, b),
        (Branch::Items(list, a), Branch::Absent | Branch::Empty) => items(list, a, &[]),
        (Branch::Absent | Branch::Empty, Branch::Items(list, b)) => items(list, &[], b),
        // A leaf became a collection or the other way round: one goes, the other comes.
        (_, _) => Comparison::replaced(old, new),
    };
    found.added.member |= old.is_none() && new.is_some();
    found.removed.member |= old.is_some() && new.is_none();
    found
}

fn fields(
    shape: &Node,
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
) -> Comparison {
    let mut found = Comparison::default();
    let mut field = |name: &String, old: Option<&Value>, new: Option<&Value>| {
        if old != new {
            let below = differing(shape.field(name), old, new);
            found.put(|| path::field(name), below);
        }
    };
    for (name, value) in old.into_iter().flatten() {
        field(name, Some(value), new.and_then(|m| m.get(name)));
    }
    let is_new = |name: &str| old.is_none_or(|m| !m.contains_key(name));
    for (name, value) in new.into_iter().flatten().filter(|(name, _)| is_new(name)) {
        field(name, None, Some(value));
    }
    found
}

fn items(list: &List, old: &[Value], new: &[Value]) -> Comparison {
    let (old, mut new) = (index(list, old), index(list, new));
    let mut found = Comparison::default();
    for (step, old) in old {
        let new = new.remove(&step).unwrap_or_default();
        found.put(|| step, entries(&list.item, &old, &new));
    }
    for (step, new) in new {
        found.put(|| step, entries(&list.item, &[], &new));
    }
    found
}

/// The items of one key; several of one key are compared as a whole.
fn entries(shape: &Node, old: &[&Value], new: &[&Value]) -> Comparison {
    if old == new {
        return Comparison::default();
    }
    let mut found = Comparison::default();
    match (old, new) {
        ([] | [_], [] | [_]) => {
            found = differing(shape, old.first().copied(), new.first().copied());
        }
        ([] | [_], _) => {
            if let Some(old) = old.first() {
                found = differing(shape, Some(old), None);
            }
            found.added.member = true;
        }
        (_, [] | [_]) => {
            if let Some(new) = new.first() {
                found = differing(shape, None, Some(new));
            }
            found.removed.member = true;
        }
        (_, _) => found.modified.member = true,
    }
    found
}

impl Comparison {
    /// One value in place of another, or of nothing.
    fn replaced(old: Option<&Value>, new: Option<&Value>) -> Self {
        let mut found = Self::default();
        found.modified.member = old.is_some() && new.is_some();
        found
    }

    /// Takes in what was found behind a step.
    fn put(&mut self, step: impl FnOnce() -> Step, below: Comparison) {
        let mut sets = [
            (&mut self.added, below.added),
            (&mut self.modified, below.modified),
            (&mut self.removed, below.removed),
        ]
        .into_iter()
        .filter(|(_, below)| below.member || !below.children.is_empty())
        .peekable();
        if sets.peek().is_none() {
            return;
        }
        let step = step();
        for (set, below) in sets {
            set.children.insert(step.clone(), below);
        }
    }
}

/// The items of a list by their keys.
fn index<'a>(list: &List, items: &'a [Value]) -> BTreeMap<Step, Vec<&'a Value>> {
    let mut found: BTreeMap<Step, Vec<&Value>> = BTreeMap::new();
    for item in items {
        if let Some(step) = path::item(list, item) {
            found.entry(step).or_default().push(item);
        }
    }
    found
}

enum Branch<'a> {
    Absent,
    Empty,
    Leaf,
    Map(&'a Map<String, Value>),
    Items(&'a List, &'a [Value]),
}

fn branch<'a>(shape: &'a Node, value: Option<&'a Value>) -> Branch<'a> {
    match value {
        None => Branch::Absent,
        Some(Value::Null) => Branch::Empty,
        Some(Value::Object(_)) if shape.is_atomic() => Branch::Leaf,
        Some(Value::Object(map)) if map.is_empty() => Branch::Empty,
        Some(Value::Object(map)) => Branch::Map(map),
        Some(Value::Array(items)) => match granular(shape) {
            Some(_) if items.is_empty() => Branch::Empty,
            Some(list) => Branch::Items(list, items),
            None => Branch::Leaf,
        },
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => Branch::Leaf,
    }
}
