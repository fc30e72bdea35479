//! What a write may change: parts of the object, its metadata, its deletion.

use serde_json::Value;

use super::generation;
use crate::{
    object::{copy_field, copy_meta, meta_mut},
    resource::Resource,
};

/// The part of an object that a write is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but the status, if that has a sub-resource.
    Whole,
    /// The status alone.
    Status,
    /// A namespace's `spec.finalizers` alone.
    Finalize,
}

impl Part {
    /// The sub-resource's name; empty for the object itself.
    pub(crate) fn subresource(self) -> &'static str {
        match self {
            Part::Whole => "",
            Part::Status => "status",
            Part::Finalize => "finalize",
        }
    }
}

/// Puts back what this write cannot change.
pub(crate) fn confine(resource: &Resource, part: Part, live: &Value, new: &mut Value) {
    match part {
        Part::Whole if resource.has_status() => {
            copy_field(live, new, "status");
            if resource.is("", "Namespace") {
                // Only `finalize` ends a namespace.
                copy_field(live, new, "spec");
            }
        }
        Part::Whole => {}
        Part::Status => {
            let status = new.get("status").cloned();
            let managed = new["metadata"].get("managedFields").cloned();
            let conditions_only = live.clone();
            *new = conditions_only;
            if let (Some(status), Some(map)) = (status, new.as_object_mut()) {
                map.insert("status".to_owned(), status);
            }
            match managed {
                Some(managed) => meta_mut(new).insert("managedFields".to_owned(), managed),
                None => meta_mut(new).remove("managedFields"),
            };
        }
        Part::Finalize => {
            let finalizers = new["spec"]["finalizers"].clone();
            *new = live.clone();
            new["spec"]["finalizers"] = finalizers;
        }
    }
}

/// Carries over the metadata that no write can change, and counts the generation.
pub(crate) fn carry(resource: &Resource, part: Part, live: &Value, new: &mut Value) {
    let fixed = [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    ];
    for field in fixed {
        copy_meta(live, new, field);
    }
    match part {
        Part::Whole => generation::carry(resource, live, new),
        Part::Status | Part::Finalize => copy_meta(live, new, "generation"),
    }
    copy_meta(live, new, "generateName");
}
