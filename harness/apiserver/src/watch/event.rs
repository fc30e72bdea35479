//! One event of a watch, and how a selection turns a change into one.

use std::sync::Arc;

use super::as_served;
use crate::{
    json::{Value, json},
    resource::Resource,
    select::Selection,
    status::Status,
    store::{Change, ChangeKind},
    typed::Object,
};

/// One thing that a watch tells.
#[derive(Debug, Clone)]
pub struct WatchEvent {
    /// What happened.
    pub kind: EventKind,
    /// The object after it; a `Status` for errors, a version only for bookmarks.
    pub object: Arc<Object>,
}

/// What a watch event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The object is new, or began to match.
    Added,
    /// The object changed.
    Modified,
    /// The object is gone, or no longer matches.
    Deleted,
    /// Nothing changed up to the version that the event carries.
    Bookmark,
    /// The watch failed and ends.
    Error,
}

impl EventKind {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Added => "ADDED",
            EventKind::Modified => "MODIFIED",
            EventKind::Deleted => "DELETED",
            EventKind::Bookmark => "BOOKMARK",
            EventKind::Error => "ERROR",
        }
    }
}

impl From<ChangeKind> for EventKind {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Added => EventKind::Added,
            ChangeKind::Modified => EventKind::Modified,
            ChangeKind::Deleted => EventKind::Deleted,
        }
    }
}

/// A change as a selection sees it: an object that stops matching is deleted to it, and told in
/// its last matching state under the revision of the change.
pub(super) fn seen(
    resource: &Resource,
    selection: &Selection,
    change: &Change,
) -> Option<WatchEvent> {
    if selection.selects_all() {
        return selection.reaches(&change.key).then(|| WatchEvent {
            kind: change.kind.into(),
            object: as_served(resource, &change.object),
        });
    }
    let before = change.previous.as_ref();
    let before = before.filter(|object| selection.matches(object));
    let after = (change.kind != ChangeKind::Deleted).then_some(&change.object);
    let after = after.filter(|object| selection.matches(object));
    let (kind, object) = match (before, after) {
        (None, None) => return None,
        (None, Some(object)) => (EventKind::Added, Arc::clone(object)),
        (Some(_), Some(object)) => (EventKind::Modified, Arc::clone(object)),
        (Some(last), None) => (EventKind::Deleted, at_revision(last, change)),
    };
    Some(WatchEvent {
        kind,
        object: as_served(resource, &object),
    })
}

fn at_revision(last: &Object, change: &Change) -> Arc<Object> {
    if change.kind == ChangeKind::Deleted {
        return Arc::clone(&change.object);
    }
    let mut object = Value::clone(last);
    object["metadata"]["resourceVersion"] = change.revision.to_string().into();
    Object::owned(object, last.owners().clone())
}

pub(super) fn added(resource: &Resource, object: &Arc<Object>) -> WatchEvent {
    WatchEvent {
        kind: EventKind::Added,
        object: as_served(resource, object),
    }
}

pub(super) fn bookmark(resource: &Resource, revision: u64, initial: bool) -> WatchEvent {
    let mut object = json!({
        "kind": resource.kind, "apiVersion": resource.gvr.api_version(),
        "metadata": {"resourceVersion": revision.to_string()},
    });
    if initial {
        object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    WatchEvent {
        kind: EventKind::Bookmark,
        object: Object::new(object),
    }
}

pub(super) fn too_old(asked: u64, compacted: u64) -> WatchEvent {
    let status = Status::expired(format!("too old resource version: {asked} ({compacted})"));
    WatchEvent {
        kind: EventKind::Error,
        object: Object::new(status.to_value()),
    }
}
