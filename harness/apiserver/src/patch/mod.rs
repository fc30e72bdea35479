//! The three patches that are no apply.

mod merge;
mod strategic;

use serde_json::Value;

pub(crate) use merge::merge;
pub(crate) use strategic::strategic;

use crate::status::Status;

/// RFC 6902.
///
/// # Errors
/// 400 for a patch that is none, 422 for one that does not fit the object.
pub(crate) fn json(object: &Value, patch: &Value) -> Result<Value, Status> {
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &patch).map_err(|error| {
        let message =
            format!("the server rejected our request due to an error in our request: {error}");
        Status::new(422, "Invalid", message).with(crate::status::Details::default())
    })?;
    Ok(patched)
}
