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
                let empty = child.is_null() || child.as_object().is_some_and(Map::is_empty);
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

/// The first list of the object that holds an item twice, as a refusal says it.
pub(crate) fn doubled(shape: &Node, object: &Value) -> Option<String> {
    find_doubled(shape, object, &mut Vec::new())
}

fn find_doubled(shape: &Node, value: &Value, at: &mut Vec<Step>) -> Option<String> {
    let children: Vec<(Step, &Node, &Value)> = match value {
        Value::Object(map) if !shape.is_atomic() => map
            .iter()
            .map(|(name, child)| (path::field(name), shape.field(name), child))
            .collect(),
        Value::Array(items) => {
            let list = granular(shape)?;
            let steps = items
                .iter()
                .filter_map(|item| Some((path::item(list, item)?, item)));
            steps.map(|(step, item)| (step, &list.item, item)).collect()
        }
        _ => return None,
    };
    for (i, (step, node, child)) in children.iter().enumerate() {
        if children[..i].iter().any(|(other, ..)| other == step) {
            let key = path::shown(std::slice::from_ref(step));
            return Some(format!(
                "{}: duplicate entries for key {key}",
                path::shown(at)
            ));
        }
        at.push(step.clone());
        let found = find_doubled(node, child, at);
        at.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The list's description, if its items have owners of their own.
pub(super) fn granular(shape: &Node) -> Option<&List> {
    shape
        .as_list()
        .filter(|list| list.kind != crate::schema::ListKind::Atomic)
}
