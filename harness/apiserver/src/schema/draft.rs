//! Maps that most often stay as they are.

use crate::json::{Map, Value};

/// A map and, where something in it is to be otherwise, a changed copy.
pub(super) struct Draft<'a> {
    before: &'a Map,
    after: Option<Map>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(before: &'a Map) -> Self {
        let after = None;
        Self { before, after }
    }

    pub(super) fn lacks(&self, name: &str) -> bool {
        let map = self.after.as_ref().unwrap_or(self.before);
        !map.contains_key(name)
    }

    pub(super) fn edit(&mut self) -> &mut Map {
        self.after.get_or_insert_with(|| self.before.clone())
    }

    /// The changed map; `None` if nothing is otherwise.
    pub(super) fn read(self) -> Option<Value> {
        self.after.map(Value::Object)
    }
}
