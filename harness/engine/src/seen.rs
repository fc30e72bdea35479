//! An object of any kind, as a watch tells it.

use std::{borrow::Cow, fmt, marker::PhantomData};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Resource,
    core::{ApiResource, DynamicObject, DynamicResourceScope, TypeMeta},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
        value::MapAccessDeserializer,
    },
};
use serde_json::{Map, Value, json};

/// A [`DynamicObject`] that is read field by field, but for who owns its fields. Its own reading keeps
/// every field to look at it twice (serde's `flatten`), which took longer than everything else in a
/// wait; of most objects the owners are the larger part, and no condition asks for them.
#[derive(Debug, Clone)]
pub(crate) struct Seen<E> {
    pub(crate) object: DynamicObject,
    extent: PhantomData<fn() -> E>,
}

/// How much is read of an object beside its metadata.
pub(crate) trait Extent: fmt::Debug + Clone + 'static {
    /// Reads a field, or passes it over.
    fn read<'de, A: MapAccess<'de>>(
        field: String,
        map: &mut A,
        data: &mut Map<String, Value>,
    ) -> Result<(), A::Error>;
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) enum Whole {}

/// How it is: its status, and how many replicas are asked for.
#[derive(Debug, Clone)]
pub(crate) enum Brief {}

/// What of a specification says when an object is as it should be.
#[derive(Serialize, Deserialize)]
struct Wanted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replicas: Option<Value>,
}

impl Extent for Whole {
    fn read<'de, A: MapAccess<'de>>(
        field: String,
        map: &mut A,
        data: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        data.insert(field, map.next_value()?);
        Ok(())
    }
}

impl Extent for Brief {
    fn read<'de, A: MapAccess<'de>>(
        field: String,
        map: &mut A,
        data: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        match field.as_str() {
            "status" => drop(data.insert(field, map.next_value()?)),
            "spec" => {
                let wanted: Wanted = map.next_value()?;
                data.insert(field, json!(wanted));
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de, E: Extent> Deserialize<'de> for Seen<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<E>(PhantomData<E>);

impl<'de, E: Extent> Visitor<'de> for Fields<E> {
    type Value = Seen<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of Kubernetes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen<E>, A::Error> {
        let (mut api_version, mut kind) = (None, None);
        let mut metadata = ObjectMeta::default();
        let mut data = Map::new();
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "apiVersion" => api_version = Some(map.next_value()?),
                "kind" => kind = Some(map.next_value()?),
                "metadata" => metadata = map.next_value_seed(Unowned)?,
                _ => E::read(field, &mut map, &mut data)?,
            }
        }
        let types = api_version.zip(kind);
        let object = DynamicObject {
            // Items of a list leave out what the list's own kind says.
            types: types.map(|(api_version, kind)| TypeMeta { api_version, kind }),
            metadata,
            data: Value::Object(data),
        };
        Ok(Seen {
            object,
            extent: PhantomData,
        })
    }
}

/// Reads metadata without its `managedFields`.
pub(crate) fn unowned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    Unowned.deserialize(deserializer)
}

struct Unowned;

impl<'de> DeserializeSeed<'de> for Unowned {
    type Value = ObjectMeta;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ObjectMeta, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Unowned {
    type Value = ObjectMeta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the metadata of an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ObjectMeta, A::Error> {
        ObjectMeta::deserialize(MapAccessDeserializer::new(Without {
            field: "managedFields",
            map,
        }))
    }
}

/// A map without one of its fields.
struct Without<A> {
    field: &'static str,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Without<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.map.next_key::<String>()? {
            if name != self.field {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.map.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

impl<E: Extent> Resource for Seen<E> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        DynamicObject::kind(resource)
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        DynamicObject::group(resource)
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        DynamicObject::version(resource)
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        DynamicObject::plural(resource)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.object.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.object.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_as_kube_reads_it() {
        for object in [
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"b": "c"}},
                "spec": {"containers": []}, "status": {"phase": "Running"}}),
            json!({"metadata": {"name": "a"}, "data": {"b": "c"}}),
            json!({"apiVersion": "v1", "kind": "Pod"}),
        ] {
            let text = object.to_string();
            let seen: Seen<Whole> = serde_json::from_str(&text).unwrap();
            let dynamic: DynamicObject = serde_json::from_str(&text).unwrap();
            assert_eq!(seen.object, dynamic, "{text}");
        }
    }

    #[test]
    fn who_owns_its_fields_is_not_read() {
        let owners = json!([{"manager": "a", "operation": "Apply", "fieldsV1": {"f:data": {}}}]);
        let metadata = json!({"managedFields": owners, "name": "a", "uid": "b"});
        let seen: Seen<Whole> = serde_json::from_value(json!({"metadata": metadata})).unwrap();
        assert_eq!(seen.meta().managed_fields, None);
        assert_eq!(seen.meta().name.as_deref(), Some("a"));
        assert_eq!(seen.meta().uid.as_deref(), Some("b"));
    }

    #[test]
    fn of_the_state_of_an_object_its_template_is_no_part() {
        let object = json!({"metadata": {"name": "a"}, "status": {"replicas": 1},
            "spec": {"replicas": 2, "template": {"spec": {}}}, "data": {"b": "c"}});
        let seen: Seen<Brief> = serde_json::from_value(object).unwrap();
        let state = json!({"status": {"replicas": 1}, "spec": {"replicas": 2}});
        assert_eq!(seen.object.data, state);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(serde_json::from_str::<Seen<Whole>>("[]").is_err());
        assert!(serde_json::from_str::<Seen<Brief>>(r#"{"metadata": 1}"#).is_err());
    }
}
