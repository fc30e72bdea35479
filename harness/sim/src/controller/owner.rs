//! Who owns what: owner references, and label selectors.

use std::collections::BTreeMap;

use apiserver::json::{Value, json};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};

use crate::cluster::{Delta, Key, Watched};

/// The controlling owner of an object.
pub(crate) fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    owners.iter().find(|owner| owner.controller == Some(true))
}

/// Whether `owner` controls the object with metadata `owned`.
pub(crate) fn controls(owner: &ObjectMeta, owned: &ObjectMeta) -> bool {
    controller_of(owned).is_some_and(|reference| Some(&reference.uid) == owner.uid.as_ref())
}

/// The reference by which an object controls what it creates.
pub(crate) fn reference<K: Watched>(owner: &K) -> Value {
    json!({
        "apiVersion": K::API_VERSION,
        "kind": K::KIND,
        "name": owner.metadata().name,
        "uid": owner.metadata().uid,
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// The owners of an object which `owner` controls from now on.
pub(crate) fn with<K: Watched>(meta: &ObjectMeta, owner: &K) -> Value {
    let others = meta.owner_references.iter().flatten().map(|one| json!(one));
    others.chain([reference(owner)]).collect()
}

/// The owners of an object without this one.
pub(crate) fn without(meta: &ObjectMeta, uid: &str) -> Value {
    let all = meta.owner_references.iter().flatten();
    all.filter(|one| one.uid != uid)
        .map(|one| json!(one))
        .collect()
}

/// Whether a selector matches labels. An empty selector matches everything.
pub(crate) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().flatten();
    let mut expressions = selector.match_expressions.iter().flatten();
    equal
        .into_iter()
        .all(|(key, value)| labels.get(key) == Some(value))
        && expressions.all(|one| {
            let values = one.values.as_deref().unwrap_or_default();
            holds(&one.operator, labels.get(&one.key), values)
        })
}

/// Whether one requirement of a selector holds. An operator that Kubernetes does not know never
/// holds; the API server refuses it before.
pub(crate) fn holds(operator: &str, value: Option<&String>, values: &[String]) -> bool {
    let is_one = value.is_some_and(|value| values.contains(value));
    let number = || value?.parse::<i64>().ok();
    let bound = || values.first()?.parse::<i64>().ok();
    match operator {
        "In" => is_one,
        "NotIn" => !is_one,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => matches!((number(), bound()), (Some(n), Some(b)) if n > b),
        "Lt" => matches!((number(), bound()), (Some(n), Some(b)) if n < b),
        _ => false,
    }
}

/// The labels of an object; empty if it has none.
pub(crate) fn labels(meta: &ObjectMeta) -> &BTreeMap<String, String> {
    const NONE: &BTreeMap<String, String> = &BTreeMap::new();
    meta.labels.as_ref().unwrap_or(NONE)
}

/// The key of the controller of this kind that something which has changed belongs to.
pub(crate) fn key_of<K: Watched>(delta: &Delta<K>, kind: &str) -> Option<Key> {
    let owner = delta
        .either()
        .and_then(|object| controller_of(object.metadata()))
        .filter(|owner| owner.kind == kind)?;
    Some(Key::new(delta.key.namespace.clone(), &owner.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_needs_every_requirement() {
        let selector = json!({
            "matchLabels": {"app": "a"},
            "matchExpressions": [{"key": "version", "operator": "NotIn", "values": ["v2"]}],
        });
        let selector: LabelSelector = serde::Deserialize::deserialize(&selector).unwrap();
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            owned.collect()
        };
        assert!(selects(&selector, &labels(&[("app", "a")])));
        assert!(selects(
            &selector,
            &labels(&[("app", "a"), ("version", "v1")])
        ));
        assert!(!selects(
            &selector,
            &labels(&[("app", "a"), ("version", "v2")])
        ));
        assert!(!selects(&selector, &labels(&[])));
    }
}
