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

/// The owners of an object's fields, in Kubernetes' order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Owners(Arc<[Owner]>);

impl Owners {
    /// These owners, without those that own nothing.
    pub(super) fn new(mut owners: Vec<Owner>) -> Self {
        owners.retain(|owner| !owner.fields.is_empty());
        owners.sort_by(|a, b| a.rank().cmp(&b.rank()));
        Self(owners.into())
    }

    /// The owners that a client names, in its order.
    pub(super) fn sent(entries: &[Value]) -> Vec<Owner> {
        entries.iter().filter_map(Owner::of_entry).collect()
    }

    /// Whether nobody owns anything: such objects are not tracked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn to_vec(&self) -> Vec<Owner> {
        self.0.to_vec()
    }
}

impl Serialize for Owners {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
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
