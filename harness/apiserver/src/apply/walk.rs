//! The set of fields that an object has.

use super::{
    path::{self, Step},
    set::FieldSet,
};
use crate::{
    json::{Map, Value},
    schema::{List, Node},
};

/// Every field of an object that can have an owner.
pub(super) fn fields_of(shape: &Node, object: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    visit(shape, object, &mut set);
    set
}

/// Puts the fields of a value into the set of the path that leads to it.
fn visit(shape: &Node, value: &Value, set: &mut FieldSet) {
    match value {
        Value::Object(_) if shape.is_atomic() => set.member = true,
        Value::Object(map) => {
            for (name, child) in map {
                let mut below = FieldSet::default();
                visit(shape.field(name), child, &mut below);
                let empty = child.is_null() || child.as_object().is_some_and(Map::is_empty);
                below.member |= empty || !shape.declares(name);
                set.put(path::field(name), below);
            }
        }
        Value::Array(items) => match granular(shape) {
            Some(list) => visit_items(list, items, set),
            None => set.member = true,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => set.member = true,
    }
}

fn visit_items(list: &List, items: &[Value], set: &mut FieldSet) {
    for item in items {
        let Some(step) = path::item(list, item) else {
            continue;
        };
        let mut below = FieldSet::default();
        visit(&list.item, item, &mut below);
        below.member = true;
        set.put(step, below);
    }
}

/// The first list of the object that holds an item twice, as a refusal says it.
pub(crate) fn doubled(shape: &Node, object: &Value) -> Option<String> {
    let Doubled { mut way, key } = find_doubled(shape, object)?;
    way.reverse();
    let (list, key) = (path::shown(&way), path::shown(&[key]));
    Some(format!("{list}: duplicate entries for key {key}"))
}

/// A key that a list holds twice.
struct Doubled {
    /// The steps from the list up to where the search began.
    way: Vec<Step>,
    key: Step,
}

impl Doubled {
    fn behind(mut self, step: Step) -> Self {
        self.way.push(step);
        self
    }
}

fn find_doubled(shape: &Node, value: &Value) -> Option<Doubled> {
    match value {
        Value::Object(map) if !shape.is_atomic() => map.iter().find_map(|(name, child)| {
            let found = find_doubled(shape.field(name), child)?;
            Some(found.behind(path::field(name)))
        }),
        Value::Array(items) => find_doubled_item(granular(shape)?, items),
        _ => None,
    }
}

fn find_doubled_item(list: &List, items: &[Value]) -> Option<Doubled> {
    let mut known = Vec::with_capacity(items.len());
    for item in items {
        let Some(key) = path::item(list, item) else {
            continue;
        };
        if known.contains(&key) {
            let way = Vec::new();
            return Some(Doubled { way, key });
        }
        if let Some(found) = find_doubled(&list.item, item) {
            return Some(found.behind(key));
        }
        known.push(key);
    }
    None
}

/// The list's description, if its items have owners of their own.
pub(super) fn granular(shape: &Node) -> Option<&List> {
    shape
        .as_list()
        .filter(|list| list.kind != crate::schema::ListKind::Atomic)
}
