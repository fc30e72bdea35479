//! Nobody gives away what they do not have: roles and bindings are checked against the rights of
//! those who write them.

use super::{
    rbac::{Attributes, allows, role_rules, rules},
    user::{MASTERS, User},
};
use crate::{
    json::{Value, json},
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
    let gift = Gift::of(state, resource, object);
    if allows(state, user, &gift.exempting(resource, namespace)) {
        return Ok(());
    }
    let missing: Vec<String> = gift
        .rules
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

/// What a role or binding gives away.
struct Gift<'a> {
    /// The right by which one may give away what one does not have.
    verb: &'static str,
    /// The resource and name of the role.
    role: (&'a str, &'a str),
    rules: &'a [Value],
}

impl<'a> Gift<'a> {
    fn of(state: &'a State, resource: &'a Resource, object: &'a Value) -> Self {
        let of_role = matches!(resource.kind.as_str(), "Role" | "ClusterRole");
        if of_role {
            return Self {
                verb: "escalate",
                role: (&resource.gvr.resource, object::name(object)),
                rules: list(object, &["rules"]),
            };
        }
        let local = object["roleRef"]["kind"] == "Role";
        let roles = if local { "roles" } else { "clusterroles" };
        Self {
            verb: "bind",
            role: (roles, text(object, &["roleRef", "name"])),
            rules: role_rules(state, object, object::namespace(object)),
        }
    }

    fn exempting(&self, resource: &'a Resource, namespace: &'a str) -> Attributes<'a> {
        let (roles, name) = self.role;
        Attributes {
            verb: self.verb,
            group: resource.group(),
            resource: roles,
            subresource: "",
            namespace,
            name,
        }
    }
}

/// Whether some rule of the user covers each single right of this one.
fn held(state: &State, user: &User, namespace: &str, rule: &Value) -> bool {
    let named = |own: &Value| {
        let (names, wanted) = (
            list(own, &["resourceNames"]),
            list(rule, &["resourceNames"]),
        );
        names.is_empty() || (!wanted.is_empty() && wanted.iter().all(|n| names.contains(n)))
    };
    let covered = |right: &Right<'_>| {
        rules(state, user, namespace).any(|own| {
            named(own)
                && right
                    .iter()
                    .all(|(field, wanted)| covers(own, field, wanted))
        })
    };
    single_rights(rule).iter().all(covered)
}

/// One verb on one thing: fields of a rule and the value that each must have.
type Right<'a> = Vec<(&'static str, &'a str)>;

/// Everything that a rule grants, one by one.
fn single_rights(rule: &Value) -> Vec<Right<'_>> {
    let mut rights = Vec::new();
    for verb in values(rule, "verbs") {
        for url in values(rule, "nonResourceURLs").filter(|url| !url.is_empty()) {
            rights.push(vec![("verbs", verb), ("nonResourceURLs", url)]);
        }
        if !list(rule, &["nonResourceURLs"]).is_empty() {
            continue;
        }
        for group in values(rule, "apiGroups") {
            let on = |resource| {
                vec![
                    ("verbs", verb),
                    ("apiGroups", group),
                    ("resources", resource),
                ]
            };
            rights.extend(values(rule, "resources").map(on));
        }
    }
    rights
}

/// The values of a rule's field; the empty one if there are none.
fn values<'a>(rule: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    let values = list(rule, &[field]);
    let none = values.is_empty().then_some("");
    values.iter().filter_map(Value::as_str).chain(none)
}

fn covers(own: &Value, field: &str, wanted: &str) -> bool {
    let has = list(own, &[field]);
    (wanted.is_empty() && field != "apiGroups" && has.is_empty())
        || has.iter().any(|v| v == "*" || v == wanted)
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
