//! `metadata.managedFields`: the owners of an object's fields, read and written.
//!
//! An owner stays the JSON that it is in the metadata: a write changes the few fields that it is
//! about and leaves the rest untouched.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{path, set::FieldSet, trie};
use crate::object::{self, text};

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

/// One owner of fields: an entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Owner {
    pub(super) operation: Operation,
    entry: Value,
}

impl Owner {
    pub(super) fn new(stamp: &Stamp, operation: Operation, fields: &FieldSet) -> Self {
        let mut entry = json!({
            "manager": stamp.manager, "apiVersion": stamp.api_version, "fieldsType": "FieldsV1",
            "operation": operation.word(), "time": stamp.time,
        });
        entry["fieldsV1"] = fields.to_value();
        if !stamp.subresource.is_empty() {
            entry["subresource"] = stamp.subresource.as_str().into();
        }
        Self { operation, entry }
    }

    fn of_entry(entry: Value) -> Option<Self> {
        let operation = match text(&entry, &["operation"]) {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        Some(Self { operation, entry })
    }

    pub(super) fn api_version(&self) -> &str {
        text(&self.entry, &["apiVersion"])
    }

    fn manager(&self) -> &str {
        text(&self.entry, &["manager"])
    }

    fn subresource(&self) -> &str {
        text(&self.entry, &["subresource"])
    }

    fn time(&self) -> &str {
        text(&self.entry, &["time"])
    }

    /// Everything that it owns.
    pub(super) fn fields(&self) -> FieldSet {
        FieldSet::of_value(&self.entry["fieldsV1"])
    }

    /// Loses these fields.
    pub(super) fn release(&mut self, fields: &FieldSet) {
        trie::release(self.trie(), fields);
    }

    /// Owns these fields too, from now on.
    pub(super) fn claim(&mut self, fields: &FieldSet, time: &str) {
        trie::claim(self.trie(), fields);
        self.entry["time"] = time.into();
    }

    /// Takes the time of another entry, absence included.
    pub(super) fn as_of(&mut self, other: Option<&Owner>) {
        match other.and_then(|owner| owner.entry.get("time")) {
            Some(time) => self.entry["time"] = time.clone(),
            None => {
                object::remove(&mut self.entry, &["time"]);
            }
        }
    }

    /// Takes a newer entry of the same version in; what both did belongs to nobody known.
    pub(super) fn absorb(&mut self, newer: &Owner) {
        trie::claim(self.trie(), &newer.fields());
        self.as_of(Some(newer));
        self.entry["manager"] = "ancient-changes".into();
        object::remove(&mut self.entry, &["subresource"]);
    }

    fn trie(&mut self) -> &mut Map<String, Value> {
        object::map_mut(&mut self.entry, "fieldsV1")
    }

    fn owns_nothing(&self) -> bool {
        object::at(&self.entry, &["fieldsV1"])
            .and_then(Value::as_object)
            .is_none_or(Map::is_empty)
    }

    /// Whether this entry is the one that such a write goes on with. Applies of one manager are
    /// one entry whatever the version; updates are one per version.
    pub(super) fn is(&self, stamp: &Stamp, operation: Operation) -> bool {
        self.operation == operation
            && self.manager() == stamp.manager
            && self.subresource() == stamp.subresource
            && (operation == Operation::Apply || self.api_version() == stamp.api_version)
    }

    /// The owner as conflicts name it.
    pub(super) fn described(&self) -> String {
        let mut text = format!("{:?}", self.manager());
        if !self.subresource().is_empty() {
            text += &format!(" with subresource {:?}", self.subresource());
        }
        if self.operation == Operation::Update {
            text += &format!(" using {}", self.api_version());
        }
        text
    }

    /// How old it is, for choosing whom to forget.
    pub(super) fn age(&self) -> impl Ord {
        (self.time(), self.manager())
    }

    /// Where the entry stands among the others.
    fn rank(&self) -> impl Ord {
        (
            self.operation,
            self.time(),
            self.manager(),
            self.api_version(),
            self.subresource(),
        )
    }
}

/// The owners in a list of entries.
pub(super) fn owners(entries: Vec<Value>) -> Vec<Owner> {
    entries.into_iter().filter_map(Owner::of_entry).collect()
}

/// The owners that an object's metadata names.
pub(super) fn read(object: &Value) -> Vec<Owner> {
    owners(object::list(object, &["metadata", "managedFields"]).to_vec())
}

/// Writes the owners into an object's metadata, in Kubernetes' order.
pub(super) fn write(object: &mut Value, mut owners: Vec<Owner>) {
    owners.retain(|owner| !owner.owns_nothing());
    owners.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let meta = object::meta_mut(object);
    if owners.is_empty() {
        meta.remove("managedFields");
    } else {
        let entries = owners.into_iter().map(|owner| owner.entry);
        meta.insert("managedFields".to_owned(), entries.collect());
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

/// The fields that a write through this part of the object cannot set.
pub(super) fn reset(subresource: &str, has_status: bool) -> FieldSet {
    let mut reset = FieldSet::default();
    let names: &[&str] = match (subresource, has_status) {
        ("", true) => &["status"],
        ("", false) => &[],
        ("status", _) => &["spec"],
        (_, _) => &[],
    };
    names
        .iter()
        .for_each(|name| reset.insert(&[path::field(name)]));
    reset
}
