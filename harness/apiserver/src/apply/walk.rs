//! The set of fields that an object has.

use serde_json::Value;

use super::{
    path::{self, Step},
    set::FieldSet,
};
use crate::schema::{List, Node};

/// Every field of an object that can have an owner.
pub(super) fn fields_of(shape: &Node, object: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    visit(shape, object, &mut Vec::new(), &mut set);
    set
}

fn visit(shape: &Node, value: &Value, at: &mut Vec<Step>, set: &mut FieldSet) {
    match value {
        Value::Object(_) if shape.is_atomic() => set.insert(at),
        Value::Object(map) => {
            for (name, child) in map {
                at.push(path::field(name));
                visit(shape.field(name), child, at, set);
                let empty =
                    child.is_null() || child.as_object().is_some_and(serde_json::Map::is_empty);
                if empty || !shape.declares(name) {
                    set.insert(at);
                }
                at.pop();
            }
        }
        Value::Array(items) => match granular(shape) {
            Some(list) => visit_items(list, items, at, set),
            None => set.insert(at),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => set.insert(at),
    }
}

fn visit_items(list: &List, items: &[Value], at: &mut Vec<Step>, set: &mut FieldSet) {
    for item in items {
        let Some(step) = path::item(list, item) else {
            continue;
        };
        at.push(step);
        visit(&list.item, item, at, set);
        set.insert(at);
        at.pop();
    }
}

/// The list's description, if its items have owners of their own.
pub(super) fn granular(shape: &Node) -> Option<&List> {
    shape
        .as_list()
        .filter(|list| list.kind != crate::schema::ListKind::Atomic)
}
