//! Reading an object into its shape and writing it back, as a typed server does: unknown fields
//! are dropped, types are checked, zero values come and go with the field's encoding.

use std::{fmt, sync::Arc};

use super::{Node, Object, draft::Draft, leaf};
use crate::json::{Map, Value};

/// An object in its shape.
pub(crate) struct Decoded {
    pub(crate) object: Value,
    /// The paths of fields that the shape does not know; they are dropped.
    pub(crate) unknown: Vec<String>,
}

/// Why a value is not of its shape, in the words of Go's decoder.
pub(crate) type Mismatch = String;

/// Reads an object.
///
/// # Errors
/// If a value has another type than its field.
pub(crate) fn decode(shape: &Node, object: Value) -> Result<Decoded, Mismatch> {
    decode_over(shape, object, None)
}

/// Reads what is to take the place of a live object. What equals the live one's was read before:
/// most of an update does.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_over(
    shape: &Node,
    object: Value,
    live: Option<&Value>,
) -> Result<Decoded, Mismatch> {
    let mut reader = Reader {
        unknown: Vec::new(),
    };
    let read = reader.value(shape, &object, live, Path::Root)?;
    Ok(Decoded {
        object: read.unwrap_or(object),
        unknown: reader.unknown,
    })
}

/// The way to a value, written out only if something is to be said about it.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Item(parent, i) => write!(f, "{parent}[{i}]"),
        }
    }
}

/// What a value is in its shape; `None` if that is what it was, as most are: it is shared then with
/// whoever has it too.
type Read = Result<Option<Value>, Mismatch>;

struct Reader {
    unknown: Vec<String>,
}

/// What becomes of a field.
enum Field {
    Stays,
    Is(Value),
    Goes,
}

impl Reader {
    fn value(&mut self, shape: &Node, value: &Value, live: Option<&Value>, path: Path<'_>) -> Read {
        match (shape, value) {
            (Node::Any, _) => Ok(None),
            (Node::Object { object, .. }, Value::Object(map)) => {
                self.object(object, map, live, path)
            }
            (Node::Map { value: shape, .. }, Value::Object(map)) => {
                self.map(shape, map, live, path)
            }
            (Node::List(list), Value::Array(items)) => self.items(&list.item, items, live, path),
            (shape, Value::Null) => self.zero(shape, path).map(Some),
            (Node::Scalar(scalar), _) => leaf::read(*scalar, value, &path),
            (shape, value) => Err(mismatch(value, path, go_type(shape))),
        }
    }

    /// Items are compared with those in their place.
    fn items(
        &mut self,
        shape: &Node,
        items: &[Value],
        live: Option<&Value>,
        path: Path<'_>,
    ) -> Read {
        let mut after: Option<Vec<Value>> = None;
        for (i, item) in items.iter().enumerate() {
            let live = live.and_then(|live| live.get(i));
            if live == Some(item) {
                continue;
            }
            if let Some(read) = self.value(shape, item, live, Path::Item(&path, i))? {
                after.get_or_insert_with(|| items.to_vec())[i] = read;
            }
        }
        Ok(after.map(Value::from))
    }

    fn map(&mut self, shape: &Node, map: &Map, live: Option<&Value>, path: Path<'_>) -> Read {
        let mut beside = live.and_then(Value::as_object).map(Map::in_order);
        let mut draft = Draft::of(map);
        for (key, value) in map {
            let live = beside.as_mut().and_then(|live| live.get(key));
            if live == Some(value) {
                continue;
            }
            if let Some(read) = self.value(shape, value, live, Path::Field(&path, key))? {
                draft.edit().insert(key.as_str(), read);
            }
        }
        Ok(draft.read())
    }

    fn object(&mut self, shape: &Object, map: &Map, live: Option<&Value>, path: Path<'_>) -> Read {
        let mut beside = live.and_then(Value::as_object).map(Map::in_order);
        let mut draft = Draft::of(map);
        for (name, value) in map {
            let live = beside.as_mut().and_then(|live| live.get(name));
            if live == Some(value) {
                continue;
            }
            match self.field(shape, (name, value), live, Path::Field(&path, name))? {
                Field::Stays => {}
                Field::Is(read) => drop(draft.edit().insert(name.as_str(), read)),
                Field::Goes => drop(draft.edit().remove(name)),
            }
        }
        self.complete(shape, &mut draft, path)?;
        Ok(draft.read())
    }

    fn field(
        &mut self,
        shape: &Object,
        (name, value): (&str, &Value),
        live: Option<&Value>,
        path: Path<'_>,
    ) -> Result<Field, Mismatch> {
        let Some(node) = shape.fields.get(name).or(shape.others.as_ref()) else {
            self.unknown.push(path.to_string());
            return Ok(Field::Goes);
        };
        if value.is_null() {
            return Ok(Field::Goes);
        }
        let read = self.value(node, value, live, path)?;
        if is_zero(read.as_ref().unwrap_or(value)) && shape.omit.contains(name) {
            return Ok(Field::Goes);
        }
        Ok(read.map_or(Field::Stays, Field::Is))
    }

    /// What Go makes of a null where a value stands: its type's zero value.
    fn zero(&mut self, shape: &Node, path: Path<'_>) -> Result<Value, Mismatch> {
        let nothing = Map::new();
        let zero = match shape {
            Node::Any => Value::Null,
            Node::Object { object, .. } => {
                let mut draft = Draft::of(&nothing);
                self.complete(object, &mut draft, path)?;
                draft.read().unwrap_or(Value::Object(nothing))
            }
            Node::Map { .. } => Value::Object(nothing),
            Node::List(_) => Value::Array(Arc::default()),
            Node::Scalar(scalar) => leaf::zero(*scalar),
        };
        Ok(zero)
    }

    /// Writes what is always there, and misses what must be.
    fn complete(
        &mut self,
        shape: &Object,
        draft: &mut Draft<'_>,
        path: Path<'_>,
    ) -> Result<(), Mismatch> {
        self.fill(shape, draft)?;
        let mut required = shape.required.iter();
        match required.find(|name| draft.lacks(name)) {
            Some(name) => Err(format!("{}: Required value", Path::Field(&path, name))),
            None => Ok(()),
        }
    }

    /// Writes what Go writes for fields without `omitempty`.
    fn fill(&mut self, shape: &Object, draft: &mut Draft<'_>) -> Result<(), Mismatch> {
        for (name, value) in &shape.fill {
            if draft.lacks(name) {
                let node = shape.fields.get(name).unwrap_or(&Node::Any);
                let read = self.value(node, value, None, Path::Field(&Path::Root, name))?;
                let value = read.unwrap_or_else(|| value.clone());
                draft.edit().insert(name.clone(), value);
            }
        }
        for name in &shape.nulls {
            if draft.lacks(name) {
                draft.edit().insert(name.clone(), Value::Null);
            }
        }
        Ok(())
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn go_type(shape: &Node) -> &'static str {
    match shape {
        Node::Any => "interface {}",
        Node::Scalar(scalar) => scalar.go_type(),
        Node::Object { .. } => "struct",
        Node::Map { .. } => "map[string]string",
        Node::List(_) => "[]interface {}",
    }
}

pub(super) fn mismatch(value: &Value, path: impl fmt::Display, wanted: &str) -> Mismatch {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {found} into Go struct field {path} of type {wanted}")
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{json::json, schema::builtin};

    #[test]
    fn what_equals_the_live_object_is_not_read_again() {
        let shape = builtin::object_meta();
        let live = json!({"labels": {"a": 1}, "annotations": {"b": "c"}});
        let same = decode_over(&shape, live.clone(), Some(&live)).ok().unwrap();
        assert_eq!(same.object["labels"], live["labels"]);
        assert!(decode(&shape, live).is_err());
    }

    #[test]
    fn of_items_and_maps_what_equals_the_live_ones_is_not_read_again() {
        let shape = builtin::object_meta();
        let owner = |name: crate::json::Value| json!({"apiVersion": "v1", "kind": "A", "name": name, "uid": "u"});
        let live = json!({"ownerReferences": [owner(1.into())], "labels": {"a": 1}});
        let mut new = live.clone();
        new["ownerReferences"][0]["uid"] = "v".into();
        new["ownerReferences"]
            .as_array_mut()
            .unwrap()
            .push(owner("b".into()));
        new["labels"]["c"] = "d".into();
        let same = decode_over(&shape, new.clone(), Some(&live)).ok().unwrap();
        assert_eq!(same.object, new);
        new["ownerReferences"]
            .as_array_mut()
            .unwrap()
            .push(owner(1.into()));
        assert!(decode_over(&shape, new, Some(&live)).is_err());
    }

    #[test]
    fn what_is_in_its_shape_is_shared_with_whoever_has_it_too() {
        let shape = builtin::object_meta();
        let owner = json!({"apiVersion": "v1", "kind": "A", "name": "a", "uid": "u"});
        let sent = json!({"ownerReferences": [owner], "unheardOf": 1});
        let read = decode(&shape, sent.clone()).ok().unwrap().object;
        assert_ne!(read, sent);
        let owners = |meta: &Value| match &meta["ownerReferences"] {
            Value::Array(owners) => Arc::as_ptr(owners),
            _ => panic!("owners are a list"),
        };
        assert_eq!(owners(&read), owners(&sent));
    }

    #[test]
    fn what_differs_from_the_live_object_is_read() {
        let shape = builtin::object_meta();
        let live = json!({"labels": {"a": "b"}});
        let new = json!({"labels": {"a": "c"}, "unheardOf": 1});
        let read = decode_over(&shape, new, Some(&live)).ok().unwrap();
        assert_eq!(read.object["labels"], json!({"a": "c"}));
        assert_eq!(read.unknown, ["unheardOf"]);
        let wrong = json!({"labels": {"a": 1}});
        assert!(decode_over(&shape, wrong, Some(&live)).is_err());
    }
}
