//! The live object with the applied configuration laid over it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    path::{self, Step},
    walk::granular,
};
use crate::schema::{List, Node};

/// Lays `applied` over `live`. Maps and keyed lists are merged, everything else is replaced.
pub(super) fn merge(shape: &Node, live: &Value, applied: &Value) -> Value {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) if !shape.is_atomic() => {
            Value::Object(merge_maps(shape, live, applied))
        }
        (Value::Array(live), Value::Array(applied)) => match granular(shape) {
            Some(list) => Value::Array(merge_items(list, live, applied)),
            None => Value::Array(applied.clone()),
        },
        (_, applied) => applied.clone(),
    }
}

fn merge_maps(
    shape: &Node,
    live: &Map<String, Value>,
    applied: &Map<String, Value>,
) -> Map<String, Value> {
    let mut merged = live.clone();
    for (name, value) in applied {
        let value = match live.get(name) {
            Some(live) => merge(shape.field(name), live, value),
            None => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

/// Merges by key. The applied order decides among applied items; live items that were not
/// applied stay where they were among them.
fn merge_items(list: &List, live: &[Value], applied: &[Value]) -> Vec<Value> {
    let steps = |items: &[Value]| -> Vec<Step> {
        items
            .iter()
            .map(|item| path::item(list, item).unwrap_or_default())
            .collect()
    };
    let (live_steps, applied_steps) = (steps(live), steps(applied));
    let of_live: BTreeMap<&Step, &Value> = live_steps.iter().zip(live).rev().collect();
    let in_applied: BTreeSet<&Step> = applied_steps.iter().collect();
    let mut shared = applied_steps
        .iter()
        .filter(|step| of_live.contains_key(step))
        .peekable();
    let mut done: BTreeSet<&Step> = BTreeSet::new();
    let mut out = Vec::new();
    let (mut l, mut a) = (0, 0);
    let take = |step: &Step, value: &Value| match of_live.get(step) {
        Some(live) => merge(&list.item, live, value),
        None => value.clone(),
    };
    while l < live.len() || a < applied.len() {
        match (live_steps.get(l), applied_steps.get(a)) {
            (Some(ours), Some(theirs)) if ours == theirs => {
                out.push(take(theirs, &applied[a]));
                done.insert(theirs);
                shared.next();
                l += 1;
                a += 1;
            }
            // A shared item that is not the next in the applied order comes later.
            (Some(ours), Some(_))
                if in_applied.contains(ours) && shared.peek().is_some_and(|s| *s != ours) =>
            {
                l += 1
            }
            (Some(ours), _) if !in_applied.contains(ours) => {
                out.push(live[l].clone());
                l += 1;
            }
            (Some(ours), None) if done.contains(ours) => l += 1,
            (_, Some(theirs)) => {
                if live_steps.get(l).is_some_and(|ours| done.contains(ours)) {
                    l += 1;
                }
                out.push(take(theirs, &applied[a]));
                done.insert(theirs);
                if shared.peek().is_some_and(|s| *s == theirs) {
                    shared.next();
                }
                a += 1;
            }
            (Some(_), None) => l += 1,
            (None, None) => break,
        }
    }
    out
}
