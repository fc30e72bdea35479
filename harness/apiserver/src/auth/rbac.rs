//! Role-based access control: whether any binding of the user grants a role that allows it.

use std::sync::Arc;

use super::user::{MASTERS, User};
use crate::{
    json::Value,
    object::{list, text},
    server::State,
    status::{Details, Status},
    store::Key,
    tables::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES},
    typed::Object,
};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Attributes<'_> {
    /// 403, in the words of Kubernetes.
    pub(crate) fn refusal(&self, user: &User) -> Status {
        let resource = match self.subresource {
            "" => self.resource.to_owned(),
            sub => format!("{}/{sub}", self.resource),
        };
        let place = match self.namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let qualified = match self.group {
            "" => self.resource.to_owned(),
            group => format!("{}.{group}", self.resource),
        };
        let what = if self.name.is_empty() {
            qualified
        } else {
            format!("{qualified} {:?}", self.name)
        };
        let message = format!(
            "{what} is forbidden: User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
            user.name, self.verb, self.group
        );
        Status::new(403, "Forbidden", message).with(Details {
            name: self.name.to_owned(),
            group: self.group.to_owned(),
            kind: self.resource.to_owned(),
            ..Details::default()
        })
    }
}

/// Whether the user may do this.
pub(crate) fn allows(state: &State, user: &User, wanted: &Attributes<'_>) -> bool {
    user.is_in(MASTERS) || rules(state, user, wanted.namespace).any(|rule| grants(rule, wanted))
}

/// Which binding lets the user do this, in the words of an access review; empty for those who may
/// do everything anyway, `None` if nothing does.
pub(crate) fn reason(state: &State, user: &User, wanted: &Attributes<'_>) -> Option<String> {
    if user.is_in(MASTERS) {
        return Some(String::new());
    }
    let granting = |(binding, namespace): &(&Arc<Object>, &str)| {
        role_rules(state, binding, namespace)
            .iter()
            .any(|rule| grants(rule, wanted))
    };
    let (binding, namespace) = bindings(state, user, wanted.namespace).find(granting)?;
    let subject = list(binding, &["subjects"])
        .iter()
        .find(|s| is_subject(s, user, namespace))?;
    let placed = |name: &str, namespace: &str| match namespace {
        "" => format!("{name:?}"),
        namespace => format!("{:?}", format!("{name}/{namespace}")),
    };
    let role = &binding["roleRef"];
    let (kind, name) = (text(binding, &["kind"]), crate::object::name(binding));
    Some(format!(
        "RBAC: allowed by {kind} {} of {} {:?} to {} {}",
        placed(name, namespace),
        text(role, &["kind"]),
        text(role, &["name"]),
        text(subject, &["kind"]),
        placed(text(subject, &["name"]), text(subject, &["namespace"])),
    ))
}

/// Whether the user may read a path that is no resource.
pub(crate) fn allows_path(state: &State, user: &User, verb: &str, path: &str) -> bool {
    let matches = |rule: &Value| {
        has(rule, "verbs", verb)
            && list(rule, &["nonResourceURLs"]).iter().any(|url| {
                let url = url.as_str().unwrap_or_default();
                url == path
                    || url
                        .strip_suffix('*')
                        .is_some_and(|prefix| path.starts_with(prefix))
            })
    };
    user.is_in(MASTERS) || rules(state, user, "").any(matches)
}

/// Every rule that is bound to the user for a namespace; only cluster-wide ones if it is empty.
pub(super) fn rules<'a>(
    state: &'a State,
    user: &'a User,
    namespace: &'a str,
) -> impl Iterator<Item = &'a Value> {
    bindings(state, user, namespace)
        .flat_map(move |(binding, namespace)| role_rules(state, binding, namespace))
}

/// Every binding of the user for a namespace, with the namespace in which its role is looked up.
fn bindings<'a>(
    state: &'a State,
    user: &'a User,
    namespace: &'a str,
) -> impl Iterator<Item = (&'a Arc<Object>, &'a str)> {
    let cluster = state
        .store
        .all(&CLUSTER_ROLE_BINDINGS)
        .map(|(_, binding)| (binding, ""));
    let local = state
        .store
        .rows(&ROLE_BINDINGS)
        .filter(|_| !namespace.is_empty());
    let local = local
        .into_iter()
        .flat_map(move |rows| rows.within(Some(namespace)));
    let local = local.map(move |(_, binding)| (binding, namespace));
    let bound = move |(binding, namespace): &(&Arc<Object>, &str)| {
        list(binding, &["subjects"])
            .iter()
            .any(|subject| is_subject(subject, user, namespace))
    };
    cluster.chain(local).filter(bound)
}

pub(super) fn role_rules<'a>(state: &'a State, binding: &Value, namespace: &str) -> &'a [Value] {
    let reference = &binding["roleRef"];
    let name = text(reference, &["name"]);
    let role = match text(reference, &["kind"]) {
        "ClusterRole" => state.store.get(&CLUSTER_ROLES, &Key::new("", name)),
        _ => state.store.get(&ROLES, &Key::new(namespace, name)),
    };
    role.map_or(&[], |role| list(role, &["rules"]))
}

fn is_subject(subject: &Value, user: &User, namespace: &str) -> bool {
    let name = text(subject, &["name"]);
    match text(subject, &["kind"]) {
        "User" => name == user.name,
        "Group" => user.is_in(name),
        "ServiceAccount" => {
            let home = match text(subject, &["namespace"]) {
                "" => namespace,
                home => home,
            };
            let account = user.name.strip_prefix("system:serviceaccount:");
            let named = account.and_then(|account| account.split_once(':'));
            !home.is_empty() && named == Some((home, name))
        }
        _ => false,
    }
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    list(rule, &[field])
        .iter()
        .any(|value| value == "*" || value == wanted)
}

fn grants(rule: &Value, wanted: &Attributes<'_>) -> bool {
    let names = list(rule, &["resourceNames"]);
    let resource = match wanted.subresource {
        "" => has(rule, "resources", wanted.resource),
        sub => {
            has(rule, "resources", &format!("{}/{sub}", wanted.resource))
                || list(rule, &["resources"])
                    .iter()
                    .any(|r| *r == format!("*/{sub}").as_str())
        }
    };
    has(rule, "verbs", wanted.verb)
        && has(rule, "apiGroups", wanted.group)
        && resource
        && (names.is_empty() || names.iter().any(|name| name == wanted.name))
}
