//! The three patches that are no apply.

mod merge;
mod strategic;

use json_patch::PatchOperation;
use serde::Deserialize;

pub(crate) use merge::merge;
pub(crate) use strategic::strategic;

use crate::{json::Value, status::Status};

/// RFC 6902.
///
/// A test for null also holds where there is nothing, as Kubernetes' library has it: clients ask
/// so whether a field is unset.
///
/// # Errors
/// 400 for a patch that is no list, 422 for operations that do not exist and for one that does not fit the object.
pub(crate) fn json(object: &Value, patch: &Value) -> Result<Value, Status> {
    let refuse = || {
        let message = "the server rejected our request due to an error in our request";
        Status::new(422, "Invalid", message).with(crate::status::Details::default())
    };
    if !patch.is_array() {
        return Err(Status::bad_request(
            "error decoding patch: a JSON patch is a list of operations",
        ));
    }
    let patch = json_patch::Patch::deserialize(patch).map_err(|_| refuse())?;
    let mut patched = serde_json::Value::from(object);
    for operation in patch.0 {
        let absent = matches!(&operation, PatchOperation::Test(test)
            if test.value.is_null() && test.path.resolve(&patched).is_err());
        if !absent {
            json_patch::patch(&mut patched, &[operation]).map_err(|_| refuse())?;
        }
    }
    Ok(patched.into())
}
