//! A value in one run of bytes, for what is kept and hardly ever looked at again.
//!
//! As a tree a value takes ten times the room. As JSON text it would take about as much as here, but
//! every letter would be looked at for what has to be escaped, at every write of every object:
//! MessagePack writes lengths.

use serde_json::Value;

/// A packed value.
#[derive(Debug)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    pub(super) fn new(value: &Value) -> Self {
        let bytes = rmp_serde::to_vec(value).expect("whatever JSON has MessagePack has");
        Self(bytes.into_boxed_slice())
    }

    pub(super) fn value(&self) -> Value {
        rmp_serde::from_slice(&self.0).expect("bytes are read as they were written")
    }
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
