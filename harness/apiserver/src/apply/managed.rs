//! `metadata.managedFields`: the owners of an object's fields, read and written.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{path, set::FieldSet};
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

/// One owner of fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Owner {
    pub(super) operation: Operation,
    pub(super) manager: String,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: Option<String>,
    pub(super) fields: FieldSet,
}

impl Owner {
    pub(super) fn new(stamp: &Stamp, operation: Operation, fields: FieldSet) -> Self {
        Self {
            operation,
            manager: stamp.manager.clone(),
            api_version: stamp.api_version.clone(),
            subresource: stamp.subresource.clone(),
            time: Some(stamp.time.clone()),
            fields,
        }
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

    /// Where the entry stands among the others.
    fn rank(&self) -> impl Ord {
        (
            self.operation,
            &self.time,
            &self.manager,
            &self.api_version,
            &self.subresource,
        )
    }

    fn to_value(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager, "apiVersion": self.api_version, "fieldsType": "FieldsV1",
            "operation": match self.operation { Operation::Apply => "Apply", Operation::Update => "Update" },
            "fieldsV1": self.fields.to_value(),
        });
        if let Some(time) = &self.time {
            entry["time"] = time.as_str().into();
        }
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.as_str().into();
        }
        entry
    }

    fn of_value(entry: &Value) -> Option<Self> {
        let operation = match text(entry, &["operation"]) {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        let own = |field: &str| text(entry, &[field]).to_owned();
        Some(Self {
            operation,
            manager: own("manager"),
            api_version: own("apiVersion"),
            subresource: own("subresource"),
            time: Some(own("time")).filter(|time| !time.is_empty()),
            fields: FieldSet::of_value(&entry["fieldsV1"]),
        })
    }
}

/// The owners that an object's metadata names.
pub(super) fn read(object: &Value) -> Vec<Owner> {
    object::list(object, &["metadata", "managedFields"])
        .iter()
        .filter_map(Owner::of_value)
        .collect()
}

/// Writes the owners into an object's metadata, in Kubernetes' order.
pub(super) fn write(object: &mut Value, mut owners: Vec<Owner>) {
    owners.retain(|owner| !owner.fields.is_empty());
    owners.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let meta = object::meta_mut(object);
    if owners.is_empty() {
        meta.remove("managedFields");
    } else {
        meta.insert(
            "managedFields".to_owned(),
            owners.iter().map(Owner::to_value).collect(),
        );
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
