//! Reading a collection, whole or page by page.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    json::{Value, json},
    request::{Options, Request},
    resource::Resource,
    response::List,
    select::Selection,
    server::{ApiServer, State, selection},
    status::Status,
    store::{Key, Span},
    typed::Object,
    validate::field::{FieldError, refuse_kind_if_any},
    watch,
};

/// Reads a collection.
///
/// # Errors
/// 400 and 422 for options that contradict each other, 410 for a version that is compacted, 504
/// for one that is still to come.
pub(crate) fn list(
    server: &ApiServer,
    resource: &Resource,
    request: &Request,
) -> Result<List, Status> {
    let options = &request.options;
    check(options)?;
    let selection = selection(resource, request)?;
    let start = options
        .continue_token
        .as_deref()
        .map(Continue::parse)
        .transpose()?;
    let (revision, page) = server.read(|state| {
        let revision = revision(state, options, start.as_ref())?;
        let limit = options.limit.filter(|limit| *limit > 0);
        let page = page(state, resource, &selection, limit, revision, start.as_ref())?;
        Ok((revision, page))
    })?;
    Ok(answer(resource, revision, page))
}

fn check(options: &Options) -> Result<(), Status> {
    let matched = options
        .resource_version_match
        .as_deref()
        .unwrap_or_default();
    let version = options.resource_version.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    let mut forbid = |why: &str| errors.push(FieldError::forbidden("resourceVersionMatch", why));
    if !matched.is_empty() && version.is_empty() {
        forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if !matched.is_empty() && options.continue_token.is_some() {
        forbid("resourceVersionMatch is forbidden when continue is provided");
    }
    if matched == "Exact" && version == "0" {
        forbid("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
    if !matches!(matched, "" | "Exact" | "NotOlderThan") {
        let supported = ["Exact", "NotOlderThan", ""];
        errors.push(FieldError::not_supported(
            "resourceVersionMatch",
            &matched.into(),
            &supported,
        ));
    }
    if options.send_initial_events.is_some() {
        errors.push(FieldError::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    refuse_kind_if_any(watch::list_options(), "", errors)
}

/// The revision that the list shows.
fn revision(state: &State, options: &Options, start: Option<&Continue>) -> Result<u64, Status> {
    let now = state.store.revision();
    if let Some(start) = start {
        return Ok(start.revision);
    }
    let version = options.resource_version.as_deref().unwrap_or_default();
    let asked = watch::revision(version)
        .map_err(|_| Status::bad_request(format!("invalid resource version {version:?}: strconv.ParseUint: parsing {version:?}: invalid syntax")))?;
    if asked > now {
        return Err(watch::too_large(asked, now));
    }
    // With a limit, an exact version is meant even without saying so.
    let exact = options.resource_version_match.as_deref() == Some("Exact")
        || (options.resource_version_match.is_none() && options.limit.is_some_and(|l| l > 0));
    Ok(if exact && asked > 0 { asked } else { now })
}

/// The rows of a page, and what is behind them.
struct Page {
    rows: Vec<(Arc<Key>, Arc<Object>)>,
    /// Whether there are more rows.
    more: bool,
    /// How many more; `None` where a selector makes that unknown, or if there are none.
    remaining: Option<usize>,
}

fn page(
    state: &State,
    resource: &Resource,
    selection: &Selection,
    limit: Option<usize>,
    revision: u64,
    start: Option<&Continue>,
) -> Result<Page, Status> {
    let after = start.map(|start| &start.after);
    let Some(rows) = state.store.rows(resource.table()) else {
        return Ok(fill(std::iter::empty(), selection, limit));
    };
    if revision < state.store.revision() {
        let then = rows.as_of(revision).map_err(|_| too_old(state, start))?;
        let behind = |(key, _): &(&Arc<Key>, _)| after.is_none_or(|after| ***key > *after);
        return Ok(fill(then.iter().filter(behind), selection, limit));
    }
    let span = Span {
        after,
        ..selection.span()
    };
    let hinted = rows.hinted(span, selection.labels.hints());
    Ok(fill(hinted, selection, limit))
}

/// The first selected rows. Of what is behind them only the number is looked at, and with a
/// selector, by which counting would mean to look at all of it, only whether there is any.
fn fill<'a>(
    rows: impl Iterator<Item = (&'a Arc<Key>, &'a Arc<Object>)>,
    selection: &Selection,
    limit: Option<usize>,
) -> Page {
    let mut selected = rows.filter(|(_, object)| selection.matches(object));
    let own = |(key, object): (&Arc<Key>, &Arc<Object>)| (Arc::clone(key), Arc::clone(object));
    let page = selected.by_ref().take(limit.unwrap_or(usize::MAX));
    let rows = page.map(own).collect();
    let all = selection.selects_all();
    let beyond = match all {
        true => selected.count(),
        false => selected.take(1).count(),
    };
    Page {
        rows,
        more: beyond > 0,
        remaining: Some(beyond).filter(|n| *n > 0 && all),
    }
}

/// 410. The rest of a page is offered in the present, where objects may differ from those before.
fn too_old(state: &State, start: Option<&Continue>) -> Status {
    let Some(start) = start else {
        return Status::expired("The resourceVersion for the provided list is too old.");
    };
    let now = Continue {
        revision: state.store.revision(),
        ..start.clone()
    };
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
    Status {
        continue_token: Some(now.encode()),
        ..Status::expired(message)
    }
}

fn answer(resource: &Resource, revision: u64, page: Page) -> List {
    let last = page.rows.last().filter(|_| page.more);
    let token = last.map(|(key, _)| Continue {
        revision,
        after: Key::clone(key),
    });
    List {
        api_version: resource.gvr.api_version(),
        kind: resource.list_kind.clone(),
        typed: resource.custom().is_none(),
        resource_version: revision.to_string(),
        continue_token: token.map(|token| token.encode()),
        remaining: page.remaining,
        items: page
            .rows
            .iter()
            .map(|(_, object)| watch::as_served(resource, object))
            .collect(),
    }
}

/// Where a page starts: behind this object, in the state of that revision.
#[derive(Clone)]
struct Continue {
    revision: u64,
    after: Key,
}

impl Continue {
    fn encode(&self) -> String {
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": format!("{}/{}", self.after.namespace, self.after.name)});
        URL_SAFE_NO_PAD.encode(token.to_string())
    }

    fn parse(token: &str) -> Result<Self, Status> {
        let read = || -> Option<Self> {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            let value: Value = serde_json::from_slice(&bytes).ok()?;
            let (namespace, name) = value["start"].as_str()?.split_once('/')?;
            Some(Self {
                revision: value["rv"].as_u64()?,
                after: Key::new(namespace, name),
            })
        };
        read().ok_or_else(|| {
            Status::bad_request("continue key is not valid: illegal base64 data at input byte 0")
        })
    }
}
