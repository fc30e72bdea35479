//! Sets of fields: tries of steps, with the form of `fieldsV1`.

use litemap::LiteMap;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::path::{self, Step};
use crate::json::{Map, Value};

/// A set of paths. A path may be in the set whether or not longer ones are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    /// Whether the path that leads here is in the set.
    pub(super) member: bool,
    pub(super) children: LiteMap<Step, FieldSet>,
}

impl FieldSet {
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(FieldSet::is_empty)
    }

    pub(super) fn insert(&mut self, path: &[Step]) {
        let mut leaf = self;
        for step in path {
            if !leaf.children.contains_key(step) {
                leaf.children.insert(step.clone(), FieldSet::default());
            }
            leaf = leaf.children.get_mut(step).expect("inserted above");
        }
        leaf.member = true;
    }

    /// Takes in what was found behind a step, unless that is nothing.
    pub(super) fn put(&mut self, step: Step, below: FieldSet) {
        if !below.member && below.children.is_empty() {
            return;
        }
        match self.children.get_mut(&step) {
            Some(known) => known.add(&below),
            None => drop(self.children.insert(step, below)),
        }
    }

    /// What the set holds below a step.
    pub(super) fn below(&self, step: &str) -> Option<&FieldSet> {
        self.children.get(step)
    }

    /// Takes another set in.
    pub(super) fn add(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (step, theirs) in other.children.iter() {
            match self.children.get_mut(step) {
                Some(ours) => ours.add(theirs),
                None => {
                    self.children.insert(step.clone(), theirs.clone());
                }
            }
        }
    }

    pub(super) fn union(&self, other: &FieldSet) -> FieldSet {
        let mut both = self.clone();
        both.add(other);
        both
    }

    pub(super) fn intersection(&self, other: &FieldSet) -> FieldSet {
        let both = |(step, ours): (&Step, &FieldSet)| {
            let common = ours.intersection(other.children.get(step)?);
            (!common.is_empty()).then(|| (step.clone(), common))
        };
        FieldSet {
            member: self.member && other.member,
            children: self.children.iter().filter_map(both).collect(),
        }
    }

    /// Whether any path is in both sets.
    pub(super) fn meets(&self, other: &FieldSet) -> bool {
        let both = |(step, theirs): (&Step, &FieldSet)| {
            let ours = self.children.get(step);
            ours.is_some_and(|ours| ours.meets(theirs))
        };
        (self.member && other.member) || other.children.iter().any(both)
    }

    /// Whether every path of the other set is in this one.
    pub(super) fn includes(&self, other: &FieldSet) -> bool {
        let ours = |(step, theirs): (&Step, &FieldSet)| match self.children.get(step) {
            Some(ours) => ours.includes(theirs),
            None => theirs.is_empty(),
        };
        (self.member || !other.member) && other.children.iter().all(ours)
    }

    /// Takes out the paths that are themselves in the other set.
    pub(super) fn remove(&mut self, other: &FieldSet) {
        self.member &= !other.member;
        for (step, theirs) in other.children.iter() {
            let Some(ours) = self.children.get_mut(step) else {
                continue;
            };
            ours.remove(theirs);
            if ours.is_empty() {
                self.children.remove(step);
            }
        }
    }

    /// The paths that are in this set and not themselves in the other.
    pub(super) fn difference(&self, other: &FieldSet) -> FieldSet {
        let mut rest = self.clone();
        rest.remove(other);
        rest
    }

    /// Takes out a field of the whole object and everything below it.
    pub(super) fn cut(&mut self, field: &str) {
        self.children.remove(&path::field(field));
    }

    /// The set with every struct field on the way to a member as a member too, so that removing
    /// the last field of a struct removes the struct.
    pub(super) fn with_named_fields(&self) -> FieldSet {
        let member = |(step, child): (&Step, &FieldSet)| {
            let mut child = child.with_named_fields();
            child.member |= step.starts_with("f:");
            (step.clone(), child)
        };
        FieldSet {
            member: self.member,
            children: self.children.iter().map(member).collect(),
        }
    }

    /// Every path in the set, in order.
    pub(super) fn paths(&self) -> Vec<Vec<Step>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        if self.member {
            found.push(at.clone());
        }
        for (step, child) in self.children.iter() {
            at.push(step.clone());
            child.collect(at, found);
            at.pop();
        }
    }

    /// Reads `fieldsV1`; a set without children is a member, as every leaf is.
    pub(super) fn of_value(fields: &Value) -> FieldSet {
        FieldSet {
            member: false,
            ..Self::read(fields)
        }
    }

    fn read(fields: &Value) -> FieldSet {
        let map = fields.as_object();
        let steps = map.into_iter().flatten().filter(|(step, _)| *step != ".");
        FieldSet {
            member: map.is_none_or(|map| map.is_empty() || map.contains_key(".")),
            children: steps
                .map(|(step, child)| (Step::new(step), Self::read(child)))
                .collect(),
        }
    }
}

/// The form of `fieldsV1`: an empty map is a path that is in the set, and beside longer paths a dot
/// says that it is.
impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.member && !self.children.is_empty() {
            map.serialize_entry(".", &Value::Object(Map::new()))?;
        }
        for (step, child) in self.children.iter() {
            map.serialize_entry(step.as_str(), child)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::json;

    #[test]
    fn a_path_beside_longer_ones_is_marked_and_alone_is_not() {
        for fields in [
            json!({"f:a": {}}),
            json!({"f:a": {".": {}, "f:b": {}}}),
            json!({"f:a": {"f:b": {}}}),
        ] {
            let set = FieldSet::of_value(&fields);
            assert_eq!(serde_json::to_value(&set).unwrap(), fields);
        }
    }

    /// Any set of paths of up to three steps.
    fn fields() -> impl Strategy<Value = FieldSet> {
        let step = prop::sample::select(vec!["f:a", "f:b", "k:{\"c\":1}"]);
        let path = prop::collection::vec(step.prop_map(Step::new), 1..4);
        prop::collection::vec(path, 0..8).prop_map(|paths| {
            let mut set = FieldSet::default();
            paths.iter().for_each(|path| set.insert(path));
            set
        })
    }

    proptest! {
        #[test]
        fn sets_that_do_not_meet_have_no_path_in_common(ours in fields(), theirs in fields()) {
            let common = ours.intersection(&theirs);
            prop_assert_eq!(ours.meets(&theirs), !common.is_empty());
            prop_assert_eq!(ours.meets(&theirs), ours.difference(&theirs) != ours);
        }

        #[test]
        fn a_set_includes_what_adds_nothing_to_it(ours in fields(), theirs in fields()) {
            prop_assert_eq!(ours.includes(&theirs), ours.union(&theirs) == ours);
        }
    }
}
