//! Changes of `fieldsV1` where it stands: only what changes is walked through.
//!
//! An empty map is a path that is owned; beside longer paths a dot says that it is.

use serde_json::{Map, Value};

use super::set::FieldSet;

const OWNED: &str = ".";

/// Takes paths out.
pub(super) fn release(trie: &mut Map<String, Value>, fields: &FieldSet) {
    for (step, lost) in &fields.children {
        let Some(Value::Object(ours)) = trie.get_mut(step) else {
            continue;
        };
        if !keeps(ours, lost) {
            trie.remove(step);
        }
    }
}

/// Takes paths out from here on; says whether anything is left.
fn keeps(ours: &mut Map<String, Value>, lost: &FieldSet) -> bool {
    if ours.is_empty() {
        return !lost.member;
    }
    if lost.member {
        ours.remove(OWNED);
    }
    release(ours, lost);
    let left = !ours.is_empty();
    if ours.len() == 1 && ours.contains_key(OWNED) {
        ours.clear();
    }
    left
}

/// Puts paths in.
pub(super) fn claim(trie: &mut Map<String, Value>, fields: &FieldSet) {
    for (step, gained) in &fields.children {
        match trie.get_mut(step) {
            Some(Value::Object(ours)) => grow(ours, gained),
            _ => {
                trie.insert(step.clone(), gained.to_value());
            }
        }
    }
}

fn grow(ours: &mut Map<String, Value>, gained: &FieldSet) {
    let owned = ours.is_empty() || ours.contains_key(OWNED) || gained.member;
    claim(ours, gained);
    if owned && !ours.is_empty() {
        ours.insert(OWNED.to_owned(), Value::Object(Map::new()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn released(trie: &Value, lost: &Value) -> Value {
        let mut trie = map(trie);
        release(&mut trie, &FieldSet::of_value(lost));
        Value::Object(trie)
    }

    #[test]
    fn a_path_beside_longer_ones_is_marked_and_alone_is_not() {
        let mut trie = map(&json!({"f:a": {}}));
        claim(&mut trie, &FieldSet::of_value(&json!({"f:a": {"f:b": {}}})));
        let both = json!({"f:a": {".": {}, "f:b": {}}});
        assert_eq!(Value::Object(trie), both);
        assert_eq!(
            released(&both, &json!({"f:a": {"f:b": {}}})),
            json!({"f:a": {}})
        );
        assert_eq!(
            released(&both, &json!({"f:a": {}})),
            json!({"f:a": {"f:b": {}}})
        );
        assert_eq!(released(&both, &both), json!({}));
    }

    /// Any set of paths of up to three steps.
    fn fields() -> impl Strategy<Value = FieldSet> {
        let step = prop::sample::select(vec!["f:a", "f:b", "k:{\"c\":1}"]);
        let path = prop::collection::vec(step.prop_map(str::to_owned), 1..4);
        prop::collection::vec(path, 0..8).prop_map(|paths| {
            let mut set = FieldSet::default();
            paths.iter().for_each(|path| set.insert(path));
            set
        })
    }

    proptest! {
        #[test]
        fn tries_change_as_sets_do(ours in fields(), theirs in fields()) {
            let mut trie = map(&ours.to_value());
            release(&mut trie, &theirs);
            prop_assert_eq!(&Value::Object(trie), &ours.difference(&theirs).to_value());
            let mut trie = map(&ours.to_value());
            claim(&mut trie, &theirs);
            prop_assert_eq!(&Value::Object(trie), &ours.union(&theirs).to_value());
        }
    }
}
