//! Alterations of rendered objects before they are applied: left out, or patched.

use std::fmt;

use scenario::scenario::change::ObjectRef;
use serde_json::Value;
use world::ClusterName;

use crate::{ManifestError, Object, Placed};

/// Which objects a mutation is about. What is `None` matches anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Their kind.
    pub kind: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their namespace.
    pub namespace: Option<String>,
    /// Their cluster.
    pub cluster: Option<ClusterName>,
}

/// An alteration of rendered objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Mutation {
    /// Leaves the selected objects out.
    Omit(Selection),
    /// Merges a tree into the selected objects (RFC 7386: `null` removes a field, lists are
    /// replaced).
    Patch(Selection, Value),
}

impl Mutation {
    /// Whether it is about any of `objects`; a stage without one is left as it is.
    pub fn touches(&self, objects: &[Placed]) -> bool {
        let selection = self.selection();
        objects.iter().any(|placed| selection.matches(placed))
    }

    /// The objects after the violation.
    ///
    /// # Errors
    /// If nothing matches (the violation would prove nothing), or a patch takes away an identity.
    pub fn apply(&self, objects: Vec<Placed>) -> Result<Vec<Placed>, ManifestError> {
        if !self.touches(&objects) {
            return Err(self.nothing_matches(&objects));
        }
        match self {
            Self::Omit(selection) => Ok(objects
                .into_iter()
                .filter(|placed| !selection.matches(placed))
                .collect()),
            Self::Patch(selection, patch) => objects
                .into_iter()
                .map(|placed| match selection.matches(&placed) {
                    true => patched(placed, patch),
                    false => Ok(placed),
                })
                .collect(),
        }
    }

    fn selection(&self) -> &Selection {
        match self {
            Self::Omit(selection) | Self::Patch(selection, _) => selection,
        }
    }

    pub(crate) fn nothing_matches(&self, objects: &[Placed]) -> ManifestError {
        let selection = self.selection();
        let nearest = objects
            .iter()
            .max_by_key(|placed| selection.likeness(placed))
            .map(|placed| format!("; the nearest is {} in {}", placed.object, placed.cluster));
        ManifestError::NothingMatches {
            wanted: selection.to_string(),
            nearest: nearest.unwrap_or_default(),
        }
    }
}

impl Selection {
    /// One object of a cluster.
    pub fn of(object: &ObjectRef, cluster: &ClusterName) -> Self {
        Self {
            kind: Some(object.kind.clone()),
            name: Some(object.name.clone()),
            namespace: object.namespace.as_ref().map(ToString::to_string),
            cluster: Some(cluster.clone()),
        }
    }

    /// Whether an object is meant.
    pub fn matches(&self, placed: &Placed) -> bool {
        self.agreements(placed).iter().all(|agrees| *agrees)
    }

    fn likeness(&self, placed: &Placed) -> usize {
        let agreements = self.agreements(placed);
        agreements.iter().filter(|agrees| **agrees).count()
    }

    fn agreements(&self, placed: &Placed) -> [bool; 4] {
        let object = &placed.object;
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == found)
        };
        [
            is(&self.kind, Some(object.kind())),
            is(&self.name, Some(object.name())),
            is(&self.namespace, object.namespace()),
            self.cluster
                .as_ref()
                .is_none_or(|cluster| *cluster == placed.cluster),
        ]
    }
}

fn patched(placed: Placed, patch: &Value) -> Result<Placed, ManifestError> {
    let before = placed.object.to_string();
    let mut tree = placed.object.into_value();
    merge(&mut tree, patch);
    let object = Object::new(tree).map_err(|_| ManifestError::PatchedAway { object: before })?;
    Ok(object.into_cluster(&placed.cluster))
}

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(tree) = target else {
        return;
    };
    for (key, value) in fields {
        if value.is_null() {
            tree.remove(key);
        } else {
            merge(tree.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_deref().unwrap_or("object"))?;
        let name = self.name.as_deref().unwrap_or("*");
        match &self.namespace {
            Some(namespace) => write!(f, " {namespace}/{name}")?,
            None => write!(f, " {name}")?,
        }
        match &self.cluster {
            Some(cluster) => write!(f, " in {cluster}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(cluster: &str, name: &str) -> Placed {
        let tree = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
                          "stringData": {"a": "1", "b": "2"}});
        Object::rendered(tree).into_cluster(&cluster.parse().unwrap())
    }

    fn named(name: &str) -> Selection {
        Selection {
            name: Some(name.to_owned()),
            ..Selection::default()
        }
    }

    #[test]
    fn an_omitted_object_is_gone_and_others_stay() {
        let objects = vec![secret("cluster1", "a"), secret("cluster2", "a")];
        let one = Selection {
            cluster: Some("cluster1".parse().unwrap()),
            ..named("a")
        };
        let left = Mutation::Omit(one).apply(objects).unwrap();
        assert_eq!(left, [secret("cluster2", "a")]);
    }

    #[test]
    fn a_patch_sets_and_removes_fields() {
        let patch = json!({"stringData": {"a": null, "b": "3"}});
        let after = Mutation::Patch(named("a"), patch)
            .apply(vec![secret("cluster1", "a")])
            .unwrap();
        let data = after[0].object.value()["stringData"].clone();
        assert_eq!(data, json!({"b": "3"}));
    }

    #[test]
    fn a_violation_that_matches_nothing_is_an_error_with_the_nearest_object() {
        let error = Mutation::Omit(named("b"))
            .apply(vec![secret("cluster1", "a")])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "no object matches object b; the nearest is Secret a in cluster1"
        );
    }

    #[test]
    fn a_patch_cannot_take_an_identity_away() {
        let patch = json!({"metadata": null});
        let error = Mutation::Patch(named("a"), patch).apply(vec![secret("cluster1", "a")]);
        assert!(matches!(error, Err(ManifestError::PatchedAway { .. })));
    }
}
