//! System metadata of a new object.

use crate::{
    ident::Lives,
    json::Value,
    object,
    resource::Resource,
    server::{ApiServer, State},
    store::Key,
};

/// Gives a new object its name, uid and times.
pub(crate) fn stamp(
    server: &ApiServer,
    state: &mut State,
    resource: &Resource,
    object: &mut Value,
) {
    let table = resource.table();
    if object::name(object).is_empty() {
        generate_name(server, state, resource, object);
    }
    let key = object::key(object);
    let life = Lives::ended(&state.lives, table, &key);
    let uid = server.seed().uid(table, &key, life);
    let meta = object::meta_mut(object);
    for field in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "generation",
    ] {
        meta.remove(field);
    }
    meta.insert("uid", uid.into());
    meta.insert(
        "creationTimestamp".to_owned(),
        server.config().clock.stamp().into(),
    );
}

/// The longest prefix that leaves room for the suffix in a name.
const MAX_PREFIX: usize = 58;

fn generate_name(server: &ApiServer, state: &mut State, resource: &Resource, object: &mut Value) {
    let prefix = object::text(object, &["metadata", "generateName"]).to_owned();
    if prefix.is_empty() {
        return;
    }
    let table = resource.table();
    let short: String = prefix.chars().take(MAX_PREFIX).collect();
    let prefix = Key::new(object::namespace(object), &short);
    loop {
        let nth = state.lives.next_generated(table, &prefix);
        let name = format!("{short}{}", server.seed().suffix(table, &prefix, nth));
        if state
            .store
            .get(table, &Key::new(&prefix.namespace, &name))
            .is_none()
        {
            object::meta_mut(object).insert("name", name.into());
            return;
        }
    }
}
