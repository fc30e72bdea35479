//! What a namespace that is ending says about itself: five conditions, each in words of its own.

use std::collections::BTreeMap;

use apiserver::{
    Gvr,
    json::{Value, json},
    stamp,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::NamespaceCondition;

/// Something that keeps a namespace from going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Not everything could be deleted: why not.
    Deletion(Vec<String>),
    /// So many objects are left of each resource.
    Content(BTreeMap<Gvr, usize>),
    /// So many objects are held by each finalizer.
    Finalizers(BTreeMap<String, usize>),
}

/// The conditions in their order, with the reason and message of each while all is well.
/// Source: the namespace controller's `okReasons` and `okMessages`.
const WELL: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (
        "NamespaceContentRemaining",
        "ContentRemoved",
        "All content successfully removed",
    ),
    (
        "NamespaceFinalizersRemaining",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];

impl Trouble {
    fn condition(&self) -> &'static str {
        match self {
            Self::Deletion(_) => "NamespaceDeletionContentFailure",
            Self::Content(_) => "NamespaceContentRemaining",
            Self::Finalizers(_) => "NamespaceFinalizersRemaining",
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Deletion(_) => "ContentDeletionFailed",
            Self::Content(_) => "SomeResourcesRemain",
            Self::Finalizers(_) => "SomeFinalizersRemain",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Deletion(failures) => {
                let (count, all) = (failures.len(), failures.join(", "));
                format!("Failed to delete all resource types, {count} remaining: {all}")
            }
            Self::Content(objects) => {
                let of = |(gvr, n): (&Gvr, &usize)| {
                    format!("{}.{} has {n} resource instances", gvr.resource, gvr.group)
                };
                format!(
                    "Some resources are remaining: {}",
                    sorted(objects.iter().map(of))
                )
            }
            Self::Finalizers(held) => {
                let by = |(name, n): (&String, &usize)| format!("{name} in {n} resource instances");
                let all = sorted(held.iter().map(by));
                format!("Some content in the namespace has finalizers remaining: {all}")
            }
        }
    }
}

fn sorted(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<_> = parts.collect();
    parts.sort();
    parts.join(", ")
}

/// The conditions of a namespace with these troubles; `None` if it says all of that already.
pub(super) fn updated(
    known: &[NamespaceCondition],
    troubles: &[Trouble],
    now: Timestamp,
) -> Option<Vec<Value>> {
    let all = WELL.map(|(kind, reason, message)| {
        let trouble = troubles.iter().find(|trouble| trouble.condition() == kind);
        let told = trouble.map_or_else(
            || ("False", reason, message.to_owned()),
            |trouble| ("True", trouble.reason(), trouble.message()),
        );
        (kind, told)
    });
    let says = |kind: &str| known.iter().find(|one| one.type_ == kind);
    let said = all.iter().all(|(kind, (status, reason, message))| {
        says(kind).is_some_and(|one| {
            one.status == *status
                && one.reason.as_deref() == Some(reason)
                && one.message.as_ref() == Some(message)
        })
    });
    let condition = |(kind, (status, reason, message)): &(&str, (&str, &str, String))| {
        let before = says(kind).filter(|one| one.status == *status);
        let since = before.and_then(|one| one.last_transition_time.as_ref());
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": stamp(since.map_or(now, |time| time.0))})
    };
    (!said).then(|| all.iter().map(condition).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn known(troubles: &[Trouble]) -> Vec<NamespaceCondition> {
        let conditions = updated(&[], troubles, at(1)).unwrap();
        serde::Deserialize::deserialize(&Value::from(conditions)).unwrap()
    }

    #[test]
    fn what_is_left_is_named_and_counted() {
        let held = BTreeMap::from([("b".to_owned(), 2), ("a".to_owned(), 1)]);
        let conditions = known(&[Trouble::Finalizers(held)]);
        let told: Vec<_> = conditions.iter().map(|one| one.status.as_str()).collect();
        assert_eq!(told, ["False", "False", "False", "False", "True"]);
        assert_eq!(
            conditions[4].message.as_deref(),
            Some(
                "Some content in the namespace has finalizers remaining: \
                 a in 1 resource instances, b in 2 resource instances"
            )
        );
    }

    #[test]
    fn what_was_said_is_not_said_again_and_times_are_of_transitions() {
        assert_eq!(updated(&known(&[]), &[], at(9)), None);
        let trouble = Trouble::Deletion(vec!["a".to_owned()]);
        let later = updated(&known(&[]), &[trouble], at(9)).unwrap();
        assert_eq!(later[2]["lastTransitionTime"], stamp(at(9)));
        assert_eq!(later[3]["lastTransitionTime"], stamp(at(1)));
    }
}
