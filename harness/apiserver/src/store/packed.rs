//! A value in one run of bytes, for what is kept and hardly ever looked at again.
//!
//! As a tree a value takes ten times the room. As JSON text it would take about as much as here, but
//! every letter would be looked at for what has to be escaped, at every write of every object.

use serde_json::{Map, Number, Value};

/// A packed value.
#[derive(Debug)]
pub(super) struct Packed(Box<[u8]>);

/// What comes next.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const NATURAL: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const LIST: u8 = 7;
    pub(super) const MAP: u8 = 8;
}

const WHOLE: &str = "bytes are read as they were written";

impl Packed {
    pub(super) fn new(value: &Value) -> Self {
        let mut bytes = Vec::new();
        pack(value, &mut bytes);
        Self(bytes.into_boxed_slice())
    }

    pub(super) fn value(&self) -> Value {
        unpack(&mut &*self.0)
    }
}

fn pack(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(tag::NULL),
        Value::Bool(false) => out.push(tag::FALSE),
        Value::Bool(true) => out.push(tag::TRUE),
        Value::Number(number) => pack_number(number, out),
        Value::String(text) => {
            out.push(tag::TEXT);
            pack_text(text, out);
        }
        Value::Array(items) => {
            out.push(tag::LIST);
            pack_length(items.len(), out);
            items.iter().for_each(|item| pack(item, out));
        }
        Value::Object(map) => {
            out.push(tag::MAP);
            pack_length(map.len(), out);
            for (name, value) in map {
                pack_text(name, out);
                pack(value, out);
            }
        }
    }
}

fn pack_number(number: &Number, out: &mut Vec<u8>) {
    let (tag, bytes) = match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => (tag::INTEGER, integer.to_le_bytes()),
        (None, Some(natural)) => (tag::NATURAL, natural.to_le_bytes()),
        (None, None) => {
            let float = number.as_f64().expect("every number is one of three");
            (tag::FLOAT, float.to_le_bytes())
        }
    };
    out.push(tag);
    out.extend_from_slice(&bytes);
}

fn pack_text(text: &str, out: &mut Vec<u8>) {
    pack_length(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn pack_length(mut length: usize, out: &mut Vec<u8>) {
    while length > 0x7f {
        out.push(low_bits(length) | 0x80);
        length >>= 7;
    }
    out.push(low_bits(length));
}

fn low_bits(length: usize) -> u8 {
    u8::try_from(length & 0x7f).expect("seven bits are a byte")
}

fn unpack(bytes: &mut &[u8]) -> Value {
    match unpack_byte(bytes) {
        tag::NULL => Value::Null,
        tag::FALSE => Value::Bool(false),
        tag::TRUE => Value::Bool(true),
        tag::INTEGER => i64::from_le_bytes(unpack_number(bytes)).into(),
        tag::NATURAL => u64::from_le_bytes(unpack_number(bytes)).into(),
        tag::FLOAT => f64::from_le_bytes(unpack_number(bytes)).into(),
        tag::TEXT => Value::String(unpack_text(bytes).to_owned()),
        tag::LIST => (0..unpack_length(bytes)).map(|_| unpack(bytes)).collect(),
        _ => {
            let fields = 0..unpack_length(bytes);
            let fields = fields.map(|_| (unpack_text(bytes).to_owned(), unpack(bytes)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

fn unpack_number(bytes: &mut &[u8]) -> [u8; 8] {
    let (number, rest) = bytes.split_first_chunk().expect(WHOLE);
    *bytes = rest;
    *number
}

fn unpack_text<'a>(bytes: &mut &'a [u8]) -> &'a str {
    let length = unpack_length(bytes);
    let (text, rest) = bytes.split_at(length);
    *bytes = rest;
    str::from_utf8(text).expect(WHOLE)
}

fn unpack_length(bytes: &mut &[u8]) -> usize {
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = unpack_byte(bytes);
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return length;
        }
        shift += 7;
    }
}

fn unpack_byte(bytes: &mut &[u8]) -> u8 {
    let (first, rest) = bytes.split_first().expect(WHOLE);
    *bytes = rest;
    *first
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            ".{0,200}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(".{0,9}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_unpacked_is_what_was_packed(value in value()) {
            prop_assert_eq!(Packed::new(&value).value(), value);
        }
    }

    #[test]
    fn a_packed_object_is_smaller_than_its_text() {
        let pod = json!({"metadata": {"name": "a", "labels": {"app": "a\nb"}}, "n": [true]});
        assert!(Packed::new(&pod).0.len() < pod.to_string().len());
    }
}
