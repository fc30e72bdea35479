//! Strategic merge: RFC 7386 for maps; lists are merged by their patch keys.
//!
//! Directives: `$patch` (`replace`, `delete`, `merge`), `$retainKeys`, `$deleteFromPrimitiveList/…`
//! and `$setElementOrder/…`.

use std::sync::Arc;

use crate::{
    json::{Map, Value},
    schema::{List, ListPatch, Node},
    status::Status,
};

const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Merges a patch into an object of this shape.
///
/// # Errors
/// 400 for directives that are malformed and for list items without their merge key.
pub(crate) fn strategic(shape: &Node, object: &Value, patch: &Value) -> Result<Value, Status> {
    let (Value::Object(live), Value::Object(changes)) = (object, patch) else {
        return Ok(patch.clone());
    };
    merge_map(shape, live, changes).map(Value::Object)
}

fn merge_map(shape: &Node, live: &Map, changes: &Map) -> Result<Map, Status> {
    match directive(changes)? {
        Some("replace") => {
            let rest = changes.iter().filter(|(name, _)| *name != "$patch");
            return Ok(rest
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect());
        }
        Some("delete") => return Ok(Map::new()),
        _ => {}
    }
    let mut merged = retained(live, changes);
    for (name, change) in changes {
        if name.starts_with('$') {
            primitive_deletions(&mut merged, name, change);
        } else if change.is_null() {
            merged.remove(name);
        } else {
            let shape = shape.field(name);
            let value = merge_value(shape, merged.get(name), change)?;
            let value = ordered(shape, value, changes.get(&format!("{ORDER}{name}")));
            if merged.get(name) != Some(&value) {
                merged.insert(name.clone(), value);
            }
        }
    }
    Ok(merged)
}

fn directive(changes: &Map) -> Result<Option<&str>, Status> {
    match changes
        .get("$patch")
        .map(|value| value.as_str().unwrap_or_default())
    {
        None => Ok(None),
        Some(known @ ("replace" | "delete" | "merge")) => Ok(Some(known)),
        Some(other) => Err(Status::bad_request(format!(
            "Unknown patch type found: {other}"
        ))),
    }
}

/// `$retainKeys` names all fields of the map that survive.
fn retained(live: &Map, changes: &Map) -> Map {
    match changes.get("$retainKeys").and_then(Value::as_array) {
        Some(keys) => {
            let kept = live
                .iter()
                .filter(|(name, _)| keys.iter().any(|key| key == *name));
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        }
        None => live.clone(),
    }
}

fn primitive_deletions(merged: &mut Map, directive: &str, gone: &Value) {
    let list = directive
        .strip_prefix(DELETE_FROM)
        .and_then(|name| merged.get_mut(name));
    if let (Some(Value::Array(items)), Some(gone)) = (list, gone.as_array()) {
        Arc::make_mut(items).retain(|item| !gone.contains(item));
    }
}

fn merge_value(shape: &Node, live: Option<&Value>, change: &Value) -> Result<Value, Status> {
    match (live, change) {
        (Some(Value::Object(live)), Value::Object(change)) => {
            merge_map(shape, live, change).map(Value::Object)
        }
        (None, Value::Object(change)) => merge_map(shape, &Map::new(), change).map(Value::Object),
        (live, Value::Array(changes)) => {
            let live = live
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            merge_list(shape, live, changes).map(Value::from)
        }
        (_, change) => Ok(change.clone()),
    }
}

fn merge_list(shape: &Node, live: &[Value], changes: &[Value]) -> Result<Vec<Value>, Status> {
    match shape.as_list().map(|list| (list, &list.patch)) {
        Some((list, Some(ListPatch::Key(key)))) => merge_keyed(list, key, live, changes),
        Some((_, Some(ListPatch::Set))) => {
            let new = changes.iter().filter(|item| !live.contains(item));
            Ok(live.iter().chain(new).cloned().collect())
        }
        Some((_, None)) | None => Ok(changes.to_vec()),
    }
}

fn merge_keyed(
    list: &List,
    key: &str,
    live: &[Value],
    changes: &[Value],
) -> Result<Vec<Value>, Status> {
    if changes.iter().any(|change| change["$patch"] == "replace") {
        return Ok(changes
            .iter()
            .filter(|change| change["$patch"] != "replace")
            .cloned()
            .collect());
    }
    let mut merged = live.to_vec();
    for change in changes {
        let id = change.get(key).filter(|id| !id.is_null()).ok_or_else(|| {
            Status::bad_request(format!(
                "map: {change} does not contain declared merge key: {key}"
            ))
        })?;
        let place = merged.iter().position(|item| item.get(key) == Some(id));
        match (change["$patch"] == "delete", place) {
            (true, Some(i)) => drop(merged.remove(i)),
            (true, None) => {}
            (false, Some(i)) => merged[i] = merge_value(&list.item, Some(&merged[i]), change)?,
            (false, None) => merged.push(merge_value(&list.item, None, change)?),
        }
    }
    Ok(merged)
}

/// Sorts a list by `$setElementOrder`: named items in that order, the others behind them in
/// their own.
fn ordered(shape: &Node, value: Value, order: Option<&Value>) -> Value {
    let key = match shape.as_list().and_then(|list| list.patch.as_ref()) {
        Some(ListPatch::Key(key)) => Some(key.as_str()),
        Some(ListPatch::Set) | None => None,
    };
    let (Value::Array(mut items), Some(order)) = (value.clone(), order.and_then(Value::as_array))
    else {
        return value;
    };
    let same = |item: &Value, wanted: &Value| match key {
        Some(key) => item.get(key) == wanted.get(key),
        None => item == wanted,
    };
    Arc::make_mut(&mut items).sort_by_key(|item| {
        order
            .iter()
            .position(|w| same(item, w))
            .unwrap_or(order.len())
    });
    Value::Array(items)
}
