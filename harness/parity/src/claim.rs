//! Claims about JSON: each says what was expected, what was observed, and where.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Claims that a fact makes about an object, addressed by JSON pointer (RFC 6901).
pub trait Claims {
    /// The value at `pointer` is exactly `expected`.
    ///
    /// # Errors
    /// When it differs; the message lists each place where it does.
    fn has(&self, pointer: &str, expected: impl Into<Value>) -> Result<()>;

    /// There is nothing at `pointer`.
    ///
    /// # Errors
    /// When there is.
    fn lacks(&self, pointer: &str) -> Result<()>;

    /// The text at `pointer` contains `part`.
    ///
    /// # Errors
    /// When it does not, or is no text.
    fn says(&self, pointer: &str, part: &str) -> Result<()>;

    /// The text at `pointer`.
    ///
    /// # Errors
    /// When there is none, or it is empty.
    fn text(&self, pointer: &str) -> Result<&str>;
}

impl Claims for Value {
    fn has(&self, pointer: &str, expected: impl Into<Value>) -> Result<()> {
        let expected = expected.into();
        let observed = self.pointer(pointer).unwrap_or(&Value::Null);
        let mut found = Vec::new();
        compare(pointer, &expected, observed, &mut found);
        ensure!(found.is_empty(), "{}", found.join("; "));
        Ok(())
    }

    fn lacks(&self, pointer: &str) -> Result<()> {
        match self.pointer(pointer) {
            Some(value) => bail!("{pointer}: expected nothing, observed {value}"),
            None => Ok(()),
        }
    }

    fn says(&self, pointer: &str, part: &str) -> Result<()> {
        let text = self.text(pointer)?;
        ensure!(
            text.contains(part),
            "{pointer}: expected a text with {part:?}, observed {text:?}"
        );
        Ok(())
    }

    fn text(&self, pointer: &str) -> Result<&str> {
        let text = self
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        text.with_context(|| format!("{pointer}: expected a text, observed {self}"))
    }
}

/// Notes every place at or below `place` where the two values differ.
fn compare(place: &str, expected: &Value, observed: &Value, found: &mut Vec<String>) {
    match (expected, observed) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)));
            for key in keys {
                let (left, right) = (left.get(key), right.get(key));
                let (left, right) = (left.unwrap_or(&Value::Null), right.unwrap_or(&Value::Null));
                compare(&format!("{place}/{key}"), left, right, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{place}/{index}"), left, right, found);
            }
        }
        _ if expected == observed => {}
        _ => found.push(format!("{place}: expected {expected}, observed {observed}")),
    }
}

/// The names of a list's items, in the order of the answer.
#[must_use]
pub fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["metadata"]["name"].as_str())
        .collect()
}

/// The object's resource version.
///
/// # Errors
/// When the object has none.
pub fn version(object: &Value) -> Result<&str> {
    object.text("/metadata/resourceVersion")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Claims;

    #[test]
    fn every_differing_place_is_named() {
        let error = json!({"a": 1, "b": {"c": [1, 2]}})
            .has("", json!({"a": 2, "b": {"c": [1, 3]}, "d": true}))
            .unwrap_err();
        let expected = "/a: expected 2, observed 1; /b/c/1: expected 3, observed 2; \
                        /d: expected true, observed null";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn an_extra_field_is_a_difference() {
        assert!(json!({"a": 1, "b": 2}).has("", json!({"a": 1})).is_err());
    }
}
