//! JSON whose copies share what they have in common.
//!
//! A version of an object differs from the one before in a few fields, and both are kept: as the
//! present state, in histories, and by whoever is still told of it. A copy of a [`Value`] is a
//! pointer; a change copies the maps and lists on the way to it and nothing else; and what two
//! versions share is equal without a look at it. A map is one run of sorted entries, which takes a
//! tenth of the room of a tree's nodes. `serde_json` reads and writes the text and stands at the
//! edges of the room; nothing here knows an object of Kubernetes.

mod convert;
#[doc(hidden)]
pub mod literal;
mod map;
mod read;
mod write;

use std::{
    fmt,
    ops::{Index, IndexMut},
    sync::Arc,
};

use serde::{Serialize, Serializer};
use serde_json::Number;
pub use smol_str::SmolStr as Text;

pub use literal::json;
pub use map::{InOrder, Iter, Map};

/// A JSON value. Copies are cheap and independent of each other.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Text),
    /// A list.
    Array(Arc<Vec<Value>>),
    /// A map.
    Object(Map),
}

impl Value {
    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Whether it is a text.
    #[must_use]
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Whether it is `true` or `false`.
    #[must_use]
    pub fn is_boolean(&self) -> bool {
        matches!(self, Value::Bool(_))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `true`, if it is either.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is a whole one of 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The number, if it is a whole one that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number().and_then(Number::as_u64)
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number().and_then(Number::as_f64)
    }

    fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The items to be changed, if it is a list.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Value::Array(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// Whether both are copies of one map that neither has changed since.
    pub(crate) fn is_same(&self, other: &Value) -> bool {
        matches!((self, other), (Value::Object(one), Value::Object(two)) if one.is_same(two))
    }

    /// The map, if it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The map to be changed, if it is one.
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The field of a map or the item of a list, if it is there.
    #[must_use]
    pub fn get(&self, place: impl Place) -> Option<&Value> {
        place.of(self)
    }

    /// The field of a map or the item of a list to be changed, if it is there.
    pub fn get_mut(&mut self, place: impl Place) -> Option<&mut Value> {
        place.of_mut(self)
    }

    /// Takes the value out and leaves `null`.
    #[must_use]
    pub fn take(&mut self) -> Value {
        std::mem::take(self)
    }
}

/// Where something is within a value: the name of a field, or the number of an item.
pub trait Place {
    /// What is there.
    fn of(self, value: &Value) -> Option<&Value>;
    /// What is there, to be changed.
    fn of_mut(self, value: &mut Value) -> Option<&mut Value>;
}

impl Place for &str {
    fn of(self, value: &Value) -> Option<&Value> {
        value.as_object()?.get(self)
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        value.as_object_mut()?.get_mut(self)
    }
}

impl Place for &String {
    fn of(self, value: &Value) -> Option<&Value> {
        self.as_str().of(value)
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        self.as_str().of_mut(value)
    }
}

impl Place for &Text {
    fn of(self, value: &Value) -> Option<&Value> {
        self.as_str().of(value)
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        self.as_str().of_mut(value)
    }
}

impl Place for usize {
    fn of(self, value: &Value) -> Option<&Value> {
        value.as_array()?.get(self)
    }

    fn of_mut(self, value: &mut Value) -> Option<&mut Value> {
        value.as_array_mut()?.get_mut(self)
    }
}

impl<P: Place> Index<P> for Value {
    type Output = Value;

    /// `null` where there is nothing.
    fn index(&self, place: P) -> &Value {
        self.get(place).unwrap_or(&Value::Null)
    }
}

impl IndexMut<&str> for Value {
    /// Makes a map of `null`, and a field that is `null` where there is none.
    ///
    /// # Panics
    /// If it is neither a map nor `null`.
    fn index_mut(&mut self, field: &str) -> &mut Value {
        if self.is_null() {
            *self = Value::Object(Map::new());
        }
        let map = self.as_object_mut().expect("only a map has fields");
        &mut map[field]
    }
}

impl IndexMut<usize> for Value {
    /// # Panics
    /// If it is no list, or one that is too short.
    fn index_mut(&mut self, i: usize) -> &mut Value {
        &mut self.as_array_mut().expect("only a list has items")[i]
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items.iter()),
            Value::Object(map) => map.serialize(serializer),
        }
    }
}

/// JSON text.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).expect("a value has a text");
        f.write_str(&text)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_three_words() {
        assert_eq!(size_of::<Value>(), 24);
    }

    #[test]
    fn a_change_leaves_copies_as_they_were_and_shares_what_it_did_not_touch() {
        let before = json!({"metadata": {"name": "a"}, "spec": {"n": [1]}});
        let mut after = before.clone();
        after["metadata"]["name"] = "b".into();
        assert_eq!(before["metadata"]["name"], "a");
        assert_eq!(
            after,
            json!({"metadata": {"name": "b"}, "spec": {"n": [1]}})
        );
        let spec = |value: &Value| value["spec"].as_object().unwrap().clone();
        assert!(spec(&before).is_same(&spec(&after)));
    }

    #[test]
    fn a_place_where_nothing_is_reads_as_null_and_is_made_by_writing() {
        let mut value = Value::Null;
        assert!(value["a"][3]["b"].is_null());
        value["a"]["b"] = 1.into();
        assert_eq!(value, json!({"a": {"b": 1}}));
    }
}
