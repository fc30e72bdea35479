//! One state of an object in the history of its table.
//!
//! A history holds every state for as long as somebody may ask for it, which hardly anybody does once
//! watches have told it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::packed::Packed;
use crate::{apply::Owners, typed::Object};

/// A state of an object, whole or written down.
#[derive(Debug)]
pub(super) struct Version(Mutex<State>);

#[derive(Debug)]
enum State {
    Whole(Arc<Object>),
    Written { packed: Packed, owners: Owners },
}

impl Version {
    pub(super) fn new(object: Arc<Object>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Whole(object))))
    }

    /// The object as it was.
    pub(super) fn object(&self) -> Arc<Object> {
        match &*self.lock() {
            State::Whole(object) => Arc::clone(object),
            State::Written { packed, owners } => Object::owned(packed.value(), owners.clone()),
        }
    }

    /// Writes it down, to be read again if it is asked for.
    pub(super) fn write_down(&self) {
        let mut state = self.lock();
        if let State::Whole(object) = &*state {
            let (packed, owners) = (Packed::new(object), object.owners().clone());
            *state = State::Written { packed, owners };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_written_down_is_the_same_when_it_is_asked_for() {
        let object = Object::new(json!({"metadata": {"name": "a"}, "share": 0.1, "n": [1, null]}));
        let version = Version::new(Arc::clone(&object));
        version.write_down();
        assert!(!Arc::ptr_eq(&version.object(), &object));
        assert_eq!(version.object(), object);
    }
}
