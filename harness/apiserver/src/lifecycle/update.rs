//! What a write may change: parts of the object, its metadata, its deletion.

use serde_json::Value;

use super::generation;
use crate::{
    object::{copy_field, copy_meta},
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
        Part::Status => confine_to_status(resource, live, new),
        Part::Finalize => {
            let finalizers = new["spec"]["finalizers"].clone();
            *new = live.clone();
            new["spec"]["finalizers"] = finalizers;
        }
    }
}

/// Through the status, custom resources take the status alone; built-in kinds also take metadata,
/// annotations for example, of which workloads keep the labels.
fn confine_to_status(resource: &Resource, live: &Value, new: &mut Value) {
    let mut kept = live.clone();
    copy_field(new, &mut kept, "status");
    if resource.custom().is_none() {
        copy_field(new, &mut kept, "metadata");
        copy_meta(live, &mut kept, "ownerReferences");
        if matches!(resource.group(), "apps" | "batch") {
            copy_meta(live, &mut kept, "labels");
        }
    } else {
        copy_meta(new, &mut kept, "managedFields");
    }
    *new = kept;
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
