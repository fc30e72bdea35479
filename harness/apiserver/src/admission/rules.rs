//! Which webhooks a request concerns.

use std::sync::Arc;

use super::review::{Operation, Review};
use crate::{
    json::Value,
    object::{list, name, text},
    select::LabelSelector,
    server::ApiServer,
    store::{Key, Table},
    tables::{MUTATING_WEBHOOKS, NAMESPACES, VALIDATING_WEBHOOKS},
    typed::Object,
};

/// Whether webhooks may change the object or only judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Mutating,
    Validating,
}

impl Phase {
    fn table(self) -> &'static Table {
        match self {
            Phase::Mutating => &MUTATING_WEBHOOKS,
            Phase::Validating => &VALIDATING_WEBHOOKS,
        }
    }
}

/// One webhook and the configuration it stands in.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) index: usize,
    pub(super) spec: Arc<Object>,
}

impl Webhook {
    pub(super) fn value(&self) -> &Value {
        &self.spec["webhooks"][self.index]
    }

    pub(super) fn name(&self) -> &str {
        text(self.value(), &["name"])
    }

    /// The name of the configuration.
    pub(super) fn configuration(&self) -> &str {
        name(&self.spec)
    }
}

/// The webhooks of a phase whose rules cover a request, by configuration name and then as written.
pub(super) fn covering(server: &ApiServer, phase: Phase, review: &Review<'_>) -> Vec<Webhook> {
    // Webhooks never judge the configurations that make them, or a cluster could lock itself out.
    if review.resource.group() == "admissionregistration.k8s.io" {
        return Vec::new();
    }
    let covered = |hook: &Value| {
        list(hook, &["rules"])
            .iter()
            .any(|rule| covers(rule, review))
    };
    server.read(|state| {
        let configurations = state.store.all(phase.table());
        let hooks = configurations.flat_map(|(_, spec)| {
            let all = list(spec, &["webhooks"]).iter().enumerate();
            let covering = all.filter(|(_, hook)| covered(hook));
            covering.map(|(index, _)| Webhook {
                index,
                spec: Arc::clone(spec),
            })
        });
        hooks.collect()
    })
}

/// Whether a webhook whose rules cover the request is to be asked about this object.
pub(super) fn concerns(
    server: &ApiServer,
    webhook: &Webhook,
    review: &Review<'_>,
    object: &Value,
) -> bool {
    let hook = webhook.value();
    namespace_matches(server, hook, review, object) && objects_match(hook, review, object)
}

fn covers(rule: &Value, review: &Review<'_>) -> bool {
    let gvr = &review.resource.gvr;
    let has =
        |field: &str, wanted: &str| list(rule, &[field]).iter().any(|v| v == "*" || v == wanted);
    let scope = match text(rule, &["scope"]) {
        "Namespaced" => review.resource.namespaced,
        "Cluster" => !review.resource.namespaced,
        _ => true,
    };
    has("operations", review.operation.as_str())
        && has("apiGroups", &gvr.group)
        && has_version(rule, review)
        && scope
        && list(rule, &["resources"])
            .iter()
            .any(|r| resource_matches(r.as_str().unwrap_or_default(), review))
}

/// `matchPolicy: Equivalent`, the default, reaches objects through every served version.
fn has_version(rule: &Value, review: &Review<'_>) -> bool {
    let versions = list(rule, &["apiVersions"]);
    versions
        .iter()
        .any(|v| v == "*" || *v == review.resource.gvr.version.as_str())
}

fn resource_matches(pattern: &str, review: &Review<'_>) -> bool {
    let (resource, subresource) = pattern.split_once('/').unwrap_or((pattern, ""));
    let both = (resource == "*" || resource == review.resource.gvr.resource)
        && (subresource == "*" || subresource == review.subresource());
    // A lone star stands for resources, not for sub-resources; "*/*" is everything.
    both || pattern == "*/*"
}

fn namespace_matches(
    server: &ApiServer,
    hook: &Value,
    review: &Review<'_>,
    object: &Value,
) -> bool {
    let selector = LabelSelector::of_object(&hook["namespaceSelector"]);
    if review.resource.is("", "Namespace") {
        let subject = if review.operation == Operation::Delete {
            review.old.map_or(object, |old| old)
        } else {
            object
        };
        return selector.matches(&subject["metadata"]["labels"]);
    }
    if !review.resource.namespaced {
        return true;
    }
    let key = Key::new("", review.namespace());
    let namespace = server.read(|state| state.store.get(&NAMESPACES, &key).cloned());
    namespace.is_some_and(|namespace| selector.matches(&namespace["metadata"]["labels"]))
}

/// The object selector matches if it matches the object as it was or as it shall be.
fn objects_match(hook: &Value, review: &Review<'_>, object: &Value) -> bool {
    let selector = LabelSelector::of_object(&hook["objectSelector"]);
    let matches = |object: &Value| selector.matches(&object["metadata"]["labels"]);
    (!object.is_null() && matches(object)) || review.old.is_some_and(|old| matches(old))
}
