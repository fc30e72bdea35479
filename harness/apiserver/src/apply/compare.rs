//! What differs between two states of an object, as sets of fields.

use litemap::LiteMap;

use super::{
    path::{self, Step},
    set::FieldSet,
    walk::granular,
};
use crate::{
    json::{Map, Value},
    schema::{List, Node},
};

/// The fields that came, changed and went. A path that leads to one of the sets is the set's own
/// [`FieldSet::member`].
#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

/// What differs between two objects, but for one of their fields.
pub(super) fn compare(shape: &Node, old: &Value, new: &Value, but: Option<&str>) -> Comparison {
    fields(shape, old.as_object(), new.as_object(), but)
}

/// What differs between two values that are not equal. Whoever asks has compared them: most fields
/// stay as they are, and these cost no path.
fn differing(shape: &Node, old: Option<&Value>, new: Option<&Value>) -> Comparison {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(new)) => return Comparison::added(whole(shape, new)),
        (Some(old), None) => return Comparison::removed(whole(shape, old)),
        (None, None) => return Comparison::default(),
    };
    match (branch(shape, old), branch(shape, new)) {
        (Branch::Map(a), Branch::Map(b)) => fields(shape, Some(a), Some(b), None),
        (Branch::Map(a), Branch::Empty) => fields(shape, Some(a), None, None),
        (Branch::Empty, Branch::Map(b)) => fields(shape, None, Some(b), None),
        (Branch::Items(list, a), Branch::Items(_, b)) => items(list, a, b),
        (Branch::Items(list, a), Branch::Empty) => items(list, a, &[]),
        (Branch::Empty, Branch::Items(list, b)) => items(list, &[], b),
        // Two leaves; or a leaf became a collection, or the other way round.
        (_, _) => Comparison::replaced(),
    }
}

/// A value that is there on one side alone, and everything in it.
fn whole(shape: &Node, value: &Value) -> FieldSet {
    let children = match branch(shape, value) {
        Branch::Leaf | Branch::Empty => LiteMap::new(),
        Branch::Map(map) => map
            .iter()
            .map(|(name, value)| (path::field(name), whole(shape.field(name), value)))
            .collect(),
        Branch::Items(list, items) => Index::new(list, items)
            .groups()
            .map(|(step, items)| (step.clone(), whole_entries(&list.item, items)))
            .collect(),
    };
    FieldSet {
        member: true,
        children,
    }
}

/// The items of one key; several of one key are one path.
fn whole_entries(shape: &Node, items: &[Keyed<'_>]) -> FieldSet {
    match items {
        [(_, item)] => whole(shape, item),
        _ => FieldSet {
            member: true,
            ..FieldSet::default()
        },
    }
}

fn fields(shape: &Node, old: Option<&Map>, new: Option<&Map>, but: Option<&str>) -> Comparison {
    let nothing = Map::new();
    let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    let mut found = Comparison::default();
    let mut field = |name: &str, old: Option<&Value>, new: Option<&Value>| {
        if but != Some(name) && old != new {
            let below = differing(shape.field(name), old, new);
            found.put(path::field(name), below);
        }
    };
    let mut beside = new.in_order();
    for (name, value) in old {
        field(name, Some(value), beside.get(name));
    }
    let mut beside = old.in_order();
    for (name, value) in new {
        if beside.get(name).is_none() {
            field(name, None, Some(value));
        }
    }
    found
}

fn items(list: &List, old: &[Value], new: &[Value]) -> Comparison {
    let (old, new) = (Index::new(list, old), Index::new(list, new));
    let mut found = Comparison::default();
    for (step, old) in old.groups() {
        let new = new.of(step);
        if old != new {
            found.put(step.clone(), entries(&list.item, old, new));
        }
    }
    for (step, new) in new.groups().filter(|(step, _)| old.of(step).is_empty()) {
        found.put(step.clone(), entries(&list.item, &[], new));
    }
    found
}

/// The items of one key, which are not equal; several of one key are compared as a whole.
fn entries(shape: &Node, old: &[Keyed<'_>], new: &[Keyed<'_>]) -> Comparison {
    let mut found = Comparison::default();
    match (old, new) {
        ([] | [_], [] | [_]) => found = differing(shape, first(old), first(new)),
        ([] | [_], _) => {
            if let Some(old) = first(old) {
                found = differing(shape, Some(old), None);
            }
            found.added.member = true;
        }
        (_, [] | [_]) => {
            if let Some(new) = first(new) {
                found = differing(shape, None, Some(new));
            }
            found.removed.member = true;
        }
        (_, _) => found.modified.member = true,
    }
    found
}

fn first<'a>(items: &[Keyed<'a>]) -> Option<&'a Value> {
    items.first().map(|(_, item)| *item)
}

impl Comparison {
    fn added(added: FieldSet) -> Self {
        Self {
            added,
            ..Self::default()
        }
    }

    fn removed(removed: FieldSet) -> Self {
        Self {
            removed,
            ..Self::default()
        }
    }

    /// One value in place of another.
    fn replaced() -> Self {
        let mut found = Self::default();
        found.modified.member = true;
        found
    }

    /// Takes in what was found behind a step.
    fn put(&mut self, step: Step, below: Comparison) {
        let sets = [
            (&mut self.added, below.added),
            (&mut self.modified, below.modified),
            (&mut self.removed, below.removed),
        ];
        for (set, below) in sets {
            set.put(step.clone(), below);
        }
    }
}

/// An item of a list and the step to it.
type Keyed<'a> = (Step, &'a Value);

/// The items of a list in the order of their keys, those of one key in the list's.
struct Index<'a>(Vec<Keyed<'a>>);

impl<'a> Index<'a> {
    fn new(list: &List, items: &'a [Value]) -> Self {
        let keyed = |item| Some((path::item(list, item)?, item));
        let mut all: Vec<Keyed<'a>> = items.iter().filter_map(keyed).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Self(all)
    }

    /// Each key and its items.
    fn groups(&self) -> impl Iterator<Item = (&Step, &[Keyed<'a>])> {
        let groups = self.0.chunk_by(|a, b| a.0 == b.0);
        groups.map(|group| (&group[0].0, group))
    }

    /// The items of one key.
    fn of(&self, step: &Step) -> &[Keyed<'a>] {
        let start = self.0.partition_point(|(other, _)| other < step);
        let end = self.0.partition_point(|(other, _)| other <= step);
        &self.0[start..end]
    }
}

enum Branch<'a> {
    /// A collection without anything in it, which differs from an absent one.
    Empty,
    Leaf,
    Map(&'a Map),
    Items(&'a List, &'a [Value]),
}

fn branch<'a>(shape: &'a Node, value: &'a Value) -> Branch<'a> {
    match value {
        Value::Null => Branch::Empty,
        Value::Object(_) if shape.is_atomic() => Branch::Leaf,
        Value::Object(map) if map.is_empty() => Branch::Empty,
        Value::Object(map) => Branch::Map(map),
        Value::Array(items) => match granular(shape) {
            Some(_) if items.is_empty() => Branch::Empty,
            Some(list) => Branch::Items(list, items),
            None => Branch::Leaf,
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Branch::Leaf,
    }
}
