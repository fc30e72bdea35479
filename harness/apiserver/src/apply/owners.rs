//! Ownership after a write that is no apply: what changed belongs to the writer.

use super::{
    compare::{Comparison, compare},
    managed::{self, Operation, Owner, Owners, Stamp},
};
use crate::{
    json::{Map, Value},
    object,
    schema::Node,
};

/// How many updating managers an object remembers before the oldest are merged.
const MAX_UPDATERS: usize = 10;

/// Who owns the fields of `new` after an update of `live` (null for a creation), whose fields
/// belonged to `before`. What the client says of owners is taken out of `new`.
pub(crate) fn track_update(
    shape: &Node,
    has_status: bool,
    (live, before): (&Value, &Owners),
    new: &mut Value,
    stamp: &Stamp,
) -> Owners {
    let sent = object::meta_mut(new).remove("managedFields");
    let write = Write {
        shape: shape.clone(),
        has_status,
        live: live.clone(),
        before: before.clone(),
        sent,
        new: new.clone(),
        stamp: stamp.clone(),
    };
    Owners::after(before, || write.owners())
}

/// A write, for when somebody asks who owns what since. Values are shared with the versions.
struct Write {
    shape: Node,
    has_status: bool,
    live: Value,
    before: Owners,
    /// What the client says of owners.
    sent: Option<Value>,
    new: Value,
    stamp: Stamp,
}

impl Write {
    fn owners(self) -> Vec<Owner> {
        let mut owners = starting_owners(&self.before, self.sent.as_ref(), &self.stamp);
        if owners.is_empty() && !self.live.is_null() {
            // An object whose ownership was reset stays untracked until it is applied.
            return owners;
        }
        self.take(&mut owners);
        cap(&mut owners);
        owners
    }

    fn take(&self, owners: &mut Vec<Owner>) {
        let stamp = &self.stamp;
        let reset = managed::reset(&stamp.subresource, self.has_status);
        let Comparison {
            mut added,
            modified,
            removed,
        } = changes(&self.shape, &self.live, &self.new, reset);
        added.add(&modified);
        for owner in owners.iter_mut() {
            // What the writer itself owns of it would come back at once.
            if !owner.is(stamp, Operation::Update) {
                owner.release(&added);
            }
            owner.release(&removed);
        }
        let taken = managed::strip(added);
        if taken.is_empty() {
            return;
        }
        match owners
            .iter_mut()
            .find(|owner| owner.is(stamp, Operation::Update))
        {
            Some(owner) => owner.claim(&taken, &stamp.time),
            None => owners.push(Owner::new(stamp, Operation::Update, taken)),
        }
    }
}

/// The owners that the update starts from. A client may reset them with an empty entry, and
/// loses nothing by leaving them out.
fn starting_owners(before: &Owners, sent: Option<&Value>, stamp: &Stamp) -> Vec<Owner> {
    let Some(Value::Array(sent)) = sent else {
        return before.to_vec();
    };
    let reset = match sent.as_slice() {
        [] => true,
        [one] => one.as_object().is_some_and(Map::is_empty),
        _ => false,
    };
    match (stamp.subresource.is_empty(), reset) {
        (true, true) => Vec::new(),
        (true, false) => Some(Owners::sent(sent))
            .filter(|owners| !owners.is_empty())
            .unwrap_or_else(|| before.to_vec()),
        (false, _) => before.to_vec(),
    }
}

/// What differs, but for what this write cannot set. An object that was not there had no fields.
pub(super) fn changes(shape: &Node, live: &Value, new: &Value, reset: Option<&str>) -> Comparison {
    let nothing = Value::Object(Map::new());
    let old = if live.is_null() { &nothing } else { live };
    compare(shape, old, new, reset)
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
        owners.sort_by(|a, b| a.age().cmp(&b.age()));
        let Some(first) = owners.iter().position(|o| o.operation == Operation::Update) else {
            return;
        };
        let (older, newer) = owners.split_at(first + 1);
        let version = older[first].api_version();
        let same = |o: &Owner| o.operation == Operation::Update && o.api_version() == version;
        let Some(second) = newer.iter().position(same).map(|i| i + first + 1) else {
            return;
        };
        let newer = owners.remove(second);
        owners[first].absorb(&newer);
    }
}
