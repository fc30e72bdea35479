//! What a write may change: parts of the object, its metadata, its deletion.

use std::collections::BTreeSet;

use super::generation;
use crate::{
    json::{Map, Text, Value},
    object::{copy_field, copy_meta, map_mut, meta_mut, remove},
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

/// The fields of an object that a write names. Everything else is wanted as it is, and is not read,
/// compared and put back anew.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    Everything,
    Only(BTreeSet<Text>),
}

impl Named {
    /// What a merge patch names. One that speaks of what the object is, or of more than a field
    /// (strategic directives), concerns all of it.
    pub(crate) fn by(patch: &Map) -> Self {
        let whole =
            |key: &Text| matches!(key.as_str(), "apiVersion" | "kind") || key.starts_with('$');
        match patch.keys().any(whole) {
            true => Named::Everything,
            false => Named::Only(patch.keys().cloned().collect()),
        }
    }

    pub(crate) fn holds(&self, field: &str) -> bool {
        match self {
            Named::Everything => true,
            Named::Only(fields) => fields.contains(field),
        }
    }
}

/// Puts back what this write cannot change.
pub(crate) fn confine(
    resource: &Resource,
    part: Part,
    named: &Named,
    live: &Value,
    new: &mut Value,
) {
    match part {
        Part::Whole if resource.has_status() => {
            copy_field(live, new, "status");
            if resource.is("", "Namespace") {
                // Only `finalize` ends a namespace.
                copy_field(live, new, "spec");
            }
        }
        Part::Whole => {}
        Part::Status => confine_to_status(resource, named, live, new),
        Part::Finalize => {
            let finalizers = remove(new, &["spec", "finalizers"]);
            restore(live, new, |field| field != "metadata");
            keep_metadata(live, new);
            set(map_mut(new, "spec"), "finalizers", finalizers);
        }
    }
}

/// Through the status, custom resources take the status alone; built-in kinds also take metadata,
/// annotations for example, of which workloads keep the labels.
fn confine_to_status(resource: &Resource, named: &Named, live: &Value, new: &mut Value) {
    let foreign = |field: &str| !matches!(field, "metadata" | "status");
    restore(live, new, |field| foreign(field) && named.holds(field));
    if resource.custom().is_none() {
        copy_meta(live, new, "ownerReferences");
        if matches!(resource.group(), "apps" | "batch") {
            copy_meta(live, new, "labels");
        }
    } else {
        keep_metadata(live, new);
    }
}

/// The metadata as it was, but for what the client says of who owns which field.
fn keep_metadata(live: &Value, new: &mut Value) {
    let owners = remove(new, &["metadata", "managedFields"]);
    copy_field(live, new, "metadata");
    set(meta_mut(new), "managedFields", owners);
}

fn set(map: &mut Map, field: &str, value: Option<Value>) {
    match value {
        Some(value) => map.insert(field, value),
        None => map.remove(field),
    };
}

/// Puts fields of the object back to what they were, absence included. Most of them have not
/// changed: what is equal is not copied.
fn restore(live: &Value, new: &mut Value, concerns: impl Fn(&str) -> bool) {
    let names = live.as_object().into_iter().chain(new.as_object());
    let changed = |name: &&Text| concerns(name) && live.get(*name) != new.get(*name);
    let changed: Vec<Text> = names.flat_map(Map::keys).filter(changed).cloned().collect();
    changed
        .iter()
        .for_each(|field| copy_field(live, new, field));
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
