//! Reading: a value out of JSON text, and whatever type out of a value.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{
        IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Error;

use super::{Map, Text, Value};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        Value::deserialize(inner)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        all.shrink_to_fit();
        Ok(Value::Array(Arc::new(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry::<Text, Value>()? {
            all.push(entry);
        }
        Ok(Value::Object(Map::from_iter(all)))
    }
}

impl<'de> Deserializer<'de> for &'de Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                let mut all = SeqDeserializer::new(items.iter());
                let read = visitor.visit_seq(&mut all)?;
                all.end().map(|()| read)
            }
            Value::Object(map) => {
                let mut all = MapDeserializer::new(entries(map));
                let read = visitor.visit_map(&mut all)?;
                all.end().map(|()| read)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Value::String(text) => {
                let text: BorrowedStrDeserializer<'de, Error> = BorrowedStrDeserializer::new(text);
                text.deserialize_enum(name, variants, visitor)
            }
            Value::Object(map) => {
                let entries = MapDeserializer::new(entries(map));
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

fn entries(map: &Map) -> impl Iterator<Item = (&str, &Value)> {
    map.iter().map(|(key, value)| (key.as_str(), value))
}

impl<'de> IntoDeserializer<'de, Error> for &'de Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use proptest::prelude::*;

    use super::{super::json, *};

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<u64>().prop_map(serde_json::Value::from),
            // Halves: serde_json reads other fractions off by their last digit.
            any::<i32>().prop_map(|twice| serde_json::Value::from(f64::from(twice) / 2.0)),
            ".{0,60}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
                prop::collection::btree_map(".{0,30}", inner, 0..8)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_has_the_text_that_it_is_read_from(theirs in value()) {
            let text = theirs.to_string();
            let ours: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(ours.to_string(), text);
            prop_assert_eq!(&ours, &Value::from(theirs.clone()));
            prop_assert_eq!(serde_json::Value::from(&ours), theirs.clone());
            prop_assert_eq!(&ours, &theirs);
        }

        #[test]
        fn a_value_reads_as_itself(theirs in value()) {
            let ours = Value::from(theirs);
            prop_assert_eq!(Value::deserialize(&ours).unwrap(), ours);
        }
    }

    #[test]
    fn a_type_is_read_as_from_text() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"b": "c"}},
            "spec": {"containers": [{
                "name": "a", "image": null, "ports": [{"containerPort": 80}],
                "livenessProbe": {"httpGet": {"port": "http"}},
                "readinessProbe": {"httpGet": {"port": 80}},
                "resources": {"limits": {"cpu": "1"}},
            }]},
            "status": {"startTime": "2026-01-01T00:00:00Z"},
        });
        let read = Pod::deserialize(&pod).unwrap();
        assert_eq!(read, serde_json::from_str(&pod.to_string()).unwrap());
        let wrong = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": 1}});
        assert!(Pod::deserialize(&wrong).is_err());
    }

    #[test]
    fn every_form_of_an_enum_is_read() {
        #[derive(Debug, PartialEq, Deserialize)]
        enum Form {
            Unit,
            New(u8),
            Tuple(u8, String),
            Struct { a: bool },
        }
        let all = json!(["Unit", {"New": 1}, {"Tuple": [1, "b"]}, {"Struct": {"a": true}}]);
        let read = Vec::<Form>::deserialize(&all).unwrap();
        let tuple = Form::Tuple(1, "b".to_owned());
        assert_eq!(
            read,
            [Form::Unit, Form::New(1), tuple, Form::Struct { a: true }]
        );
    }
}
