//! An object at one version, and what its readers in this process make of it.
//!
//! A real client decodes what it is sent for itself. Here an informer and several istiods hear of
//! the same change, and what one of them has decoded the others share for as long as it keeps it.

mod lean;

use std::{
    any::Any,
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An object at one version. It reads as the JSON that it is.
pub struct Object {
    value: Value,
    /// What the last reader made of it, while anybody keeps that. Histories hold old versions for
    /// long; nobody reads those again, so that they must not hold what was read.
    read: Mutex<Weak<dyn Any + Send + Sync>>,
}

impl Object {
    /// An object that is nobody's yet.
    #[must_use]
    pub fn new(value: Value) -> Arc<Self> {
        let unread: Weak<dyn Any + Send + Sync> = Weak::<()>::new();
        Arc::new(Self {
            value,
            read: Mutex::new(unread),
        })
    }

    /// The object as its kind's type, without `metadata.managedFields`.
    ///
    /// # Errors
    /// If it is not of that shape.
    pub fn read<K>(&self) -> Result<Arc<K>, serde_json::Error>
    where
        K: DeserializeOwned + Send + Sync + 'static,
    {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.upgrade().and_then(|any| any.downcast().ok()) {
            return Ok(known);
        }
        let typed: Arc<K> = Arc::new(lean::read(&self.value)?);
        let kept: Arc<dyn Any + Send + Sync> = Arc::<K>::clone(&typed);
        *read = Arc::downgrade(&kept);
        Ok(typed)
    }

    /// The metadata of an object of any kind, without its `managedFields`.
    ///
    /// # Errors
    /// If it has none of that shape.
    pub fn metadata(&self) -> Result<ObjectMeta, serde_json::Error> {
        lean::metadata(&self.value)
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
        self.value == other.value
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
    use serde_json::json;

    use super::*;

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
}
