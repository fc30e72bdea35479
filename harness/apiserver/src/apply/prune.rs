//! Removing what an applier no longer applies and nobody else claims.

use super::{
    path,
    set::FieldSet,
    walk::{fields_of, granular},
};
use crate::{
    json::{Map, Value},
    schema::{List, Node},
};

/// The merged object without the fields that the applier applied last time, not this time, and
/// that no owner in `claimed` (its new configuration included) holds.
pub(super) fn prune(shape: &Node, merged: &Value, last: &FieldSet, claimed: &FieldSet) -> Value {
    let last = last.with_named_fields();
    let of_merged = fields_of(shape, merged).with_named_fields();
    let pruned = remove(shape, merged, &last);
    // Owned items come back, and with them what they stand in.
    let kept = fields_of(shape, &pruned)
        .with_named_fields()
        .union(&claimed.with_named_fields());
    let pruned = remove(shape, merged, &of_merged.difference(&kept));
    // Items that were never the applier's come back too.
    let gone = of_merged.difference(&fields_of(shape, &pruned).with_named_fields());
    remove(shape, merged, &gone.intersection(&last))
}

/// The object without the fields of a set.
fn remove(shape: &Node, value: &Value, set: &FieldSet) -> Value {
    match value {
        Value::Object(map) if !shape.is_atomic() => Value::Object(remove_fields(shape, map, set)),
        Value::Array(items) => match granular(shape) {
            Some(list) => remove_items(list, items, set).into(),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn remove_fields(shape: &Node, map: &Map, set: &FieldSet) -> Map {
    let mut out = Map::new();
    for (name, value) in map {
        match set.below(&path::field(name)) {
            Some(below) if below.member => {}
            Some(below) => {
                let rest = remove(shape.field(name), value, below);
                // A container that lost its last field is gone rather than empty.
                if !is_empty(&rest) || is_empty(value) {
                    out.insert(name.clone(), rest);
                }
            }
            None => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    out
}

fn remove_items(list: &List, items: &[Value], set: &FieldSet) -> Vec<Value> {
    let keep = |item: &Value| {
        let step = path::item(list, item)?;
        match set.below(&step) {
            Some(below) if below.member => None,
            Some(below) => Some(remove(&list.item, item, below)),
            None => Some(item.clone()),
        }
    };
    items.iter().filter_map(keep).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
