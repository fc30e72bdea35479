//! One state of an object in the history of its table.
//!
//! A history holds every state for as long as somebody may ask for it, which hardly anybody does once
//! watches have told it. As a tree an object takes ten times the room that it takes as text.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{apply::Owners, typed::Object};

/// A state of an object, whole or written down.
#[derive(Debug)]
pub(super) struct Version(Mutex<State>);

#[derive(Debug)]
enum State {
    Whole(Arc<Object>),
    Written { text: Box<str>, owners: Owners },
}

impl Version {
    pub(super) fn new(object: Arc<Object>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Whole(object))))
    }

    /// The object as it was.
    pub(super) fn object(&self) -> Arc<Object> {
        match &*self.lock() {
            State::Whole(object) => Arc::clone(object),
            State::Written { text, owners } => {
                let value = serde_json::from_str(text).expect("it was written from JSON");
                Object::owned(value, owners.clone())
            }
        }
    }

    /// Writes it down, to be read again if it is asked for.
    pub(super) fn write_down(&self) {
        let mut state = self.lock();
        if let State::Whole(object) = &*state {
            let text = serde_json::to_string(&***object).expect("JSON values are serialisable");
            let owners = object.owners().clone();
            let text = text.into_boxed_str();
            *state = State::Written { text, owners };
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
