//! Writing: a value out of whatever serialises, without a tree in between.

use std::{fmt::Display, sync::Arc};

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
        SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
    },
};
use serde_json::Error;

use super::{Map, Text, Value};

impl Value {
    /// The value of whatever serialises, as `serde_json` has it.
    ///
    /// # Panics
    /// If it is no JSON: a map whose keys are no texts, or what refuses to be serialised.
    pub fn of(what: &(impl Serialize + ?Sized)) -> Self {
        what.serialize(Writer)
            .expect("what has texts for keys is JSON")
    }
}

struct Writer;

/// The items of a list that is being written.
struct Items(Vec<Value>);

/// The entries of a map that is being written, and the key whose value comes next.
#[derive(Default)]
struct Entries {
    all: Vec<(Text, Value)>,
    key: Option<Text>,
}

/// The content of a variant that is being written.
struct Variant<T> {
    name: &'static str,
    content: T,
}

impl Items {
    fn of(len: Option<usize>) -> Self {
        Self(Vec::with_capacity(len.unwrap_or_default()))
    }

    fn push(&mut self, item: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.0.push(item.serialize(Writer)?);
        Ok(())
    }

    fn list(self) -> Value {
        Value::Array(Arc::new(self.0))
    }
}

impl Entries {
    fn put(&mut self, key: Text, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.all.push((key, value.serialize(Writer)?));
        Ok(())
    }

    fn map(self) -> Value {
        Value::Object(Map::from_iter(self.all))
    }
}

/// A variant with content is a map of one entry.
fn variant(name: &'static str, content: Value) -> Value {
    Value::Object(Map::from_iter([(name, content)]))
}

/// The text of a key: numbers and booleans are written out.
fn key(key: &(impl Serialize + ?Sized)) -> Result<Text, Error> {
    match key.serialize(Writer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string().into()),
        Value::Bool(value) => Ok(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Error::custom("a key must be a text"))
        }
    }
}

macro_rules! scalars {
    ($($method:ident: $scalar:ty),* $(,)?) => {$(
        fn $method(self, value: $scalar) -> Result<Value, Error> {
            Ok(value.into())
        }
    )*};
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Variant<Items>;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Variant<Entries>;

    scalars! {
        serialize_bool: bool,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f64: f64,
        serialize_str: &str,
    }

    fn serialize_i8(self, value: i8) -> Result<Value, Error> {
        self.serialize_i32(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, Error> {
        self.serialize_i32(value.into())
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_char(self, value: char) -> Result<Value, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, Error> {
        Ok(bytes.iter().copied().collect())
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<Value, Error> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(variant(name, value.serialize(self)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, Error> {
        Ok(Items::of(len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Items, Error> {
        Ok(Items::of(Some(len)))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items, Error> {
        Ok(Items::of(Some(len)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        len: usize,
    ) -> Result<Variant<Items>, Error> {
        let content = Items::of(Some(len));
        Ok(Variant { name, content })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Error> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, Error> {
        Ok(Entries::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Variant<Entries>, Error> {
        let content = Entries::default();
        Ok(Variant { name, content })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Value, Error> {
        Ok(Value::String(smol_str::format_smolstr!("{value}")))
    }
}

/// What serde tells apart and JSON does not.
macro_rules! lists {
    ($($kind:ident: $method:ident),* $(,)?) => {$(
        impl $kind for Items {
            type Ok = Value;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.push(item)
            }

            fn end(self) -> Result<Value, Error> {
                Ok(self.list())
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
}

impl SerializeTupleVariant for Variant<Items> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.content.push(item)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(variant(self.name, self.content.list()))
    }
}

impl SerializeMap for Entries {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(self::key(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().expect("a key is written before its value");
        self.put(key, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.map())
    }
}

impl SerializeStruct for Entries {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.put(name.into(), value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.map())
    }
}

impl SerializeStructVariant for Variant<Entries> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.content.put(name.into(), value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(variant(self.name, self.content.map()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::{ByteString, api::core::v1::Pod};
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    enum Form {
        Unit,
        New(i8),
        Tuple(u16, char),
        Struct { z: Option<f32>, a: (), b: bool },
    }

    #[derive(Serialize)]
    struct Nothing;

    #[derive(Serialize)]
    struct Pair(u64, String);

    /// As `serde_json` writes it.
    fn is_the_same(what: &impl Serialize) {
        assert_eq!(Value::of(what), serde_json::to_value(what).unwrap());
    }

    #[test]
    fn every_form_is_written_as_serde_json_writes_it() {
        is_the_same(&[Form::Unit, Form::New(-1), Form::Tuple(1, 'ä')]);
        is_the_same(&Form::Struct {
            z: Some(0.5),
            a: (),
            b: true,
        });
        is_the_same(&(
            Nothing,
            Pair(u64::MAX, "b".repeat(99)),
            None::<u8>,
            i16::MIN,
        ));
        is_the_same(&BTreeMap::from([(true, 1), (false, 2)]));
        is_the_same(&BTreeMap::from([(10, "a"), (9, "b")]));
        is_the_same(&ByteString(b"a".to_vec()));
        is_the_same(&f64::NAN);
    }

    #[test]
    fn what_no_text_stands_for_is_no_key() {
        let map = BTreeMap::from([(vec![1], 1)]);
        assert!(map.serialize(Writer).is_err());
    }

    #[test]
    fn a_type_is_written_as_serde_json_writes_it() {
        let pod = serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"b": "c"}},
            "spec": {"containers": [{"name": "a", "livenessProbe": {"httpGet": {"port": "http"}},
                "resources": {"limits": {"cpu": "1"}}}]},
            "status": {"startTime": "2026-01-01T00:00:00Z"},
        });
        let pod: Pod = serde_json::from_value(pod).unwrap();
        is_the_same(&pod);
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_serde_json_writes_them(
            whole in any::<i64>(), large in any::<u64>(), float in any::<f64>(),
        ) {
            is_the_same(&(whole, large, float));
        }
    }
}
