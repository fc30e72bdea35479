//! One vector while it is being checked.

use std::{cell::RefCell, collections::BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::file::Vector;

/// Checks the vectors of one area; `Err` says why a vector cannot be read.
pub(crate) type Check = fn(&mut Case<'_>) -> Result<(), String>;

/// A vector, what was looked at in its expectation, and what differed.
pub(crate) struct Case<'a> {
    vector: &'a Vector,
    fixtures: &'a Value,
    looked_at: RefCell<BTreeSet<String>>,
    differences: Vec<String>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(vector: &'a Vector, fixtures: &'a Value) -> Self {
        Self {
            vector,
            fixtures,
            looked_at: RefCell::default(),
            differences: Vec::new(),
        }
    }

    /// The input as the arguments of a rule. Structs given here deny unknown fields, so that an
    /// input key nobody reads is an error and not a silent default.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, String> {
        T::deserialize(&self.vector.input).map_err(|e| format!("input cannot be read: {e}"))
    }

    /// An object that several vectors share.
    pub(crate) fn fixture<T: DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        let value = &self.fixtures[name];
        T::deserialize(value).map_err(|e| format!("fixture {name} cannot be read: {e}"))
    }

    /// Whether the expectation says anything about `key`; asking does not count as looking at it.
    pub(crate) fn expects(&self, key: &str) -> bool {
        self.vector.expected.contains_key(key)
    }

    /// What is expected of `key`, to be compared by the caller with [`Case::same`] or
    /// [`Case::hold`]; `None` if nothing is.
    pub(crate) fn expected(&self, key: &str) -> Option<&'a Value> {
        self.looked_at.borrow_mut().insert(key.to_owned());
        self.vector.expected.get(key)
    }

    /// What is expected of `key`, read as `T`.
    pub(crate) fn expected_as<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, String> {
        self.expected(key)
            .map(|v| T::deserialize(v).map_err(|e| format!("expected {key}: {e}")))
            .transpose()
    }

    /// States what came out for `key`. It must equal what is expected; a key that the vector does
    /// not mention is unspecified.
    pub(crate) fn came_out(&mut self, key: &str, actual: impl Serialize) {
        let Some(expected) = self.expected(key) else {
            return;
        };
        let actual = serde_json::to_value(actual).expect("results of rules are plain data");
        self.same(key, expected, &actual);
    }

    /// The same for a set, which vectors write as a list in any order.
    pub(crate) fn came_out_as_set(&mut self, key: &str, actual: impl IntoIterator<Item = String>) {
        let Some(expected) = self.expected(key) else {
            return;
        };
        let sorted = |mut values: Vec<Value>| {
            values.sort_by_key(Value::to_string);
            Value::Array(values)
        };
        let actual = sorted(actual.into_iter().map(Value::from).collect());
        match expected.as_array() {
            Some(expected) => self.same(key, &sorted(expected.clone()), &actual),
            None => self.same(key, expected, &actual),
        }
    }

    /// Notes a difference between two values, if there is one. Numbers are compared by value.
    pub(crate) fn same(&mut self, what: &str, expected: &Value, actual: &Value) {
        let holds = equal(expected, actual);
        self.hold(holds, || {
            format!("{what}: expected {expected}, came out {actual}")
        });
    }

    /// Notes `otherwise` as a difference unless `holds`.
    pub(crate) fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.differences.push(otherwise());
        }
    }

    /// Ends the check: the differences, and the expectations that nothing looked at.
    pub(crate) fn close(self) -> Vec<String> {
        let looked_at = self.looked_at.into_inner();
        let ignored = self.vector.expected.keys();
        let ignored = ignored.filter(|key| !looked_at.contains(*key));
        let mut problems = self.differences;
        problems.extend(ignored.map(|key| format!("nothing looked at the expectation '{key}'")));
        if self.vector.expected.is_empty() {
            problems.push("the vector expects nothing".to_owned());
        }
        problems
    }
}

/// Equality of JSON in which `1` and `1.0` are the same number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let found = |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| equal(a, b));
            a.len() == b.len() && a.iter().all(found)
        }
        _ => a == b,
    }
}
