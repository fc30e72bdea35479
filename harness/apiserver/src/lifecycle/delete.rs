//! Deletion: at once, after a grace period, or when the last finalizer is gone.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    clock::{Clock, stamp},
    json::Value,
    object::{self, at, has_finalizer, is_deleting, meta_mut, text},
    resource::Resource,
    status::Status,
};

pub(crate) const ORPHAN: &str = "orphan";
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// What becomes of an object that is to be deleted.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It goes now.
    Gone,
    /// It stays, marked like this.
    Marked(Value),
    /// It was marked before; nothing changes.
    Pending,
}

/// `metav1.DeleteOptions`.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) dry_run: bool,
}

/// What happens to the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    Orphan,
    Background,
    Foreground,
}

impl DeleteOptions {
    /// Reads the body of a deletion.
    ///
    /// # Errors
    /// 422 for a propagation policy that does not exist.
    pub(crate) fn parse(body: &Value) -> Result<Self, Status> {
        let text_at = |path: &[&str]| Some(text(body, path).to_owned()).filter(|t| !t.is_empty());
        Ok(Self {
            grace: body["gracePeriodSeconds"].as_i64(),
            propagation: propagation(body)?,
            uid: text_at(&["preconditions", "uid"]),
            resource_version: text_at(&["preconditions", "resourceVersion"]),
            dry_run: object::list(body, &["dryRun"]).iter().any(|d| d == "All"),
        })
    }
}

fn propagation(body: &Value) -> Result<Option<Propagation>, Status> {
    match text(body, &["propagationPolicy"]) {
        "" => Ok(body["orphanDependents"].as_bool().map(|orphan| {
            if orphan {
                Propagation::Orphan
            } else {
                Propagation::Background
            }
        })),
        "Orphan" => Ok(Some(Propagation::Orphan)),
        "Background" => Ok(Some(Propagation::Background)),
        "Foreground" => Ok(Some(Propagation::Foreground)),
        other => {
            let kind = (
                "DeleteOptions.meta.k8s.io".to_owned(),
                "DeleteOptions",
                "meta.k8s.io",
            );
            let error = crate::validate::field::FieldError::not_supported(
                "propagationPolicy",
                &other.into(),
                &["Foreground", "Background", "Orphan", "nil"],
            );
            crate::validate::field::refuse_kind_if_any(kind, "", vec![error]).map(|()| None)
        }
    }
}

/// Whether the object is the one that was meant.
///
/// # Errors
/// 409 if it is not.
pub(crate) fn check_preconditions(
    resource: &Resource,
    live: &Value,
    options: &DeleteOptions,
) -> Result<(), Status> {
    let differs =
        |wanted: &Option<String>, found: &str| wanted.as_deref().is_some_and(|w| w != found);
    let (uid, version) = (object::uid(live), object::resource_version(live));
    let why = if differs(&options.uid, uid) {
        let wanted = options.uid.as_deref().unwrap_or_default();
        format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    } else if differs(&options.resource_version, version) {
        let wanted = options.resource_version.as_deref().unwrap_or_default();
        format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        )
    } else {
        return Ok(());
    };
    Err(Status::conflict(resource, object::name(live), &why))
}

/// What becomes of the object.
pub(crate) fn outcome(
    resource: &Resource,
    live: &Value,
    options: &DeleteOptions,
    clock: &Clock,
) -> Outcome {
    let mut object = live.clone();
    let graceful = match mark_graceful(resource, &mut object, options, clock) {
        Grace::Pending => return Outcome::Pending,
        Grace::Marked => true,
        Grace::None => false,
    };
    set_propagation(resource, &mut object, options.propagation);
    let waits = !object::finalizers(&object).is_empty()
        || (resource.is("", "Namespace") && !super::namespace::is_finalized(&object));
    if graceful {
        return Outcome::Marked(object);
    }
    if !waits {
        return Outcome::Gone;
    }
    mark_now(&mut object, clock);
    if resource.is("", "Namespace") {
        object["status"]["phase"] = "Terminating".into();
    }
    if object == *live {
        Outcome::Pending
    } else {
        Outcome::Marked(object)
    }
}

/// Whether a write removes the object: it is being deleted and nothing holds it any more.
pub(crate) fn is_over(resource: &Resource, live: &Value, new: &Value) -> bool {
    is_deleting(live)
        && object::finalizers(new).is_empty()
        && live["metadata"]["deletionGracePeriodSeconds"]
            .as_i64()
            .unwrap_or(0)
            == 0
        && (!resource.is("", "Namespace") || super::namespace::is_finalized(new))
}

enum Grace {
    /// The kind or the object knows no grace.
    None,
    Marked,
    Pending,
}

/// Pods on a node end when their kubelet says so.
fn mark_graceful(
    resource: &Resource,
    object: &mut Value,
    options: &DeleteOptions,
    clock: &Clock,
) -> Grace {
    if !resource.is("", "Pod") {
        return Grace::None;
    }
    let asked = options
        .grace
        .map(|seconds| if seconds < 0 { 1 } else { seconds });
    if is_deleting(object) {
        return shorten(object, asked, clock);
    }
    let own = object["spec"]["terminationGracePeriodSeconds"]
        .as_i64()
        .unwrap_or(30);
    let unscheduled = text(object, &["spec", "nodeName"]).is_empty();
    let finished = matches!(text(object, &["status", "phase"]), "Failed" | "Succeeded");
    let grace = if unscheduled || finished {
        0
    } else {
        asked.unwrap_or(own)
    };
    if grace == 0 {
        return Grace::None;
    }
    bump(object);
    let meta = meta_mut(object);
    let end = clock.stamp_in(Duration::from_secs(grace.unsigned_abs()));
    meta.insert("deletionTimestamp", end.into());
    meta.insert("deletionGracePeriodSeconds", grace.into());
    Grace::Marked
}

/// A grace period that runs can only become shorter.
fn shorten(object: &mut Value, asked: Option<i64>, clock: &Clock) -> Grace {
    let running = object["metadata"]["deletionGracePeriodSeconds"]
        .as_i64()
        .unwrap_or(0);
    match asked {
        _ if running == 0 => Grace::None,
        None => Grace::Pending,
        Some(asked) if asked >= running => Grace::Pending,
        Some(0) => Grace::None,
        Some(asked) => {
            let end = text(object, &["metadata", "deletionTimestamp"]).parse::<Timestamp>();
            let end = end.unwrap_or_else(|_| clock.now());
            let moved = end
                .checked_sub(Duration::from_secs((running - asked).unsigned_abs()))
                .unwrap_or(end);
            let (end, period) = if moved < clock.now() {
                (clock.now(), 1)
            } else {
                (moved, asked)
            };
            let meta = meta_mut(object);
            meta.insert("deletionTimestamp", stamp(end).into());
            meta.insert("deletionGracePeriodSeconds", period.into());
            Grace::Marked
        }
    }
}

/// The finalizers by which the garbage collector learns what to do with dependents.
fn set_propagation(resource: &Resource, object: &mut Value, propagation: Option<Propagation>) {
    let collected = !(resource.is("", "Namespace") || resource.is("", "Event"));
    let Some(propagation) = propagation.filter(|_| collected) else {
        return;
    };
    let mut finalizers: Vec<Value> = object::finalizers(object).to_vec();
    finalizers.retain(|f| f != ORPHAN && f != FOREGROUND);
    match propagation {
        Propagation::Orphan => finalizers.push(ORPHAN.into()),
        Propagation::Foreground => finalizers.push(FOREGROUND.into()),
        Propagation::Background => {}
    }
    assert!(!(has_finalizer(object, ORPHAN) && has_finalizer(object, FOREGROUND)));
    let meta = meta_mut(object);
    if finalizers.is_empty() {
        meta.remove("finalizers");
    } else {
        meta.insert("finalizers", finalizers.into());
    }
}

fn mark_now(object: &mut Value, clock: &Clock) {
    let now = clock.stamp();
    let earlier = at(object, &["metadata", "deletionTimestamp"])
        .and_then(Value::as_str)
        .is_some_and(|end| end <= now.as_str());
    if !is_deleting(object) {
        bump(object);
    }
    let meta = meta_mut(object);
    if !earlier {
        meta.insert("deletionTimestamp", now.into());
    }
    meta.insert("deletionGracePeriodSeconds", 0.into());
}

/// A deletion is a change of the desired state, for kinds that count these.
fn bump(object: &mut Value) {
    if let Some(generation) = object["metadata"]["generation"].as_i64().filter(|g| *g > 0) {
        meta_mut(object).insert("generation", (generation + 1).into());
    }
}
