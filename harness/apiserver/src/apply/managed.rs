//! `metadata.managedFields`: the owners of an object's fields.
//!
//! They stand beside the object and not in it, and become JSON only where it is told to somebody:
//! of many objects they are the larger part, and nothing but a write asks for them. A version shares
//! with the one before it what its write did not change.

use std::sync::{Arc, LazyLock};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{path, set::FieldSet};
use crate::{
    json::Value,
    object::{self, text},
};

/// Who writes, how and when.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The field manager's name; `unknown` if the client gave none.
    pub(crate) manager: String,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
    pub(crate) time: String,
}

/// Whether fields were applied or written otherwise. Applies come first in the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// The owners of an object's fields, in Kubernetes' order. What a write makes of them is found out
/// when somebody asks: of most versions of most objects nobody ever does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(Option<Arc<Found>>);

#[derive(Debug)]
struct Found {
    owners: LazyLock<Vec<Owner>, Box<dyn FnOnce() -> Vec<Owner> + Send>>,
    /// How many writes before this one may not be looked into yet.
    behind: u8,
}

/// How many writes wait for a question: each holds the version before it.
const WAITING: u8 = 16;

impl Owners {
    /// These owners, without those that own nothing.
    pub(super) fn new(owners: Vec<Owner>) -> Self {
        let owners = in_order(owners);
        Self::found_by(0, move || owners)
    }

    /// The owners after a write of an object that belonged to `before`.
    pub(super) fn after(before: &Self, find: impl FnOnce() -> Vec<Owner> + Send + 'static) -> Self {
        let behind = before.0.as_ref().map_or(0, |found| found.behind + 1);
        let after = Self::found_by(behind % WAITING, || in_order(find()));
        if behind == WAITING {
            after.as_slice();
        }
        after
    }

    fn found_by(behind: u8, find: impl FnOnce() -> Vec<Owner> + Send + 'static) -> Self {
        let owners = LazyLock::new(Box::new(find) as Box<_>);
        Self(Some(Arc::new(Found { owners, behind })))
    }

    /// The owners that a client names, in its order.
    pub(super) fn sent(entries: &[Value]) -> Vec<Owner> {
        entries.iter().filter_map(Owner::of_entry).collect()
    }

    /// Whether nobody owns anything: such objects are not tracked.
    pub(crate) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    pub(super) fn as_slice(&self) -> &[Owner] {
        self.0.as_ref().map_or(&[], |found| &found.owners)
    }

    pub(super) fn to_vec(&self) -> Vec<Owner> {
        self.as_slice().to_vec()
    }
}

impl PartialEq for Owners {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

fn in_order(mut owners: Vec<Owner>) -> Vec<Owner> {
    owners.retain(|owner| !owner.fields.is_empty());
    owners.sort_by(|a, b| a.rank().cmp(&b.rank()));
    owners
}

impl Serialize for Owners {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

/// One owner of fields: an entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Owner {
    pub(super) operation: Operation,
    manager: String,
    api_version: String,
    subresource: String,
    time: Option<String>,
    fields: Arc<FieldSet>,
}

impl Owner {
    pub(super) fn new(stamp: &Stamp, operation: Operation, fields: FieldSet) -> Self {
        Self {
            operation,
            manager: stamp.manager.clone(),
            api_version: stamp.api_version.clone(),
            subresource: stamp.subresource.clone(),
            time: Some(stamp.time.clone()),
            fields: Arc::new(fields),
        }
    }

    fn of_entry(entry: &Value) -> Option<Self> {
        let operation = match text(entry, &["operation"]) {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        let said = |field: &str| text(entry, &[field]).to_owned();
        let fields = object::at(entry, &["fieldsV1"]);
        Some(Self {
            operation,
            manager: said("manager"),
            api_version: said("apiVersion"),
            subresource: said("subresource"),
            time: entry["time"].as_str().map(str::to_owned),
            fields: Arc::new(fields.map(FieldSet::of_value).unwrap_or_default()),
        })
    }

    pub(super) fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Everything that it owns.
    pub(super) fn fields(&self) -> &FieldSet {
        &self.fields
    }

    /// Loses these fields.
    pub(super) fn release(&mut self, fields: &FieldSet) {
        if self.fields.meets(fields) {
            Arc::make_mut(&mut self.fields).remove(fields);
        }
    }

    /// Owns these fields too, from now on.
    pub(super) fn claim(&mut self, fields: &FieldSet, time: &str) {
        self.own(fields);
        self.time = Some(time.to_owned());
    }

    fn own(&mut self, fields: &FieldSet) {
        if !self.fields.includes(fields) {
            Arc::make_mut(&mut self.fields).add(fields);
        }
    }

    /// Takes the time of another entry, absence included.
    pub(super) fn as_of(&mut self, other: Option<&Owner>) {
        self.time = other.and_then(|owner| owner.time.clone());
    }

    /// Takes a newer entry of the same version in; what both did belongs to nobody known.
    pub(super) fn absorb(&mut self, newer: &Owner) {
        self.own(&newer.fields);
        self.as_of(Some(newer));
        "ancient-changes".clone_into(&mut self.manager);
        self.subresource.clear();
    }

    /// Whether this entry is the one that such a write goes on with. Applies of one manager are
    /// one entry whatever the version; updates are one per version.
    pub(super) fn is(&self, stamp: &Stamp, operation: Operation) -> bool {
        self.operation == operation
            && self.manager == stamp.manager
            && self.subresource == stamp.subresource
            && (operation == Operation::Apply || self.api_version == stamp.api_version)
    }

    /// The owner as conflicts name it.
    pub(super) fn described(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text += &format!(" with subresource {:?}", self.subresource);
        }
        if self.operation == Operation::Update {
            text += &format!(" using {}", self.api_version);
        }
        text
    }

    /// How old it is, for choosing whom to forget.
    pub(super) fn age(&self) -> impl Ord {
        (self.time.as_deref(), self.manager.as_str())
    }

    /// Where the entry stands among the others.
    fn rank(&self) -> impl Ord {
        (
            self.operation,
            self.time.as_deref(),
            self.manager.as_str(),
            self.api_version.as_str(),
            self.subresource.as_str(),
        )
    }
}

impl Serialize for Owner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_map(None)?;
        if !self.api_version.is_empty() {
            entry.serialize_entry("apiVersion", &self.api_version)?;
        }
        entry.serialize_entry("fieldsType", "FieldsV1")?;
        entry.serialize_entry("fieldsV1", &*self.fields)?;
        if !self.manager.is_empty() {
            entry.serialize_entry("manager", &self.manager)?;
        }
        entry.serialize_entry("operation", self.operation.word())?;
        if !self.subresource.is_empty() {
            entry.serialize_entry("subresource", &self.subresource)?;
        }
        if let Some(time) = &self.time {
            entry.serialize_entry("time", time)?;
        }
        entry.end()
    }
}

/// Takes out the metadata that belongs to the server and never has an owner.
pub(super) fn strip(mut fields: FieldSet) -> FieldSet {
    fields.remove(&SYSTEM);
    fields
}

static SYSTEM: LazyLock<FieldSet> = LazyLock::new(|| {
    let mut system = FieldSet::default();
    for name in ["apiVersion", "kind", "metadata"] {
        system.insert(&[path::field(name)]);
    }
    for name in SYSTEM_METADATA {
        system.insert(&[path::field("metadata"), path::field(name)]);
    }
    system
});

const SYSTEM_METADATA: [&str; 8] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// The field that a write through this part of the object cannot set.
pub(super) fn reset(subresource: &str, has_status: bool) -> Option<&'static str> {
    match (subresource, has_status) {
        ("", true) => Some("status"),
        ("status", _) => Some("spec"),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Owners after so many writes, and how many of these have been looked into.
    fn written(times: usize) -> (Owners, Arc<AtomicUsize>) {
        let looked = Arc::new(AtomicUsize::new(0));
        let write = |before: Owners, _| {
            let looked = Arc::clone(&looked);
            Owners::after(&before.clone(), move || {
                looked.fetch_add(1, Ordering::Relaxed);
                before.to_vec()
            })
        };
        let owners = (0..times).fold(Owners::default(), write);
        (owners, looked)
    }

    #[test]
    fn what_a_write_makes_of_owners_is_found_out_when_somebody_asks() {
        let (owners, looked) = written(3);
        assert_eq!(looked.load(Ordering::Relaxed), 0);
        assert!(owners.is_empty() && owners.is_empty());
        assert_eq!(looked.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn only_so_many_writes_wait_for_a_question() {
        let (_, looked) = written(10_000);
        let waiting = 10_000 - looked.load(Ordering::Relaxed);
        assert!(waiting <= usize::from(WAITING), "{waiting} are waiting");
    }
}
