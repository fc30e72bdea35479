//! Violations: what a canary breaks on purpose, followed over the stages of an installation.

use scenario::scenario::Break;
use serde_json::Value;

use crate::{ManifestError, Mutation, Placed, Selection};

/// The violations of one canary, followed over all stages: each must match somewhere.
#[derive(Debug, Clone, Default)]
pub struct Violations {
    all: Vec<Followed>,
}

#[derive(Debug, Clone)]
struct Followed {
    mutation: Mutation,
    matched: bool,
}

impl Violations {
    /// Follows these.
    pub fn new(mutations: impl IntoIterator<Item = Mutation>) -> Self {
        let follow = |mutation| Followed {
            mutation,
            matched: false,
        };
        Self {
            all: mutations.into_iter().map(follow).collect(),
        }
    }

    /// The objects of a stage after every violation that is about any of them.
    ///
    /// # Errors
    /// If a patch takes away an identity.
    pub fn apply(&mut self, objects: Vec<Placed>) -> Result<Vec<Placed>, ManifestError> {
        self.all.iter_mut().try_fold(objects, |objects, followed| {
            if !followed.mutation.touches(&objects) {
                return Ok(objects);
            }
            followed.matched = true;
            followed.mutation.apply(objects)
        })
    }

    /// That each violation matched, after the last stage.
    ///
    /// # Errors
    /// Names the first one that changed nothing: its canary would prove nothing.
    pub fn finish(self) -> Result<(), ManifestError> {
        match self.all.into_iter().find(|followed| !followed.matched) {
            Some(followed) => Err(followed.mutation.nothing_matches(&[])),
            None => Ok(()),
        }
    }
}

/// A canary's violation as alterations of objects, one for each of its clusters; none for a
/// violation that is not about rendered objects (values, faults, changes).
pub fn mutations(violation: &Break) -> Vec<Mutation> {
    match violation {
        Break::Omit { clusters, object } => clusters
            .iter()
            .map(|cluster| Mutation::Omit(Selection::of(object, cluster)))
            .collect(),
        Break::Patch {
            clusters,
            object,
            merge,
        } => clusters
            .iter()
            .map(|cluster| {
                let patch = Value::Object(merge.0.clone());
                Mutation::Patch(Selection::of(object, cluster), patch)
            })
            .collect(),
        Break::Values { .. } | Break::Fault(_) | Break::Change(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use scenario::scenario::change::ObjectRef;
    use serde_json::json;

    use super::*;
    use crate::Object;

    fn secret(cluster: &str, name: &str) -> Placed {
        let tree = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
        Object::rendered(tree).into_cluster(&cluster.parse().unwrap())
    }

    fn named(name: &str) -> Selection {
        Selection {
            name: Some(name.to_owned()),
            ..Selection::default()
        }
    }

    #[test]
    fn a_violation_matches_in_some_stage_or_is_named_at_the_end() {
        let mut both = Violations::new([Mutation::Omit(named("a")), Mutation::Omit(named("b"))]);
        let first = both.apply(vec![secret("cluster1", "a")]).unwrap();
        assert_eq!(first, []);
        let second = both.apply(vec![secret("cluster1", "c")]).unwrap();
        assert_eq!(second.len(), 1);
        let error = both.finish().unwrap_err().to_string();
        assert_eq!(error, "no object matches object b");
    }

    #[test]
    fn a_canary_breaks_the_object_in_each_of_its_clusters() {
        let violation = Break::Omit {
            clusters: vec!["cluster1".parse().unwrap(), "cluster2".parse().unwrap()],
            object: ObjectRef {
                kind: "Secret".to_owned(),
                name: "a".to_owned(),
                namespace: None,
            },
        };
        let mut violations = Violations::new(mutations(&violation));
        let objects = vec![secret("cluster1", "a"), secret("cluster2", "a")];
        assert_eq!(violations.apply(objects).unwrap(), []);
        assert_eq!(violations.finish(), Ok(()));
    }
}
