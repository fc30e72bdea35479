//! Steps of a path into an object, in the form that `fieldsV1` has.

use std::{collections::BTreeSet, fmt::Write as _};

use smol_str::{SmolStr, SmolStrBuilder, format_smolstr};

use crate::{
    json::{Text, Value},
    schema::{List, ListKind, Node},
};

/// One step: `f:<field>`, `k:<keys>`, `v:<value>`; the text is the identity. Nearly all are so short
/// that they take no memory of their own.
pub(super) type Step = SmolStr;

pub(super) fn field(name: &str) -> Step {
    ["f:", name].into_iter().collect()
}

/// The step to an item of a list whose items have owners of their own; `None` if the item lacks
/// its keys.
pub(super) fn item(list: &List, value: &Value) -> Option<Step> {
    match &list.kind {
        ListKind::Atomic => None,
        ListKind::Set => Some(format_smolstr!("v:{value}")),
        ListKind::Map { keys } => key_step(&list.item, keys, value),
    }
}

fn key_step<'a>(item: &'a Node, keys: &'a BTreeSet<Text>, value: &'a Value) -> Option<Step> {
    let default = |key: &str| item.as_object().and_then(|object| object.defaults.get(key));
    let said = |key: &str| value.get(key).filter(|v| !v.is_null());
    let found = |key: &'a Text| Some((key, said(key).or_else(|| default(key))?));
    let mut found = keys.iter().filter_map(found).peekable();
    found.peek()?;
    let mut step = SmolStrBuilder::new();
    step.push_str("k:{");
    for (i, (key, value)) in found.enumerate() {
        if i > 0 {
            step.push(',');
        }
        push_text(&mut step, key);
        step.push(':');
        match value {
            Value::String(text) => push_text(&mut step, text),
            value => push_json(&mut step, value),
        }
    }
    step.push('}');
    Some(step.finish())
}

/// Writes a text as JSON. Names and types have nothing in them that is to be escaped.
fn push_text(step: &mut SmolStrBuilder, text: &str) {
    if text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\') {
        return push_json(step, &text.into());
    }
    step.push('"');
    step.push_str(text);
    step.push('"');
}

fn push_json(step: &mut SmolStrBuilder, value: &Value) {
    write!(step, "{value}").expect("a text takes whatever is written");
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::json;

    proptest! {
        #[test]
        fn a_text_is_written_as_json_writes_it(text in any::<String>()) {
            let mut step = SmolStrBuilder::new();
            push_text(&mut step, &text);
            prop_assert_eq!(step.finish(), json!(text).to_string());
        }
    }
}
