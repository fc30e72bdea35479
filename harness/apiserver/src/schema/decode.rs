//! Reading an object into its shape and writing it back, as a typed server does: unknown fields
//! are dropped, types are checked, zero values come and go with the field's encoding.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{Node, Object, Scalar};

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
    let mut reader = Reader {
        unknown: Vec::new(),
    };
    let object = reader.value(shape, object, "")?;
    Ok(Decoded {
        object,
        unknown: reader.unknown,
    })
}

struct Reader {
    unknown: Vec<String>,
}

impl Reader {
    fn value(&mut self, shape: &Node, value: Value, path: &str) -> Result<Value, Mismatch> {
        match (shape, value) {
            (Node::Any, value) => Ok(value),
            (Node::Object { object, .. }, Value::Object(map)) => self.object(object, map, path),
            (Node::Map { value: shape, .. }, Value::Object(map)) => self.map(shape, map, path),
            (Node::List(list), Value::Array(items)) => {
                let item = |(i, item)| self.value(&list.item, item, &format!("{path}[{i}]"));
                items.into_iter().enumerate().map(item).collect()
            }
            (Node::Scalar(scalar), value) => leaf(*scalar, value, path),
            (_, Value::Null) => Ok(Value::Null),
            (shape, value) => Err(mismatch(&value, path, go_type(shape))),
        }
    }

    fn map(
        &mut self,
        shape: &Node,
        map: Map<String, Value>,
        path: &str,
    ) -> Result<Value, Mismatch> {
        let entry = |(key, value)| {
            // A null in a map of texts reads as the empty text, as Go decodes it.
            let value = match (shape, value) {
                (Node::Scalar(Scalar::Text | Scalar::Bytes), Value::Null) => "".into(),
                (_, value) => value,
            };
            let read = self.value(shape, value, &format!("{path}.{key}"))?;
            Ok((key, read))
        };
        map.into_iter()
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Value::Object)
    }

    fn object(
        &mut self,
        shape: &Object,
        map: Map<String, Value>,
        path: &str,
    ) -> Result<Value, Mismatch> {
        let mut out = Map::new();
        for (name, value) in map {
            let inner = join(path, &name);
            match shape.fields.get(&name).or(shape.others.as_ref()) {
                None => self.unknown.push(inner),
                Some(_) if value.is_null() => {}
                Some(node) => {
                    let value = self.value(node, value, &inner)?;
                    if !(is_zero(&value) && shape.omit.contains(&name)) {
                        out.insert(name, value);
                    }
                }
            }
        }
        self.fill(shape, &mut out)?;
        Ok(Value::Object(out))
    }

    /// Writes what Go writes for fields without `omitempty`.
    fn fill(&mut self, shape: &Object, out: &mut Map<String, Value>) -> Result<(), Mismatch> {
        for (name, value) in &shape.fill {
            if !out.contains_key(name) {
                let node = shape.fields.get(name).unwrap_or(&Node::Any);
                let value = self.value(node, value.clone(), name)?;
                out.insert(name.clone(), value);
            }
        }
        for name in &shape.nulls {
            if !out.contains_key(name) {
                out.insert(name.clone(), Value::Null);
            }
        }
        Ok(())
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
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

fn leaf(scalar: Scalar, value: Value, path: &str) -> Result<Value, Mismatch> {
    match (scalar, &value) {
        (_, Value::Null) => Ok(Value::Null),
        (Scalar::Bytes, Value::String(text)) => match first_illegal(text) {
            Some(at) => Err(format!("illegal base64 data at input byte {at}")),
            None => Ok(value),
        },
        (Scalar::Text | Scalar::Time | Scalar::MicroTime, Value::String(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Number, Value::Number(_))
        | (Scalar::IntOrString, Value::String(_)) => Ok(value),
        (Scalar::Quantity, Value::String(_) | Value::Number(_)) => quantity(&value, path),
        (Scalar::Integer | Scalar::IntOrString, Value::Number(number)) => integer(number, path),
        _ => Err(mismatch(&value, path, scalar.go_type())),
    }
}

/// Where a text stops being base64.
fn first_illegal(text: &str) -> Option<usize> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b);
    let illegal = text.bytes().position(|b| !legal(b));
    illegal.or_else(|| {
        STANDARD
            .decode(text.replace(['\r', '\n'], ""))
            .is_err()
            .then_some(text.len())
    })
}

/// Go decodes 3.0 into an integer field, and refuses 3.5.
fn integer(number: &serde_json::Number, path: &str) -> Result<Value, Mismatch> {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Ok(whole.into()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the fraction was seen to be zero"
        )]
        (None, Some(float)) if float.fract() == 0.0 && float.abs() < 9e15 => {
            Ok((float as i64).into())
        }
        _ => Err(format!(
            "json: cannot unmarshal number {number} into Go struct field {path} of type int32"
        )),
    }
}

fn quantity(value: &Value, path: &str) -> Result<Value, Mismatch> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    crate::quantity::canonical(&text).map(Value::String).ok_or_else(|| {
        format!("unable to parse quantity's suffix or value at {path}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    })
}

impl Scalar {
    fn go_type(self) -> &'static str {
        match self {
            Scalar::Text => "string",
            Scalar::Integer => "int32",
            Scalar::Number => "float64",
            Scalar::Boolean => "bool",
            Scalar::IntOrString => "intstr.IntOrString",
            Scalar::Quantity => "resource.Quantity",
            Scalar::Time | Scalar::MicroTime => "v1.Time",
            Scalar::Bytes => "[]uint8",
        }
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

fn mismatch(value: &Value, path: &str, wanted: &str) -> Mismatch {
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
