//! Typed objects of JSON ones, without `metadata.managedFields`: no controller asks who owns a
//! field, and of many objects these entries are the larger part. Source: client-go's informers
//! of kube-controller-manager drop them for the same reason.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{
    Deserialize,
    de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads an object.
///
/// # Errors
/// If it is not of its kind's shape.
pub(super) fn read<K: DeserializeOwned>(object: &Value) -> Result<K, Error> {
    K::deserialize(Part::Object(object))
}

/// Reads the metadata of an object of any kind.
///
/// # Errors
/// If it has none of that shape.
pub(super) fn metadata(object: &Value) -> Result<ObjectMeta, Error> {
    ObjectMeta::deserialize(Part::Metadata(&object["metadata"]))
}

/// A part of an object, by what is left out of it.
#[derive(Clone, Copy)]
enum Part<'a> {
    Object(&'a Value),
    Metadata(&'a Value),
    Whole(&'a Value),
}

impl<'a> Part<'a> {
    fn value(self) -> &'a Value {
        match self {
            Part::Object(value) | Part::Metadata(value) | Part::Whole(value) => value,
        }
    }

    /// A field, unless it is left out.
    fn field(self, name: &str, value: &'a Value) -> Option<Part<'a>> {
        match (self, name) {
            (Part::Object(_), "metadata") => Some(Part::Metadata(value)),
            (Part::Metadata(_), "managedFields") => None,
            (_, _) => Some(Part::Whole(value)),
        }
    }
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (Part::Object(Value::Object(map)) | Part::Metadata(Value::Object(map))) = self else {
            return self.value().deserialize_any(visitor);
        };
        let fields = map
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), self.field(name, value)?)));
        visitor.visit_map(MapDeserializer::new(fields))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value() {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value().deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Part<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_is_read_but_the_owners_of_fields() {
        let mut object = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "labels": {"b": "c"}, "generation": 2,
                "managedFields": [{"manager": "d"}]},
            "spec": {"containers": [{"name": "e", "ports": [{"containerPort": 80}]}], "nodeName": null},
        });
        let lean: Pod = read(&object).unwrap();
        object["metadata"]["managedFields"] = Value::Null;
        assert_eq!(lean, serde_json::from_value(object).unwrap());
    }

    #[test]
    fn what_is_no_such_object_is_refused() {
        assert!(read::<Pod>(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": []})).is_err());
        assert!(read::<Pod>(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {}})).is_err());
    }
}
