//! Reading a collection, whole or page by page.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    request::{Options, Request},
    resource::Resource,
    response::List,
    select::Selection,
    server::{ApiServer, State, selection},
    status::Status,
    store::Key,
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
    server.read(|state| {
        let revision = revision(state, options, start.as_ref())?;
        let rows = rows(state, resource, &selection, revision, start.as_ref())?;
        Ok(page(
            resource,
            &selection,
            options,
            revision,
            start.as_ref(),
            rows,
        ))
    })
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

fn rows(
    state: &State,
    resource: &Resource,
    selection: &Selection,
    revision: u64,
    start: Option<&Continue>,
) -> Result<Vec<(Key, Arc<Value>)>, Status> {
    let Some(rows) = state.store.rows(&resource.table()) else {
        return Ok(Vec::new());
    };
    let after = |key: &Key| {
        start.is_none_or(|start| (&key.namespace, &key.name) > (&start.namespace, &start.name))
    };
    if revision < state.store.revision() {
        let then = rows.as_of(revision).map_err(|_| too_old(state, start))?;
        return Ok(then
            .into_iter()
            .filter(|(key, object)| after(key) && selection.matches(object))
            .collect());
    }
    let within = rows.within(selection.namespace.as_deref());
    let matching = within.filter(|(key, object)| after(key) && selection.matches(object));
    Ok(matching
        .map(|(key, object)| (key.clone(), Arc::clone(object)))
        .collect())
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

fn page(
    resource: &Resource,
    selection: &Selection,
    options: &Options,
    revision: u64,
    start: Option<&Continue>,
    mut rows: Vec<(Key, Arc<Value>)>,
) -> List {
    let limit = options
        .limit
        .filter(|limit| *limit > 0)
        .unwrap_or(rows.len());
    let beyond = rows.len().saturating_sub(limit);
    rows.truncate(limit);
    let last = rows.last().filter(|_| beyond > 0);
    let token = last.map(|(key, _)| Continue {
        revision,
        namespace: key.namespace.clone(),
        name: key.name.clone(),
    });
    let unselected =
        selection.labels == Default::default() && selection.fields == Default::default();
    let revision = start.map_or(revision, |start| start.revision);
    List {
        api_version: resource.gvr.api_version(),
        kind: resource.list_kind.clone(),
        typed: resource.custom().is_none(),
        resource_version: revision.to_string(),
        continue_token: token.map(|token| token.encode()),
        remaining: (beyond > 0 && unselected).then_some(beyond),
        items: rows
            .into_iter()
            .map(|(_, object)| watch::as_served(resource, &object))
            .collect(),
    }
}

/// Where a page starts: behind this object, in the state of that revision.
#[derive(Clone)]
struct Continue {
    revision: u64,
    namespace: String,
    name: String,
}

impl Continue {
    fn encode(&self) -> String {
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": format!("{}/{}", self.namespace, self.name)});
        URL_SAFE_NO_PAD.encode(token.to_string())
    }

    fn parse(token: &str) -> Result<Self, Status> {
        let read = || -> Option<Self> {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            let value: Value = serde_json::from_slice(&bytes).ok()?;
            let (namespace, name) = value["start"].as_str()?.split_once('/')?;
            Some(Self {
                revision: value["rv"].as_u64()?,
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        };
        read().ok_or_else(|| {
            Status::bad_request("continue key is not valid: illegal base64 data at input byte 0")
        })
    }
}
