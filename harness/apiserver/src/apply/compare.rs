//! What differs between two states of an object, as sets of fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    path::{self, Step},
    set::FieldSet,
    walk::granular,
};
use crate::schema::{List, Node};

/// The fields that came, changed and went.
#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

pub(super) fn compare(shape: &Node, old: &Value, new: &Value) -> Comparison {
    let mut walker = Walker::default();
    walker.visit(shape, Some(old), Some(new));
    walker.found
}

#[derive(Default)]
struct Walker {
    at: Vec<Step>,
    found: Comparison,
}

impl Walker {
    fn visit(&mut self, shape: &Node, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        match (branch(shape, old), branch(shape, new)) {
            // An empty or absent collection on both sides is a leaf, so that empty and absent differ.
            (
                Branch::Leaf | Branch::Absent | Branch::Empty,
                Branch::Leaf | Branch::Absent | Branch::Empty,
            ) => {
                return self.leaf(old, new);
            }
            (Branch::Map(a), Branch::Map(b)) => self.map(shape, Some(a), Some(b)),
            (Branch::Map(a), Branch::Absent | Branch::Empty) => self.map(shape, Some(a), None),
            (Branch::Absent | Branch::Empty, Branch::Map(b)) => self.map(shape, None, Some(b)),
            (Branch::Items(list, a), Branch::Items(_, b)) => self.items(list, a, b),
            (Branch::Items(list, a), Branch::Absent | Branch::Empty) => self.items(list, a, &[]),
            (Branch::Absent | Branch::Empty, Branch::Items(list, b)) => self.items(list, &[], b),
            // A leaf became a collection or the other way round: one goes, the other comes.
            (_, _) => return self.replaced(old, new),
        }
        self.presence(old, new);
    }

    fn map(
        &mut self,
        shape: &Node,
        old: Option<&Map<String, Value>>,
        new: Option<&Map<String, Value>>,
    ) {
        for (name, value) in old.into_iter().flatten() {
            self.field(shape, name, Some(value), new.and_then(|m| m.get(name)));
        }
        let is_new = |name: &str| old.is_none_or(|m| !m.contains_key(name));
        for (name, value) in new.into_iter().flatten().filter(|(name, _)| is_new(name)) {
            self.field(shape, name, None, Some(value));
        }
    }

    fn field(&mut self, shape: &Node, name: &str, old: Option<&Value>, new: Option<&Value>) {
        // Most fields stay as they are: these cost no path.
        if old != new {
            self.at.push(path::field(name));
            self.visit(shape.field(name), old, new);
            self.at.pop();
        }
    }

    fn items(&mut self, list: &List, old: &[Value], new: &[Value]) {
        let index = |items| index(list, items);
        let (old, new) = (index(old), index(new));
        let steps: std::collections::BTreeSet<&Step> = old.keys().chain(new.keys()).collect();
        for step in steps {
            self.at.push(step.clone());
            self.entries(&list.item, old.get(step), new.get(step));
            self.at.pop();
        }
    }

    /// The items of one key; several of one key are compared as a whole.
    fn entries(&mut self, shape: &Node, old: Option<&Vec<&Value>>, new: Option<&Vec<&Value>>) {
        let count = |items: Option<&Vec<&Value>>| items.map_or(0, Vec::len);
        match (count(old), count(new)) {
            (0 | 1, 0 | 1) => self.visit(shape, first(old), first(new)),
            (0 | 1, _) => {
                if let Some(old) = first(old) {
                    self.visit(shape, Some(old), None);
                }
                self.found.added.insert(&self.at);
            }
            (_, 0 | 1) => {
                if let Some(new) = first(new) {
                    self.visit(shape, None, Some(new));
                }
                self.found.removed.insert(&self.at);
            }
            (_, _) if old != new => self.found.modified.insert(&self.at),
            (_, _) => {}
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) if old != new => self.found.modified.insert(&self.at),
            (_, _) => self.presence(old, new),
        }
    }

    fn replaced(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(_), Some(_)) => self.found.modified.insert(&self.at),
            (_, _) => self.presence(old, new),
        }
    }

    fn presence(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, Some(_)) => self.found.added.insert(&self.at),
            (Some(_), None) => self.found.removed.insert(&self.at),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
}

fn first<'a>(items: Option<&Vec<&'a Value>>) -> Option<&'a Value> {
    items?.first().copied()
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
