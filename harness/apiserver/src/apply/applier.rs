//! An apply: merge, prune, conflicts, ownership.

use serde_json::{Map, Value};

use super::{
    compare::compare,
    managed::{self, Operation, Owner, Stamp},
    merge::merge,
    owners::{track_update, without},
    path::{Step, shown},
    prune::prune,
    set::FieldSet,
    walk::fields_of,
};
use crate::{
    object,
    schema::Node,
    status::{Cause, Status},
};

/// What an apply made of the live object.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) object: Value,
}

/// Applies a configuration to the live object; null if there is none.
///
/// # Errors
/// 409 with one cause per field that another manager owns and that the configuration would
/// change, unless `force` takes them over.
pub(crate) fn apply(
    shape: &Node,
    has_status: bool,
    live: &Value,
    config: &Value,
    stamp: &Stamp,
    force: bool,
) -> Result<Applied, Status> {
    let (live, mut owners) = live_and_owners(shape, has_status, live, stamp);
    let reset = managed::reset(&stamp.subresource, has_status);
    let fields = fields_of(shape, config).without_trees(&reset);
    let place = owners
        .iter()
        .position(|owner| owner.is(stamp, Operation::Apply));
    let before = place.map(|i| owners.remove(i));
    let last = before
        .as_ref()
        .map(|owner| owner.fields.clone())
        .unwrap_or_default();
    let claimed = owners
        .iter()
        .fold(fields.clone(), |all, owner| all.union(&owner.fields));
    let merged = merge(shape, &live, config);
    let mut new = if last.is_empty() {
        merged
    } else {
        prune(shape, &merged, &last, &claimed)
    };

    let mut changes = compare(shape, &live, &new);
    without(&mut changes, &reset);
    let changed = changes.modified.union(&changes.added);
    let conflicts: Vec<(String, FieldSet)> = owners
        .iter()
        .map(|owner| (owner.described(), owner.fields.intersection(&changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    for owner in &mut owners {
        owner.fields = owner
            .fields
            .difference(&changed)
            .difference(&changes.removed);
    }
    let mut own = Owner::new(stamp, Operation::Apply, managed::strip(&fields));
    if new == live {
        // Nothing changed: the entry keeps the time of the last apply that did something.
        own.time = before.and_then(|owner| owner.time);
    }
    owners.push(own);
    managed::write(&mut new, owners);
    Ok(Applied { object: new })
}

/// The live object without its owners, and these. Fields of an object that was never tracked
/// belong to `before-first-apply`.
fn live_and_owners(
    shape: &Node,
    has_status: bool,
    live: &Value,
    stamp: &Stamp,
) -> (Value, Vec<Owner>) {
    if live.is_null() {
        return (Value::Object(Map::new()), Vec::new());
    }
    let mut bare = live.clone();
    object::remove(&mut bare, &["metadata", "managedFields"]);
    let mut owners = managed::read(live);
    if owners.is_empty() {
        let first = Stamp {
            manager: "before-first-apply".to_owned(),
            ..stamp.clone()
        };
        let mut tracked = bare.clone();
        track_update(shape, has_status, &Value::Null, &mut tracked, &first);
        owners = managed::read(&tracked);
    }
    (bare, owners)
}

fn conflict(conflicts: &[(String, FieldSet)]) -> Status {
    let each = |(owner, fields): &(String, FieldSet)| -> Vec<(String, Vec<Step>)> {
        fields
            .paths()
            .into_iter()
            .map(|path| (owner.clone(), path))
            .collect()
    };
    let all: Vec<(String, Vec<Step>)> = conflicts.iter().flat_map(each).collect();
    let message = match all.as_slice() {
        [(owner, path)] => format!(
            "Apply failed with 1 conflict: conflict with {owner}: {}",
            shown(path)
        ),
        many => format!(
            "Apply failed with {} conflicts: {}",
            many.len(),
            listed(conflicts)
        ),
    };
    let cause = |(owner, path): &(String, Vec<Step>)| Cause {
        reason: "FieldManagerConflict",
        message: format!("conflict with {owner}"),
        field: shown(path),
    };
    Status::new(409, "Conflict", message).with_causes(all.iter().map(cause).collect())
}

fn listed(conflicts: &[(String, FieldSet)]) -> String {
    let mut conflicts: Vec<_> = conflicts.iter().collect();
    conflicts.sort_by(|a, b| a.0.cmp(&b.0));
    let lines = conflicts.into_iter().flat_map(|(owner, fields)| {
        let paths = fields
            .paths()
            .into_iter()
            .map(|path| format!("- {}", shown(&path)));
        std::iter::once(format!("conflicts with {owner}:")).chain(paths)
    });
    lines.collect::<Vec<_>>().join("\n")
}
