//! Reading and writing the metadata that every object has.

use crate::{
    json::{Map, Value},
    store::Key,
};

/// A text at a path of fields; empty if absent.
pub(crate) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}

/// The value at a path of fields, if it is there and not null.
pub(crate) fn at<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |value, field| value.get(*field))
        .filter(|value| !value.is_null())
}

/// The list at a path of fields; empty if absent.
pub(crate) fn list<'a>(object: &'a Value, path: &[&str]) -> &'a [Value] {
    at(object, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub(crate) fn name(object: &Value) -> &str {
    text(object, &["metadata", "name"])
}

pub(crate) fn namespace(object: &Value) -> &str {
    text(object, &["metadata", "namespace"])
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, &["metadata", "uid"])
}

pub(crate) fn resource_version(object: &Value) -> &str {
    text(object, &["metadata", "resourceVersion"])
}

pub(crate) fn key(object: &Value) -> Key {
    Key::new(namespace(object), name(object))
}

pub(crate) fn is_deleting(object: &Value) -> bool {
    at(object, &["metadata", "deletionTimestamp"]).is_some()
}

pub(crate) fn finalizers(object: &Value) -> &[Value] {
    list(object, &["metadata", "finalizers"])
}

pub(crate) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    finalizers(object).iter().any(|f| f == finalizer)
}

/// A map of the object, made empty if it is not there.
pub(crate) fn map_mut<'a>(object: &'a mut Value, field: &str) -> &'a mut Map {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let map = object.as_object_mut().expect("made an object above");
    // Indexing would make a text of the name each time.
    if !map.get(field).is_some_and(Value::is_object) {
        map.insert(field, Value::Object(Map::new()));
    }
    let slot = map.get_mut(field).and_then(Value::as_object_mut);
    slot.expect("made an object above")
}

/// The object's metadata, made empty if it is not there.
pub(crate) fn meta_mut(object: &mut Value) -> &mut Map {
    map_mut(object, "metadata")
}

/// Removes a field of a map, if there is such a map.
pub(crate) fn remove(object: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let parent = parents
        .iter()
        .try_fold(object, |value, field| value.get_mut(*field))?;
    parent.as_object_mut()?.remove(last)
}

/// Sets a field to what it is in another object, absence included.
pub(crate) fn copy_field(from: &Value, to: &mut Value, field: &str) {
    if let Some(target) = to.as_object_mut() {
        copy(from.get(field), target, field);
    }
}

fn copy(value: Option<&Value>, to: &mut Map, field: &str) {
    match value {
        same if same == to.get(field) => {}
        Some(value) => drop(to.insert(field, value.clone())),
        None => drop(to.remove(field)),
    }
}

/// Sets a field of the metadata to what it is in another object, absence included.
pub(crate) fn copy_meta(from: &Value, to: &mut Value, field: &str) {
    copy(from["metadata"].get(field), meta_mut(to), field);
}

/// Sets a field that is absent or null; says whether it did.
pub(crate) fn set_default(map: &mut Map, field: &str, value: impl Into<Value>) -> bool {
    let absent = map.get(field).is_none_or(Value::is_null);
    if absent {
        map.insert(field, value.into());
    }
    absent
}

/// The value at a path of fields, to be changed. Indexing would insert nulls on the way.
pub(crate) fn at_mut<'a>(object: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    path.iter()
        .try_fold(object, |value, field| value.get_mut(*field))
}

/// The items of the list at a path of fields, to be changed.
pub(crate) fn items_mut<'a>(
    object: &'a mut Value,
    path: &[&str],
) -> impl Iterator<Item = &'a mut Value> {
    at_mut(object, path)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}
