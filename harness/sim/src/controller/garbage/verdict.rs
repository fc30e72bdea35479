//! What is to be done with an object, by what has become of its owners.

use apiserver::json::Value;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::cluster::{GraphNode, Propagation};

/// What has become of an owner that an object names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is there.
    Solid,
    /// It is not there, or another object has its name.
    Absent,
    /// It is being deleted after its dependents.
    Waiting,
}

/// What is to be done with an object that has owners.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    Nothing,
    /// It stays with these owners alone.
    Keep(Vec<OwnerReference>),
    Delete(Propagation),
}

/// What has become of an owner, by the object that has its name now.
pub(super) fn standing(live: Option<&Value>, owner: &OwnerReference) -> Standing {
    let Some(meta) = live.map(|object| &object["metadata"]) else {
        return Standing::Absent;
    };
    let finalizers = meta["finalizers"].as_array().into_iter().flatten();
    let foreground = Propagation::Foreground.finalizer();
    let mut holding = finalizers.filter(|one| one.as_str() == foreground);
    if meta["uid"] != owner.uid.as_str() {
        Standing::Absent
    } else if meta["deletionTimestamp"].is_string() && holding.next().is_some() {
        Standing::Waiting
    } else {
        Standing::Solid
    }
}

pub(super) fn decide(
    owners: Vec<(OwnerReference, Standing)>,
    node: &GraphNode,
    has_dependents: bool,
) -> Deed {
    let any = |wanted| owners.iter().any(|(_, standing)| *standing == wanted);
    match (any(Standing::Solid), any(Standing::Waiting)) {
        _ if owners.is_empty() => Deed::Nothing,
        (true, waiting) if !waiting && !any(Standing::Absent) => Deed::Nothing,
        (true, _) => {
            let solid = owners
                .into_iter()
                .filter(|(_, standing)| *standing == Standing::Solid);
            Deed::Keep(solid.map(|(owner, _)| owner).collect())
        }
        (false, true) if has_dependents => Deed::Delete(Propagation::Foreground),
        (false, _) => Deed::Delete(node.propagation()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use apiserver::Gvr;
    use serde_json::json;

    use super::*;
    use crate::cluster::Key;

    fn owner(uid: &str) -> OwnerReference {
        OwnerReference {
            uid: uid.to_owned(),
            ..OwnerReference::default()
        }
    }

    fn node() -> GraphNode {
        GraphNode {
            resource: Arc::new(Gvr::core("configmaps")),
            key: Key::new("a", "b"),
            uid: "b".to_owned(),
            owners: Vec::new(),
            finalizers: Vec::new(),
            leaving: false,
        }
    }

    #[test]
    fn an_object_goes_when_no_owner_is_left() {
        use Standing::{Absent, Solid, Waiting};
        let cases: [(&[Standing], bool, Deed); 6] = [
            (&[], false, Deed::Nothing),
            (&[Solid], false, Deed::Nothing),
            (&[Absent], true, Deed::Delete(Propagation::Background)),
            (&[Waiting], false, Deed::Delete(Propagation::Background)),
            (&[Waiting], true, Deed::Delete(Propagation::Foreground)),
            (
                &[Solid, Absent, Waiting],
                true,
                Deed::Keep(vec![owner("0")]),
            ),
        ];
        for (standings, has_dependents, deed) in cases {
            let numbered = standings.iter().enumerate();
            let owners = numbered.map(|(n, standing)| (owner(&n.to_string()), *standing));
            assert_eq!(decide(owners.collect(), &node(), has_dependents), deed);
        }
    }

    #[test]
    fn an_owner_made_anew_is_another() {
        let live = json!({"metadata": {"uid": "2"}}).into();
        assert_eq!(standing(Some(&live), &owner("1")), Standing::Absent);
        assert_eq!(standing(Some(&live), &owner("2")), Standing::Solid);
    }
}
