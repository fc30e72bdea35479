//! The order in which Istio reads objects: the oldest first.

use std::cmp::Ordering;

use crate::kinds::Metadata;

/// Compares by creation time, then name, then namespace. An object that no API server has seen
/// comes first.
pub fn by_age(a: &Metadata, b: &Metadata) -> Ordering {
    let key = |m: &Metadata| m.creation_timestamp;
    key(a)
        .cmp(&key(b))
        .then_with(|| a.name.cmp(&b.name))
        .then_with(|| a.namespace.cmp(&b.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, namespace: &str, created: Option<&str>) -> Metadata {
        Metadata {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            creation_timestamp: created.map(|text| text.parse().unwrap()),
            ..Metadata::default()
        }
    }

    #[test]
    fn age_comes_before_name_and_name_before_namespace() {
        let old = object("z", "z", Some("2026-01-01T00:00:00Z"));
        let new = object("a", "a", Some("2026-01-02T00:00:00Z"));
        assert_eq!(by_age(&old, &new), Ordering::Less);
        assert_eq!(
            by_age(&object("a", "z", None), &object("b", "a", None)),
            Ordering::Less
        );
        assert_eq!(
            by_age(&object("a", "b", None), &object("a", "a", None)),
            Ordering::Greater
        );
    }
}
