//! Deleting objects, and seeing them gone.

use kube::api::DeleteParams;

use crate::{Deadline, Kinds, ObjectRef, Result, condition, error::Attempt, wait};

/// Deletes `object`, leaving its dependants to garbage collection in the background. An object
/// that is not there is no error: what was asked for is so.
///
/// # Errors
/// [`crate::Error::Api`] with the server's words, or [`crate::Error::Unreachable`].
pub async fn one(kinds: &Kinds, object: &ObjectRef) -> Result<()> {
    let api = kinds.api(object).await?;
    let attempt = Attempt {
        action: "delete",
        object,
        cluster: kinds.cluster(),
    };
    match api.delete(&object.name, &DeleteParams::background()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(attempt.failed(error)),
    }
}

/// Deletes `objects` in the reverse of their order and waits until every one is gone.
///
/// # Errors
/// As [`one`], or [`crate::Error::TimedOut`] naming the finalizers that hold an object.
pub async fn all(kinds: &Kinds, objects: &[ObjectRef], deadline: Deadline) -> Result<()> {
    for object in objects.iter().rev() {
        let doing = format!("deleting {object}");
        deadline.bound(&doing, one(kinds, object)).await?;
    }
    let gone = objects
        .iter()
        .map(|object| (object.clone(), condition::absent()));
    wait::all(kinds, gone, deadline).await
}
