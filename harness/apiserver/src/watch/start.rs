//! Where a watch begins, by its resource version and options.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Watch, event};
use crate::{
    request::{Options, Request},
    resource::Resource,
    select::Selection,
    server::{ApiServer, State},
    status::{Cause, Details, Status},
    validate::field::{FieldError, refuse_kind_if_any},
};

/// Opens a watch.
///
/// # Errors
/// 400 for a version that is none, 422 for options that contradict each other.
pub(crate) fn open(
    server: &ApiServer,
    resource: &Arc<Resource>,
    request: &Request,
    selection: Selection,
) -> Result<Watch, Status> {
    let options = &request.options;
    check(options)?;
    let version = options.resource_version.as_deref().unwrap_or_default();
    let asked = revision(version)?;
    let now = Instant::now();
    server.write(|state| {
        let (revision, pending) = begin(state, resource, &selection, options, asked);
        Ok(Watch {
            server: server.clone(),
            resource: Arc::clone(resource),
            selection,
            revision,
            pending,
            tip: state.store.subscribe(resource.table()),
            deadline: options
                .timeout_seconds
                .map(|seconds| now + Duration::from_secs(seconds)),
            bookmark: options
                .allow_watch_bookmarks
                .then(|| first_bookmark(now, options)),
            ended: false,
        })
    })
}

/// A resource version as a revision; the empty one counts as 0.
///
/// # Errors
/// 500 for anything that is no number, as a real server answers.
pub(crate) fn revision(version: &str) -> Result<u64, Status> {
    let refuse = |_| {
        let why = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
        Status::new(
            500,
            "",
            format!("resourceVersion: Invalid value: {version:?}: {why}"),
        )
    };
    if version.is_empty() {
        Ok(0)
    } else {
        version.parse().map_err(refuse)
    }
}

/// The kind that refusals of a query are about.
pub(crate) fn list_options() -> (String, &'static str, &'static str) {
    (
        "ListOptions.meta.k8s.io".to_owned(),
        "ListOptions",
        "meta.k8s.io",
    )
}

fn check(options: &Options) -> Result<(), Status> {
    let mut errors = Vec::new();
    let matched = options
        .resource_version_match
        .as_deref()
        .unwrap_or_default();
    let field = "resourceVersionMatch";
    if options.send_initial_events.is_some() && matched != "NotOlderThan" {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.push(FieldError::forbidden(field, why));
    }
    if !matched.is_empty() {
        if options.send_initial_events.is_none() {
            let why =
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(FieldError::forbidden(field, why));
        }
        if matched != "NotOlderThan" {
            errors.push(FieldError::not_supported(
                field,
                &matched.into(),
                &["NotOlderThan"],
            ));
        }
    }
    refuse_kind_if_any(list_options(), "", errors)
}

/// Every minute, and once shortly before the watch ends.
fn first_bookmark(now: Instant, options: &Options) -> Instant {
    let end = options
        .timeout_seconds
        .map(|seconds| now + Duration::from_secs(seconds));
    super::next_bookmark(now, end)
}

/// The state of the collection first, or nothing: by version 0 and by `sendInitialEvents`.
fn begin(
    state: &State,
    resource: &Resource,
    selection: &Selection,
    options: &Options,
    asked: u64,
) -> (u64, VecDeque<event::WatchEvent>) {
    let now = state.store.revision();
    let initial = options.send_initial_events.unwrap_or(asked == 0);
    if !initial {
        return (if asked == 0 { now } else { asked }, VecDeque::new());
    }
    let rows = state.store.rows(resource.table());
    let rows = rows
        .into_iter()
        .flat_map(|rows| rows.hinted(selection.span(), selection.labels.hints()));
    let matching = rows.filter(|(_, object)| selection.matches(object));
    let mut pending: VecDeque<_> = matching
        .map(|(_, object)| event::added(resource, object))
        .collect();
    if options.send_initial_events == Some(true) && options.allow_watch_bookmarks {
        pending.push_back(event::bookmark(resource, now, true));
    }
    (now, pending)
}

/// 504: the client has seen a version that this server has not reached.
pub(crate) fn too_large(asked: u64, now: u64) -> Status {
    let message = format!("Too large resource version: {asked}, current: {now}");
    Status::new(504, "Timeout", message).with(Details {
        causes: vec![Cause {
            reason: "ResourceVersionTooLarge",
            message: "Too large resource version".to_owned(),
            field: String::new(),
        }],
        retry_after_seconds: Some(1),
        ..Details::default()
    })
}
