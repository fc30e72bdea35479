//! An object of any kind, as a watch tells it.

use std::{borrow::Cow, fmt};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Resource,
    core::{ApiResource, DynamicObject, DynamicResourceScope, TypeMeta},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// A [`DynamicObject`] that is read field by field. Its own reading keeps every field to look at it
/// twice (serde's `flatten`), which took longer than everything else in a wait.
#[derive(Debug, Clone)]
pub(crate) struct Seen(pub(crate) DynamicObject);

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of Kubernetes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let (mut api_version, mut kind) = (None, None);
        let mut metadata = ObjectMeta::default();
        let mut data = Map::new();
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "apiVersion" => api_version = Some(map.next_value()?),
                "kind" => kind = Some(map.next_value()?),
                "metadata" => metadata = map.next_value()?,
                _ => drop(data.insert(field, map.next_value()?)),
            }
        }
        let types = api_version.zip(kind);
        Ok(Seen(DynamicObject {
            // Items of a list leave out what the list's own kind says.
            types: types.map(|(api_version, kind)| TypeMeta { api_version, kind }),
            metadata,
            data: Value::Object(data),
        }))
    }
}

impl Resource for Seen {
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
        &self.0.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.0.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            let seen: Seen = serde_json::from_str(&text).unwrap();
            let dynamic: DynamicObject = serde_json::from_str(&text).unwrap();
            assert_eq!(seen.0, dynamic, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(serde_json::from_str::<Seen>("[]").is_err());
        assert!(serde_json::from_str::<Seen>(r#"{"metadata": 1}"#).is_err());
    }
}
