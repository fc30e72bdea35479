//! Custom resource definitions as objects: accepted, established, served, retired.

use std::sync::Arc;

use crate::{
    json::{Value, json},
    object::{self, list, text},
    server::{ApiServer, State},
    store::{Key, Table},
    tables::DEFINITIONS,
};

/// Held by a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

fn objects(definition: &Value) -> Table {
    let group = text(definition, &["spec", "group"]);
    Table::new(group, text(definition, &["spec", "names", "plural"]))
}

/// Accepts the names of a definition, marks it established and serves it.
///
/// Kubernetes' controllers do this within milliseconds; here it is done with the write.
pub(crate) fn establish(server: &ApiServer, definition: &Value) {
    let now = server.config().clock.stamp();
    server.write(|state| {
        let Some(live) = state
            .store
            .get(&DEFINITIONS, &Key::new("", object::name(definition)))
        else {
            return;
        };
        if object::is_deleting(live) {
            return;
        }
        let mut accepted = Value::clone(live);
        if !object::has_finalizer(&accepted, CLEANUP) {
            let mut finalizers = object::finalizers(&accepted).to_vec();
            finalizers.push(CLEANUP.into());
            object::meta_mut(&mut accepted).insert("finalizers", finalizers.into());
        }
        let conflict = names_taken(state, &accepted);
        accepted["status"] = status(&accepted, conflict.as_deref(), &now);
        if accepted != ***live {
            let key = Key::new("", object::name(definition));
            let owners = live.owners().clone();
            state.store.put(&DEFINITIONS, key, accepted.clone(), owners);
        }
        if conflict.is_none() {
            // Nothing that was before the definition can be watched.
            state.store.begin(&objects(&accepted));
            state.catalogue.define(&accepted);
        }
    });
}

/// Another definition of the group that already has one of the names.
fn names_taken(state: &State, definition: &Value) -> Option<String> {
    let group = text(definition, &["spec", "group"]);
    let kind = text(definition, &["spec", "names", "kind"]);
    let others = state
        .store
        .all(&DEFINITIONS)
        .filter(|(key, _)| key.name != object::name(definition));
    let mut same = others.filter(|(_, other)| text(other, &["spec", "group"]) == group);
    same.any(|(_, other)| text(other, &["status", "acceptedNames", "kind"]) == kind)
        .then(|| format!("{kind:?} is already in use"))
}

fn status(definition: &Value, conflict: Option<&str>, now: &str) -> Value {
    let conditions = match conflict {
        None => ESTABLISHED,
        Some(why) => refused(why),
    };
    let conditions = conditions.map(|condition| condition.to_value(definition, now));
    let versions = list(definition, &["spec", "versions"]).iter();
    let storage: Vec<&str> = versions
        .filter(|v| v["storage"] == true)
        .map(|v| text(v, &["name"]))
        .collect();
    let names = if conflict.is_none() {
        definition["spec"]["names"].clone()
    } else {
        json!({"plural": "", "kind": ""})
    };
    json!({"conditions": conditions, "acceptedNames": names, "storedVersions": storage})
}

/// A condition of a definition.
struct Condition<'a> {
    kind: &'a str,
    holds: bool,
    reason: &'a str,
    message: &'a str,
}

const ESTABLISHED: [Condition<'_>; 2] = [
    Condition {
        kind: "NamesAccepted",
        holds: true,
        reason: "NoConflicts",
        message: "no conflicts found",
    },
    Condition {
        kind: "Established",
        holds: true,
        reason: "InitialNamesAccepted",
        message: "the initial names have been accepted",
    },
];

fn refused(why: &str) -> [Condition<'_>; 2] {
    [
        Condition {
            kind: "NamesAccepted",
            holds: false,
            reason: "KindConflict",
            message: why,
        },
        Condition {
            kind: "Established",
            holds: false,
            reason: "NotAccepted",
            message: "not all names are accepted",
        },
    ]
}

impl Condition<'_> {
    /// The condition as the status holds it, since it has been so.
    fn to_value(&self, definition: &Value, now: &str) -> Value {
        let status = if self.holds { "True" } else { "False" };
        let mut old = list(definition, &["status", "conditions"]).iter();
        let before = old.find(|c| c["type"] == self.kind && c["status"] == status);
        let since = before.map_or(now, |c| text(c, &["lastTransitionTime"]));
        json!({"type": self.kind, "status": status, "reason": self.reason,
            "message": self.message, "lastTransitionTime": since})
    }
}

/// Ends a definition that is being deleted: its objects go, then its finalizer, and with the last
/// finalizer the definition itself.
pub(crate) fn retire(server: &ApiServer, definition: &Value) {
    let key = Key::new("", object::name(definition));
    server.write(|state| {
        clear(state, &objects(definition));
        if let Some(live) = state.store.get(&DEFINITIONS, &key) {
            let mut rest = object::finalizers(live).to_vec();
            rest.retain(|finalizer| finalizer != CLEANUP);
            if rest.is_empty() {
                state.lives.end(&DEFINITIONS, &key);
                state.store.remove(&DEFINITIONS, &key);
            } else {
                let (mut held, owners) = (Value::clone(live), live.owners().clone());
                object::meta_mut(&mut held).insert("finalizers", rest.into());
                state.store.put(&DEFINITIONS, key, held, owners);
                return;
            }
        }
        state.catalogue.undefine(definition);
    });
}

fn clear(state: &mut State, objects: &Table) {
    let keys: Vec<Arc<Key>> = state
        .store
        .all(objects)
        .map(|(key, _)| Arc::clone(key))
        .collect();
    for key in keys {
        state.lives.end(objects, &key);
        state.store.remove(objects, &key);
    }
}
