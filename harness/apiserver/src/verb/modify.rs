//! The way of every write to an object that exists: read, change, admit, check, store; again if
//! somebody else was quicker.

use std::sync::Arc;

use super::{decode, get::namespaced};
use crate::{
    admission::{self, Operation, Review},
    apply::{Owners, Stamp, track_update},
    auth::escalation,
    crds, defaults,
    json::Value,
    lifecycle::{
        delete::is_over,
        update::{Named, Part, carry, confine},
    },
    object,
    request::Request,
    resource::Resource,
    response::Response,
    server::ApiServer,
    status::Status,
    store::Key,
    typed::Object,
    validate, watch,
};

/// How often a patch is tried anew on a newer version before the client is told.
const ATTEMPTS: usize = 5;

/// A change to make: from the live object to the wanted one.
pub(super) type Change<'a> = dyn Fn(&Object) -> Result<Wanted, Status> + Send + Sync + 'a;

/// What a change wants the object to be.
pub(super) struct Wanted {
    /// The object in its shape, with its defaults.
    pub(super) object: Value,
    pub(super) ownership: Ownership,
    pub(super) warnings: Vec<String>,
}

/// Who owns the fields of a changed object.
pub(super) enum Ownership {
    /// That was decided with the change, as by an apply.
    Decided(Owners),
    /// The writer owns what differs, of which nothing but these fields was asked for.
    Tracked(Named),
}

/// What is changed, and for whom.
pub(super) struct Target<'a> {
    pub(super) server: &'a ApiServer,
    pub(super) resource: &'a Arc<Resource>,
    pub(super) request: &'a Request,
    pub(super) part: Part,
    pub(super) stamp: Stamp,
}

impl Target<'_> {
    pub(super) fn key(&self) -> Key {
        namespaced(self.resource, self.request.key())
    }

    pub(super) fn live(&self) -> Option<Arc<Object>> {
        let live = self
            .server
            .read(|s| s.store.get(self.resource.table(), &self.key()).cloned())?;
        Some(watch::as_served(self.resource, &live))
    }
}

/// Changes an object.
///
/// # Errors
/// 404 if there is none, 409 if the wanted object rests on another version than the newest, and
/// whatever the change, admission and validation refuse.
pub(super) async fn modify(target: &Target<'_>, change: &Change<'_>) -> Result<Response, Status> {
    let mut refusal = None;
    for _ in 0..ATTEMPTS {
        let Some(live) = target.live() else {
            return Err(Status::not_found(target.resource, &target.key().name));
        };
        let wanted = change(&live)?;
        let pinned = !object::resource_version(&wanted.object).is_empty()
            && object::resource_version(&wanted.object) != object::resource_version(&live);
        if pinned {
            return Err(Status::modified(target.resource, &target.key().name));
        }
        match attempt(target, &live, wanted).await? {
            Some(response) => return Ok(response),
            None => refusal = Some(Status::modified(target.resource, &target.key().name)),
        }
    }
    Err(refusal.expect("at least one attempt was made"))
}

/// One attempt; `None` if the object changed meanwhile.
async fn attempt(
    target: &Target<'_>,
    live: &Arc<Object>,
    wanted: Wanted,
) -> Result<Option<Response>, Status> {
    let Target {
        server,
        resource,
        request,
        part,
        stamp,
    } = target;
    let Wanted {
        object: mut new,
        ownership,
        mut warnings,
    } = wanted;
    check_uid(resource, live, &new)?;
    object::copy_meta(live, &mut new, "resourceVersion");
    let owners = match ownership {
        Ownership::Decided(owners) => owners,
        Ownership::Tracked(named) => {
            confine(resource, *part, &named, live, &mut new);
            let (shape, before) = (decode::shape(resource), (&***live, live.owners()));
            track_update(shape, resource.has_status(), before, &mut new, stamp)
        }
    };
    let review = Review::new(resource, request, Operation::Update, Some(live)).owned_by(&owners);
    if admission::mutate(server, &review, &mut new, &mut warnings).await? {
        new = decode::reread(resource, new, Some(live))?;
        defaults::apply(resource, &mut new);
        confine(resource, *part, &Named::Everything, live, &mut new);
        object::meta_mut(&mut new).remove("managedFields");
    }
    complete(target, live, &mut new)?;
    admission::validate(server, &review, &new, &mut warnings).await?;
    let stored = commit(target, live, new, owners)?;
    Ok(stored.map(|object| Response::Object {
        code: 200,
        object: watch::as_served(resource, &object),
        warnings,
    }))
}

/// Puts into the changed object what is not the client's to say, and checks it.
fn complete(target: &Target<'_>, live: &Arc<Object>, new: &mut Value) -> Result<(), Status> {
    let Target {
        server,
        resource,
        request,
        part,
        ..
    } = target;
    defaults::prepare_update(resource, live, new);
    server.write(|state| defaults::allocate(server, state, resource, Some(live), new))?;
    carry(resource, *part, live, new);
    validate::update(resource, *part, live, new)?;
    server.read(|state| escalation::check(state, &request.user, resource, new))
}

fn check_uid(resource: &Resource, live: &Value, new: &Value) -> Result<(), Status> {
    let (wanted, found) = (object::uid(new), object::uid(live));
    if wanted.is_empty() || wanted == found {
        return Ok(());
    }
    let why =
        format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}");
    Err(Status::conflict(resource, object::name(live), &why))
}

/// Stores the object if it is still based on the newest version. Without a difference nothing is
/// written; a deletion that waited for this write is carried out.
fn commit(
    target: &Target<'_>,
    live: &Arc<Object>,
    mut new: Value,
    owners: Owners,
) -> Result<Option<Arc<Object>>, Status> {
    let (server, resource, key) = (target.server, target.resource, target.key());
    let table = resource.table();
    // What most writes change is compared first.
    let same_status = new.get("status") == live.get("status");
    let unchanged = same_status && new == ***live && owners == *live.owners();
    if let Some(custom) = resource.custom() {
        new["apiVersion"] = format!("{}/{}", resource.group(), custom.storage_version).into();
    }
    let over = is_over(resource, live, &new);
    let stored = server.write(|state| {
        let current = state.store.get(table, &key)?;
        if object::resource_version(current) != object::resource_version(live) {
            return None;
        }
        if unchanged && !over {
            return Some(Arc::clone(current));
        }
        if target.request.options.dry_run {
            return Some(Object::owned(new, owners));
        }
        if over {
            state.lives.end(table, &key);
            return state.store.remove(table, &key);
        }
        Some(state.store.put(table, key.clone(), new, owners))
    });
    if let Some(stored) = stored
        .as_ref()
        .filter(|_| !unchanged && !target.request.options.dry_run)
    {
        after(server, resource, stored, over);
    }
    Ok(stored)
}

fn after(server: &ApiServer, resource: &Resource, stored: &Value, over: bool) {
    if resource.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        if over {
            crds::retire(server, stored);
        } else {
            crds::establish(server, stored);
        }
    }
}
