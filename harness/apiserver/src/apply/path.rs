//! Steps of a path into an object, in the form that `fieldsV1` has.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::schema::{List, ListKind, Node};

/// One step: `f:<field>`, `k:<keys>`, `v:<value>`; the text is the identity.
pub(super) type Step = String;

pub(super) fn field(name: &str) -> Step {
    ["f:", name].concat()
}

/// The step to an item of a list whose items have owners of their own; `None` if the item lacks
/// its keys.
pub(super) fn item(list: &List, value: &Value) -> Option<Step> {
    match &list.kind {
        ListKind::Atomic => None,
        ListKind::Set => Some(format!("v:{value}")),
        ListKind::Map { keys } => key_step(&list.item, keys, value),
    }
}

fn key_step<'a>(item: &'a Node, keys: &'a BTreeSet<String>, value: &'a Value) -> Option<Step> {
    let default = |key: &str| item.as_object().and_then(|object| object.defaults.get(key));
    let said = |key: &str| value.get(key).filter(|v| !v.is_null());
    let found = |key: &'a String| Some((key, said(key).or_else(|| default(key))?));
    let mut found = keys.iter().filter_map(found).peekable();
    found.peek()?;
    // Most keys are shorter.
    let mut step = Vec::with_capacity(64);
    step.extend_from_slice(b"k:{");
    for (i, (key, value)) in found.enumerate() {
        if i > 0 {
            step.push(b',');
        }
        write_json(&mut step, key);
        step.push(b':');
        write_json(&mut step, value);
    }
    step.push(b'}');
    Some(String::from_utf8(step).expect("JSON is UTF-8"))
}

fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("JSON values are serialisable");
}

/// A path as error messages write it: `.spec.containers[name="app"].image`.
pub(super) fn shown(path: &[Step]) -> String {
    path.iter().map(|step| shown_step(step)).collect()
}

fn shown_step(step: &str) -> String {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    match (step.get(..2), step.get(2..).unwrap_or_default()) {
        (Some("k:"), keys) => {
            let keys = parsed(keys);
            let keys = keys.as_object().into_iter().flatten();
            let keys: Vec<String> = keys.map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        (Some("v:"), value) => format!("[={value}]"),
        (_, name) => format!(".{name}"),
    }
}
