//! Paths: what a URL is about.

use http::Method;

use super::query::{Query, decoded};
use crate::{
    request::{PatchKind, Verb},
    resource::Gvr,
    status::Status,
};

/// What a path is about.
#[derive(Debug, PartialEq)]
pub(super) enum Route {
    /// `/version`.
    Version,
    /// `/healthz`, `/livez`, `/readyz`.
    Health,
    /// `/api` and `/apis`.
    Groups {
        legacy: bool,
    },
    /// `/apis/<group>`.
    Group(String),
    /// `/api/v1` and `/apis/<group>/<version>`.
    GroupVersion(String, String),
    /// Anything below a resource.
    Resource(Target),
    /// `/openapi/...`.
    OpenApi,
    Unknown,
}

/// The object or collection of a path.
#[derive(Debug, PartialEq)]
pub(super) struct Target {
    pub(super) gvr: Gvr,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
    /// The deprecated `/watch/` prefix.
    pub(super) watch: bool,
}

pub(super) fn route(path: &str) -> Route {
    let steps: Vec<String> = path
        .split('/')
        .filter(|step| !step.is_empty())
        .map(decoded)
        .collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["version"] => Route::Version,
        ["healthz" | "livez" | "readyz", ..] => Route::Health,
        ["openapi", ..] => Route::OpenApi,
        ["api"] => Route::Groups { legacy: true },
        ["apis"] => Route::Groups { legacy: false },
        ["apis", group] => Route::Group((*group).to_owned()),
        ["api", version] => Route::GroupVersion(String::new(), (*version).to_owned()),
        ["apis", group, version] => Route::GroupVersion((*group).to_owned(), (*version).to_owned()),
        ["api", version, rest @ ..] => target("", version, rest),
        ["apis", group, version, rest @ ..] => target(group, version, rest),
        _ => Route::Unknown,
    }
}

fn target(group: &str, version: &str, rest: &[&str]) -> Route {
    let (watch, rest) = match rest {
        ["watch", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let own = |text: &str| Some(text.to_owned());
    let (namespace, resource, name, subresource) = match rest {
        // `namespaces/<name>/{status,finalize}` is about the namespace itself.
        ["namespaces", name, sub @ ("status" | "finalize")] => {
            (None, "namespaces", own(name), own(sub))
        }
        ["namespaces", namespace, resource] => (own(namespace), *resource, None, None),
        ["namespaces", namespace, resource, name] => (own(namespace), *resource, own(name), None),
        ["namespaces", namespace, resource, name, sub @ ..] => {
            (own(namespace), *resource, own(name), Some(sub.join("/")))
        }
        [resource] => (None, *resource, None, None),
        [resource, name] => (None, *resource, own(name), None),
        [resource, name, sub @ ..] => (None, *resource, own(name), Some(sub.join("/"))),
        [] => return Route::Unknown,
    };
    let gvr = Gvr::new(group, version, resource);
    Route::Resource(Target {
        gvr,
        namespace,
        name,
        subresource,
        watch,
    })
}

/// The verb of a method on a target.
///
/// # Errors
/// 405 for methods that mean nothing there, 415 for patches of an unknown form.
pub(super) fn verb(
    method: &Method,
    target: &Target,
    query: &Query,
    content: &str,
) -> Result<Verb, Status> {
    let named = target.name.is_some();
    match *method {
        Method::GET if target.watch || query.flag("watch") => Ok(Verb::Watch),
        Method::GET if named => Ok(Verb::Get),
        Method::GET => Ok(Verb::List),
        Method::POST if !named || target.subresource.is_some() => Ok(Verb::Create),
        Method::PUT if named => Ok(Verb::Update),
        Method::PATCH if named => patch_kind(content).map(Verb::Patch),
        Method::DELETE if named => Ok(Verb::Delete),
        Method::DELETE => Ok(Verb::DeleteCollection),
        _ => Err(Status::method_not_allowed()),
    }
}

const PATCHES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

fn patch_kind(content: &str) -> Result<PatchKind, Status> {
    match content.split(';').next().unwrap_or_default().trim() {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchKind::StrategicMerge),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        "application/apply-patch+cbor" => Err(Status::not_modelled("CBOR")),
        _ => Err(Status::unsupported_media_type(&PATCHES)),
    }
}
