//! An apply: merge, prune, conflicts, ownership.

use super::{
    compare::Comparison,
    managed::{self, Operation, Owner, Owners, Stamp},
    merge::merge,
    owners::{changes, track_update},
    path::{Step, shown},
    prune::prune,
    set::FieldSet,
    walk::fields_of,
};
use crate::{
    json::{Map, Value},
    schema::Node,
    status::{Cause, Status},
};

/// The live object with a configuration applied to it, and who owns its fields then; `live` is null
/// if there is none.
///
/// # Errors
/// 409 with one cause per field that another manager owns and that the configuration would
/// change, unless `force` takes them over.
pub(crate) fn apply(
    shape: &Node,
    has_status: bool,
    (live, known): (&Value, &Owners),
    config: &Value,
    stamp: &Stamp,
    force: bool,
) -> Result<(Value, Owners), Status> {
    let nothing = Value::Object(Map::new());
    let mut owners = owners(shape, has_status, (live, known), stamp);
    let live = if live.is_null() { &nothing } else { live };
    let reset = managed::reset(&stamp.subresource, has_status);
    let mut fields = fields_of(shape, config);
    reset.into_iter().for_each(|name| fields.cut(name));
    let before = owners
        .iter()
        .position(|owner| owner.is(stamp, Operation::Apply))
        .map(|i| owners.remove(i));
    let mut new = merge(shape, live, config);
    // What is applied again need not be looked for in the object.
    let less = before
        .as_ref()
        .filter(|before| !fields.includes(before.fields()));
    if let Some(before) = less {
        new = prune(shape, &new, before.fields(), &claimed(&fields, &owners));
    }
    hand_over(&mut owners, changes(shape, live, &new, reset), force)?;
    let mut own = Owner::new(stamp, Operation::Apply, managed::strip(fields));
    if new == *live {
        // Nothing changed: the entry keeps the time of the last apply that did something.
        own.as_of(before.as_ref());
    }
    owners.push(own);
    Ok((new, Owners::new(owners)))
}

/// Every field that somebody wants: the configuration or another owner.
fn claimed(fields: &FieldSet, owners: &[Owner]) -> FieldSet {
    let mut claimed = fields.clone();
    owners.iter().for_each(|owner| claimed.add(owner.fields()));
    claimed
}

/// Takes what changes from its owners.
///
/// # Errors
/// 409 if somebody owns what changes, unless it is taken by force.
fn hand_over(owners: &mut [Owner], changes: Comparison, force: bool) -> Result<(), Status> {
    let Comparison {
        added: mut changed,
        modified,
        removed,
    } = changes;
    changed.add(&modified);
    let conflicts: Vec<(String, FieldSet)> = owners
        .iter()
        .map(|owner| (owner, owner.fields().intersection(&changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(owner, fields)| (owner.described(), fields))
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    for owner in owners {
        owner.release(&changed);
        owner.release(&removed);
    }
    Ok(())
}

/// Who owns the live object's fields. Those of an object that was never tracked belong to
/// `before-first-apply`.
fn owners(
    shape: &Node,
    has_status: bool,
    (live, known): (&Value, &Owners),
    stamp: &Stamp,
) -> Vec<Owner> {
    if live.is_null() || !known.is_empty() {
        return known.to_vec();
    }
    let first = Stamp {
        manager: "before-first-apply".to_owned(),
        ..stamp.clone()
    };
    let created = (&Value::Null, known);
    track_update(shape, has_status, created, &mut live.clone(), &first).to_vec()
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
