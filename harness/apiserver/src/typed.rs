//! An object at one version: its value, who owns its fields, and what its readers in this process make
//! of it.
//!
//! A real client decodes what it is sent for itself. Here an informer and several istiods hear of
//! the same change, and what one of them has decoded the others share for as long as it keeps it.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Error;

use crate::{apply::Owners, json::Value, parted};

/// An object at one version. It reads as the JSON that it is, but for `metadata.managedFields`: who
/// owns its fields stands beside it, and is told with it to clients.
pub struct Object {
    value: Value,
    owners: Owners,
    /// What the last reader made of it, while anybody keeps that. Histories hold old versions for
    /// long; nobody reads those again, so that they must not hold what was read.
    read: Mutex<Weak<dyn Any + Send + Sync>>,
    /// Only kinds that are read part by part have one.
    spec: Option<ReadSpec>,
}

/// What readers made of a specification, while any of them keeps it. Copies are of one specification.
#[derive(Debug, Clone)]
pub(crate) struct ReadSpec(Arc<Mutex<Weak<dyn Any + Send + Sync>>>);

/// What objects can be read as.
pub trait Readable: Sized + Send + Sync + 'static {
    /// An object as this type has it, without `metadata.managedFields`.
    ///
    /// # Errors
    /// If it is not of that shape.
    fn of(object: &Object) -> Result<Self, Error>;
}

impl<K: DeserializeOwned + Send + Sync + 'static> Readable for K {
    fn of(object: &Object) -> Result<Self, Error> {
        K::deserialize(&object.value)
    }
}

impl Object {
    /// An object whose fields nobody owns.
    #[must_use]
    pub fn new(value: impl Into<Value>) -> Arc<Self> {
        Self::owned(value.into(), Owners::default())
    }

    pub(crate) fn owned(value: Value, owners: Owners) -> Arc<Self> {
        Self::after(None, value, owners)
    }

    /// The version after another one, or the first.
    pub(crate) fn after(last: Option<&Self>, value: Value, owners: Owners) -> Arc<Self> {
        let same = last.filter(|last| last.value["spec"].is_same(&value["spec"]));
        let spec = match same.and_then(|last| last.spec.clone()) {
            None => ReadSpec::of(&value),
            shared => shared,
        };
        let unread: Weak<dyn Any + Send + Sync> = Weak::<()>::new();
        Arc::new(Self {
            value,
            owners,
            read: Mutex::new(unread),
            spec,
        })
    }

    pub(crate) fn spec(&self) -> Option<&ReadSpec> {
        self.spec.as_ref()
    }

    pub(crate) fn owners(&self) -> &Owners {
        &self.owners
    }

    /// The object as its kind's type, without `metadata.managedFields`.
    ///
    /// # Errors
    /// If it is not of that shape.
    pub fn read<K: Readable>(&self) -> Result<Arc<K>, Error> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.upgrade().and_then(|any| any.downcast().ok()) {
            return Ok(known);
        }
        let typed: Arc<K> = Arc::new(K::of(self)?);
        let kept: Arc<dyn Any + Send + Sync> = Arc::<K>::clone(&typed);
        *read = Arc::downgrade(&kept);
        Ok(typed)
    }

    /// The metadata of an object of any kind, without its `managedFields`.
    ///
    /// # Errors
    /// If it has none of that shape.
    pub fn metadata(&self) -> Result<ObjectMeta, Error> {
        ObjectMeta::deserialize(&self.value["metadata"])
    }

    /// The object as clients are told it, with who owns its fields.
    #[must_use]
    pub fn whole(&self) -> Value {
        told(self.value.clone(), &self.owners)
    }

    /// Writes the fields that are wanted, with who owns the object's.
    pub(crate) fn serialize_fields<S: Serializer>(
        &self,
        wanted: impl Fn(&str) -> bool,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let Value::Object(map) = &self.value else {
            return self.value.serialize(serializer);
        };
        let fields = map.iter().filter(|(name, _)| wanted(name));
        serializer.collect_map(fields.map(|(name, value)| (name, self.field(name, value))))
    }

    fn field<'a>(&'a self, name: &str, value: &'a Value) -> Told<'a> {
        match value {
            Value::Object(meta) if name == "metadata" && !self.owners.is_empty() => {
                let rest = meta
                    .iter()
                    .map(|(name, value)| (name.as_str(), Told::As(value)));
                let owners = [("managedFields", Told::Owners(&self.owners))];
                Told::Metadata(rest.chain(owners).collect())
            }
            value => Told::As(value),
        }
    }
}

impl ReadSpec {
    /// The place for what is read of an object.
    fn of(value: &Value) -> Option<Self> {
        let kind = value["kind"].as_str().unwrap_or_default();
        let unread: Weak<dyn Any + Send + Sync> = Weak::<()>::new();
        let place = || Self(Arc::new(Mutex::new(unread)));
        parted::KINDS.contains(&kind).then(place)
    }

    /// What was made of the specification, or is made of it now.
    pub(crate) fn read<S>(&self, spec: &Value) -> Result<Arc<S>, Error>
    where
        S: DeserializeOwned + Send + Sync + 'static,
    {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.upgrade().and_then(|any| any.downcast().ok()) {
            return Ok(known);
        }
        let spec = Arc::new(S::deserialize(spec)?);
        let kept: Arc<dyn Any + Send + Sync> = Arc::<S>::clone(&spec);
        *read = Arc::downgrade(&kept);
        Ok(spec)
    }
}

/// An object that is not stored, with who owns its fields.
pub(crate) fn told(mut value: Value, owners: &Owners) -> Value {
    if !owners.is_empty() {
        value["metadata"]["managedFields"] = Value::of(owners);
    }
    value
}

/// A part of an object as clients are told it.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    As(&'a Value),
    Metadata(BTreeMap<&'a str, Told<'a>>),
    Owners(&'a Owners),
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_fields(|_| true, serializer)
    }
}

impl Deref for Object {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.owners == other.owners
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ConfigMap, Pod};

    use super::*;
    use crate::{
        apply::{Stamp, track_update},
        json::json,
        schema::Node,
    };

    fn pod() -> Arc<Object> {
        Object::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}))
    }

    #[test]
    fn readers_share_what_one_of_them_keeps() {
        let object = pod();
        let first = object.read::<Pod>().unwrap();
        assert!(Arc::ptr_eq(&first, &object.read::<Pod>().unwrap()));
    }

    #[test]
    fn what_nobody_keeps_is_not_held() {
        let object = pod();
        let gone = Arc::downgrade(&object.read::<Pod>().unwrap());
        assert!(gone.upgrade().is_none());
    }

    #[test]
    fn an_object_is_read_as_its_own_kind_only() {
        let object = pod();
        let _kept = object.read::<Pod>().unwrap();
        assert!(object.read::<ConfigMap>().is_err());
    }

    #[test]
    fn owners_are_told_with_the_object_and_stand_in_no_field_of_it() {
        let stamp = Stamp {
            manager: "me".to_owned(),
            api_version: "v1".to_owned(),
            subresource: String::new(),
            time: "2026-01-01T00:00:00Z".to_owned(),
        };
        let mut value = json!({"kind": "A", "metadata": {"labels": {"b": "c"}}});
        let live = (&Value::Null, &Owners::default());
        let owners = track_update(&Node::Any, false, live, &mut value, &stamp);
        let object = Object::owned(value.clone(), owners);
        assert_eq!(**object, value);
        let mut whole = value;
        whole["metadata"]["managedFields"] = json!([{
            "apiVersion": "v1", "fieldsType": "FieldsV1", "manager": "me", "operation": "Update",
            "time": "2026-01-01T00:00:00Z",
            "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:b": {}}}},
        }]);
        assert_eq!(object.whole(), whole);
        assert_eq!(serde_json::to_value(&*object).unwrap(), whole);
        let bytes = serde_json::to_string(&*object).unwrap();
        assert_eq!(
            bytes,
            whole.to_string(),
            "in the order of every other object"
        );
    }
}
