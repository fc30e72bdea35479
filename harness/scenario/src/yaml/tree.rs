//! A YAML document as a tree that knows where everything stands.

use std::fmt;

use serde::Serialize;

use crate::problem::{FieldPath, Part, Segment};

/// A place in a file; lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Position {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, number, boolean or nothing: not decided yet.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written and with its duplicate keys.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where the key begins.
    pub at: Position,
    /// The key.
    pub key: Scalar,
    /// The value.
    pub value: Node,
}

/// A scalar as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, after escapes.
    pub text: String,
    /// Whether it may be something else than text.
    pub style: Style,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or nothing.
    Plain,
    /// In quotes, as a block, or tagged `!!str`: always text.
    Text,
}

impl Node {
    /// Whether nothing is written: an empty value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_null())
    }

    /// The value of a key; the first one if it is written twice.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text of a key's scalar.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key.text == key),
            Value::List(_) | Value::Scalar(_) => None,
        }
    }

    /// Where a field stands; that of the nearest enclosing one if it is not written.
    pub fn position(&self, path: &FieldPath, part: Part) -> Position {
        let mut node = self;
        let mut key = self.at;
        for segment in path.segments() {
            let next = match (segment, &node.value) {
                (Segment::Key(name), _) => node.entry(name).map(|e| (e.at, &e.value)),
                (Segment::Index(i), Value::List(items)) => items.get(*i).map(|n| (n.at, n)),
                (Segment::Index(_), Value::Map(_) | Value::Scalar(_)) => Some((key, node)),
            };
            match next {
                Some((at, value)) => (key, node) = (at, value),
                None => return key,
            }
        }
        match part {
            Part::Key => key,
            Part::Value if node.is_null() => key,
            Part::Value => node.at,
        }
    }
}

impl Scalar {
    /// Whether it is a plain null.
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain
            && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}
