//! Values out of what they are made of, and from and to `serde_json`'s.

use std::sync::Arc;

use serde_json::Number;

use super::{Map, Text, Value};

impl From<serde_json::Value> for Value {
    fn from(theirs: serde_json::Value) -> Self {
        match theirs {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => Value::Number(number),
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => items.into_iter().collect(),
            serde_json::Value::Object(map) => {
                let entries = map
                    .into_iter()
                    .map(|(key, value)| (key, Value::from(value)));
                Value::Object(entries.collect())
            }
        }
    }
}

impl From<&Value> for serde_json::Value {
    fn from(ours: &Value) -> Self {
        match ours {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(serde_json::Value::from).collect(),
            Value::Object(map) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.into()));
                serde_json::Value::Object(entries.collect())
            }
        }
    }
}

impl From<Value> for serde_json::Value {
    fn from(ours: Value) -> Self {
        (&ours).into()
    }
}

impl PartialEq<serde_json::Value> for Value {
    fn eq(&self, theirs: &serde_json::Value) -> bool {
        match (self, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == theirs,
            (Value::Number(ours), serde_json::Value::Number(theirs)) => ours == theirs,
            (Value::String(ours), serde_json::Value::String(theirs)) => ours == theirs,
            (Value::Array(ours), serde_json::Value::Array(theirs)) => **ours == *theirs,
            (Value::Object(ours), serde_json::Value::Object(theirs)) => {
                let same = |(key, value): (&Text, &Value)| {
                    theirs.get(key.as_str()).is_some_and(|their| value == their)
                };
                ours.len() == theirs.len() && ours.iter().all(same)
            }
            _ => false,
        }
    }
}

impl PartialEq<Value> for serde_json::Value {
    fn eq(&self, ours: &Value) -> bool {
        ours == self
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::String(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Value::String(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Object(map)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(item: Option<T>) -> Self {
        item.map_or(Value::Null, Into::into)
    }
}

/// A number that JSON cannot say is `null`, as in `serde_json`.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

/// A list.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::Array(Arc::new(items.into_iter().map(Into::into).collect()))
    }
}

/// A map.
impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key, value.into()));
        Value::Object(entries.collect())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Value::Number(number.into())
            }
        }

        impl PartialEq<$number> for Value {
            fn eq(&self, number: &$number) -> bool {
                matches!(self, Value::Number(own) if *own == Number::from(*number))
            }
        }
    )*};
}
numbers!(u8 u16 u32 u64 usize i32 i64);

macro_rules! texts {
    ($($text:ty)*) => {$(
        impl PartialEq<$text> for Value {
            fn eq(&self, text: &$text) -> bool {
                self.as_str().is_some_and(|own| own == &**text)
            }
        }
    )*};
}
texts!(&str String Text);

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, value: &bool) -> bool {
        self.as_bool() == Some(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_equal_to_itself_in_every_type_that_holds_it() {
        let one = Value::from(1_u8);
        assert!(one == 1_i64 && one == 1_u64 && one == 1_i32 && one == 1_usize);
        assert!(one != 2 && Value::from(-1) == -1_i64 && Value::from("1") != 1);
    }

    #[test]
    fn what_has_no_number_in_json_is_null() {
        assert!(Value::from(f64::NAN).is_null());
        assert_eq!(Value::from(0.5).as_f64(), Some(0.5));
    }
}
