//! Ownership after a write that is no apply: what changed belongs to the writer.

use serde_json::Value;

use super::{
    compare::{Comparison, compare},
    managed::{self, Operation, Owner, Stamp},
    set::FieldSet,
};
use crate::{object, schema::Node};

/// How many updating managers an object remembers before the oldest are merged.
const MAX_UPDATERS: usize = 10;

/// Records in `new` who owns its fields after an update of `live` (null for a creation).
pub(crate) fn track_update(
    shape: &Node,
    has_status: bool,
    live: &Value,
    new: &mut Value,
    stamp: &Stamp,
) {
    let Some(mut owners) = starting_owners(live, new, stamp) else {
        return;
    };
    object::meta_mut(new).remove("managedFields");
    if owners.is_empty() && !live.is_null() {
        // An object whose ownership was reset stays untracked until it is applied.
        return;
    }
    take(shape, has_status, live, new, stamp, &mut owners);
    cap(&mut owners);
    managed::write(new, owners);
}

/// The owners that the update starts from. A client may reset them with an empty entry, and
/// loses nothing by leaving them out.
fn starting_owners(live: &Value, new: &Value, stamp: &Stamp) -> Option<Vec<Owner>> {
    let sent = object::at(new, &["metadata", "managedFields"]).and_then(Value::as_array);
    let reset = sent.is_some_and(|entries| match entries.as_slice() {
        [] => true,
        [one] => one.as_object().is_some_and(serde_json::Map::is_empty),
        _ => false,
    });
    if stamp.subresource.is_empty() {
        if reset {
            return Some(Vec::new());
        }
        let sent = managed::read(new);
        if !sent.is_empty() {
            return Some(sent);
        }
    }
    Some(managed::read(live))
}

fn take(
    shape: &Node,
    has_status: bool,
    live: &Value,
    new: &Value,
    stamp: &Stamp,
    owners: &mut Vec<Owner>,
) {
    let reset = managed::reset(&stamp.subresource, has_status);
    let Comparison {
        mut added,
        modified,
        removed,
    } = changes(shape, live, new, &reset);
    added.add(&modified);
    for owner in owners.iter_mut() {
        owner.fields.remove(&added);
        owner.fields.remove(&removed);
    }
    let taken = managed::strip(added);
    if taken.is_empty() {
        return;
    }
    match owners
        .iter_mut()
        .find(|owner| owner.is(stamp, Operation::Update))
    {
        Some(owner) => {
            owner.fields.add(&taken);
            owner.time = Some(stamp.time.clone());
        }
        None => owners.push(Owner::new(stamp, Operation::Update, taken)),
    }
}

/// What differs, but for what this write cannot set. An object that was not there had no fields.
pub(super) fn changes(shape: &Node, live: &Value, new: &Value, reset: &FieldSet) -> Comparison {
    let nothing = Value::Object(serde_json::Map::new());
    let old = if live.is_null() { &nothing } else { live };
    let mut changes = compare(shape, old, new);
    for set in [
        &mut changes.added,
        &mut changes.modified,
        &mut changes.removed,
    ] {
        set.remove_trees(reset);
    }
    changes
}

/// Merges the oldest updaters of each version into one entry while there are too many.
fn cap(owners: &mut Vec<Owner>) {
    let updaters = |owners: &[Owner]| {
        owners
            .iter()
            .filter(|o| o.operation == Operation::Update)
            .count()
    };
    while updaters(owners) > MAX_UPDATERS {
        owners.sort_by(|a, b| (&a.time, &a.manager).cmp(&(&b.time, &b.manager)));
        let Some(first) = owners.iter().position(|o| o.operation == Operation::Update) else {
            return;
        };
        let version = owners[first].api_version.clone();
        let same = |o: &Owner| o.operation == Operation::Update && o.api_version == version;
        let Some(second) = owners
            .iter()
            .skip(first + 1)
            .position(same)
            .map(|i| i + first + 1)
        else {
            return;
        };
        let newer = owners.remove(second);
        let bucket = &mut owners[first];
        bucket.manager = "ancient-changes".to_owned();
        bucket.subresource = String::new();
        bucket.fields.add(&newer.fields);
        bucket.time = newer.time;
    }
}
