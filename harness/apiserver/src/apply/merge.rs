//! The live object with the applied configuration laid over it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    path::{self, Step},
    walk::granular,
};
use crate::{
    json::{Map, Value},
    schema::{List, Node},
};

/// Lays `applied` over `live`. Maps and keyed lists are merged, everything else is replaced.
pub(super) fn merge(shape: &Node, live: &Value, applied: &Value) -> Value {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) if !shape.is_atomic() => {
            Value::Object(merge_maps(shape, live, applied))
        }
        (Value::Array(live), Value::Array(applied)) => match granular(shape) {
            Some(list) => merge_items(list, live, applied).into(),
            None => Value::Array(applied.clone()),
        },
        (_, applied) => applied.clone(),
    }
}

fn merge_maps(shape: &Node, live: &Map, applied: &Map) -> Map {
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
    let (live, applied) = (keyed(list, live), keyed(list, applied));
    let of_live: BTreeMap<&Step, &Value> = live.iter().rev().map(|(k, v)| (k, *v)).collect();
    let shared = applied.iter().map(|(step, _)| step);
    let mut weaver = Weaver {
        item: &list.item,
        in_applied: shared.clone().collect(),
        shared: shared.filter(|step| of_live.contains_key(step)).collect(),
        live: &live,
        applied: &applied,
        of_live,
        done: BTreeSet::new(),
        out: Vec::new(),
    };
    while let Some(turn) = weaver.turn() {
        weaver.take(turn);
    }
    weaver.out
}

type Keyed<'a> = (Step, &'a Value);

fn keyed<'a>(list: &List, items: &'a [Value]) -> Vec<Keyed<'a>> {
    let keyed = |item| (path::item(list, item).unwrap_or_default(), item);
    items.iter().map(keyed).collect()
}

/// Two lists on their way into one.
struct Weaver<'a> {
    item: &'a Node,
    /// What is left of each list.
    live: &'a [Keyed<'a>],
    applied: &'a [Keyed<'a>],
    of_live: BTreeMap<&'a Step, &'a Value>,
    in_applied: BTreeSet<&'a Step>,
    /// The applied items that are in both lists and still to come.
    shared: VecDeque<&'a Step>,
    done: BTreeSet<&'a Step>,
    out: Vec<Value>,
}

/// Whose item comes next.
enum Turn<'a> {
    Both(&'a Keyed<'a>),
    Applied(&'a Keyed<'a>),
    Live(&'a Value),
    /// The live item has come already, or comes later.
    Pass,
}

impl<'a> Weaver<'a> {
    fn turn(&self) -> Option<Turn<'a>> {
        Some(match (self.live.first(), self.applied.first()) {
            (None, None) => return None,
            (Some((ours, _)), Some(theirs)) if *ours == theirs.0 => Turn::Both(theirs),
            (Some((ours, live)), _) if !self.in_applied.contains(ours) => Turn::Live(live),
            // A shared item that is not the next in the applied order comes later.
            (Some((ours, _)), Some(_)) if self.shared.front().is_some_and(|s| *s != ours) => {
                Turn::Pass
            }
            (_, Some(theirs)) => Turn::Applied(theirs),
            (Some(_), None) => Turn::Pass,
        })
    }

    fn take(&mut self, turn: Turn<'a>) {
        match turn {
            Turn::Pass => self.live = &self.live[1..],
            Turn::Live(item) => {
                self.out.push(item.clone());
                self.live = &self.live[1..];
            }
            Turn::Both(item) => {
                self.put(item);
                self.live = &self.live[1..];
            }
            Turn::Applied(item) => {
                if self
                    .live
                    .first()
                    .is_some_and(|(ours, _)| self.done.contains(ours))
                {
                    self.live = &self.live[1..];
                }
                self.put(item);
            }
        }
    }

    /// Puts the next applied item out, laid over the live one if there is one.
    fn put(&mut self, (step, value): &'a Keyed<'a>) {
        self.out.push(match self.of_live.get(step) {
            Some(live) => merge(self.item, live, value),
            None => Value::clone(value),
        });
        self.done.insert(step);
        if self.shared.front() == Some(&step) {
            self.shared.pop_front();
        }
        self.applied = &self.applied[1..];
    }
}
