//! Nobody gives away what they do not have: roles and bindings are checked against the rights of
//! those who write them.

use serde_json::{Value, json};

use super::{
    rbac::{Attributes, allows, role_rules, rules},
    user::{MASTERS, User},
};
use crate::{
    object::{self, list, text},
    resource::Resource,
    server::State,
    status::Status,
};

/// Lets a role or binding pass if its writer holds all that it grants, or may `escalate` or `bind`.
///
/// # Errors
/// 403 with the rules that are not held.
pub(crate) fn check(
    state: &State,
    user: &User,
    resource: &Resource,
    object: &Value,
) -> Result<(), Status> {
    if resource.group() != "rbac.authorization.k8s.io" || user.is_in(MASTERS) {
        return Ok(());
    }
    let namespace = object::namespace(object);
    let (verb, target, granted) = match resource.kind.as_str() {
        "Role" | "ClusterRole" => (
            "escalate",
            resource.gvr.resource.as_str(),
            list(object, &["rules"]),
        ),
        _ => {
            let target = if object["roleRef"]["kind"] == "Role" {
                "roles"
            } else {
                "clusterroles"
            };
            ("bind", target, role_rules(state, object, namespace))
        }
    };
    let name = match verb {
        "bind" => text(object, &["roleRef", "name"]),
        _ => object::name(object),
    };
    let wanted = Attributes {
        verb,
        group: resource.group(),
        resource: target,
        subresource: "",
        namespace,
        name,
    };
    if allows(state, user, &wanted) {
        return Ok(());
    }
    let missing: Vec<String> = granted
        .iter()
        .filter(|rule| !held(state, user, namespace, rule))
        .map(shown)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!(
        "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        json!(user.groups),
        missing.join("\n")
    );
    Err(Status::forbidden(resource, object::name(object), &why))
}

/// Whether some rule of the user covers each single right of this one.
fn held(state: &State, user: &User, namespace: &str, rule: &Value) -> bool {
    let singles = |field: &str| -> Vec<String> {
        let values = list(rule, &[field])
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned));
        let values: Vec<String> = values.collect();
        if values.is_empty() {
            vec![String::new()]
        } else {
            values
        }
    };
    let covers = |own: &Value, field: &str, wanted: &str| {
        let has = list(own, &[field]);
        (wanted.is_empty() && field != "apiGroups" && has.is_empty())
            || has.iter().any(|v| v == "*" || v == wanted)
    };
    let covered = |right: [(&str, &str); 4]| {
        rules(state, user, namespace).any(|own| {
            let names = list(own, &["resourceNames"]);
            let named = names.is_empty()
                || list(rule, &["resourceNames"])
                    .iter()
                    .all(|n| names.contains(n))
                    && !list(rule, &["resourceNames"]).is_empty();
            named
                && right
                    .iter()
                    .all(|(field, wanted)| covers(own, field, wanted))
        })
    };
    let (verbs, groups, resources, urls) = (
        singles("verbs"),
        singles("apiGroups"),
        singles("resources"),
        singles("nonResourceURLs"),
    );
    verbs.iter().all(|verb| {
        groups.iter().all(|group| {
            resources.iter().all(|resource| {
                urls.iter().all(|url| {
                    let place = if url.is_empty() {
                        ("resources", resource.as_str())
                    } else {
                        ("nonResourceURLs", url.as_str())
                    };
                    let group = if url.is_empty() {
                        ("apiGroups", group.as_str())
                    } else {
                        ("verbs", verb.as_str())
                    };
                    covered([("verbs", verb), group, place, place])
                })
            })
        })
    })
}

fn shown(rule: &Value) -> String {
    let fields = [
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    ];
    let present = fields
        .iter()
        .filter(|(field, _)| !list(rule, &[field]).is_empty());
    let parts: Vec<String> = present
        .map(|(field, name)| format!("{name}:{}", rule[*field]))
        .collect();
    format!("{{{}}}", parts.join(", "))
}
