//! One walk over a document: every deviation from its schema, and the value that is left.

use serde_json::{Map as Object, Value as Json};

use super::shape::{Bounds, List, Map, Schema, Shape, Text};
use crate::{
    problem::{FieldPath, Findings, did_you_mean},
    yaml::{
        Entry, Node, Scalar, Style, Value,
        scalar::{core, kubectl_json},
    },
};

/// What a walk leaves.
pub(crate) struct Checked {
    /// What deviates.
    pub(crate) findings: Findings,
    /// The document without its deviations, if their absence does not change the meaning of the
    /// rest; then the checks of meaning can go on.
    pub(crate) value: Option<Json>,
}

/// Compares a document with its schema.
pub(crate) fn check(document: &Node, schema: &Schema) -> Checked {
    let mut walk = Walk {
        schema,
        findings: Findings::new(),
        is_whole: true,
    };
    let value = walk.node(document, &schema.root, Trail::Root);
    Checked {
        value: value.filter(|_| walk.is_whole),
        findings: walk.findings,
    }
}

/// The way to a node, as a chain on the stack: it becomes a [`FieldPath`] only for a finding.
#[derive(Clone, Copy)]
enum Trail<'a> {
    Root,
    Key(&'a Trail<'a>, &'a str),
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    fn path(&self) -> FieldPath {
        match self {
            Self::Root => FieldPath::root(),
            Self::Key(parent, key) => parent.path().key(key),
            Self::Index(parent, index) => parent.path().index(*index),
        }
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    findings: Findings,
    /// Whether everything that was left out is a scalar or has an unknown key.
    is_whole: bool,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, shape: &Shape, trail: Trail<'_>) -> Option<Json> {
        let shape = self.schema.resolve(shape);
        match (shape, &node.value) {
            (Shape::Union(shapes), _) => self.union(node, shapes, trail),
            (Shape::Null, _) if node.is_null() => Some(Json::Null),
            (Shape::Free, Value::Map(_)) => Some(kubectl_json(node)),
            (Shape::Free | Shape::Map(_), Value::Scalar(_)) if node.is_null() => {
                self.node(&empty_map(node), shape, trail)
            }
            (Shape::List(list), Value::List(items)) => self.list(items, list, trail),
            (Shape::Map(map), Value::Map(entries)) => self.map(entries, map, trail),
            (Shape::Text(text), Value::Scalar(scalar)) => self.text(scalar, text, trail),
            (Shape::Words(words), Value::Scalar(scalar)) => self.word(scalar, words, trail),
            (Shape::Number(bounds), Value::Scalar(scalar)) => self.number(scalar, bounds, trail),
            (Shape::Bool, Value::Scalar(scalar)) => self.boolean(scalar, trail),
            _ => self.wrong_form(node, shape, trail),
        }
    }

    /// Takes the first alternative that has the form of the node.
    fn union(&mut self, node: &Node, shapes: &[Shape], trail: Trail<'_>) -> Option<Json> {
        let schema = self.schema;
        let nothing = shapes
            .iter()
            .find(|s| matches!(schema.resolve(s), Shape::Null));
        let chosen = nothing
            .filter(|_| node.is_null())
            .or_else(|| shapes.iter().find(|shape| has_form(schema, shape, node)))
            .or_else(|| shapes.iter().find(|shape| is_scalar(schema, shape, node)));
        match chosen {
            Some(shape) => self.node(node, shape, trail),
            None => {
                let expected = schema.describe_all(shapes);
                self.expected(node, &expected, trail);
                self.is_whole = false;
                None
            }
        }
    }

    fn list(&mut self, items: &[Node], list: &List, trail: Trail<'_>) -> Option<Json> {
        if items.len() < list.min || items.len() > list.max {
            let bounds = match items.len() < list.min {
                _ if list.min == list.max => format!("exactly {}", list.min),
                true => format!("at least {}", list.min),
                false => format!("at most {}", list.max),
            };
            self.findings.value(
                &trail.path(),
                format!("the list has {} entries", items.len()),
                format!("write {bounds}"),
            );
            self.is_whole = false;
        }
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            match self.node(item, &list.items, Trail::Index(&trail, i)) {
                Some(value) => values.push(value),
                // Later indices would no longer be those of the file.
                None => self.is_whole = false,
            }
        }
        Some(Json::Array(values))
    }

    fn map(&mut self, entries: &[Entry], map: &Map, trail: Trail<'_>) -> Option<Json> {
        let mut object = Object::new();
        for (i, entry) in entries.iter().enumerate() {
            let key = entry.key.text.as_str();
            let trail = Trail::Key(&trail, key);
            if let Some(first) = entries[..i].iter().find(|other| other.key.text == key) {
                self.duplicate(entry, first, trail);
            } else if let Some(value) = self.entry(entry, map, trail) {
                object.insert(key.to_owned(), value);
            }
        }
        self.missing(entries, map, trail);
        self.choice(entries, map, trail);
        Some(Json::Object(object))
    }

    fn entry(&mut self, entry: &Entry, map: &Map, trail: Trail<'_>) -> Option<Json> {
        let key = entry.key.text.as_str();
        if let Some(shape) = map.fields.get(key) {
            return self.node(&entry.value, shape, trail);
        }
        let Some(others) = &map.others else {
            self.findings.key(
                &trail.path(),
                format!("there is no field '{key}' here"),
                did_you_mean(key, map.fields.keys().map(String::as_str)),
            );
            return None;
        };
        if others
            .names
            .as_ref()
            .is_some_and(|names| !names.is_match(key))
        {
            self.findings.key(
                &trail.path(),
                format!("'{key}' cannot be a name"),
                "use lower-case letters, digits and '-', starting and ending with a letter or digit",
            );
            self.is_whole = false;
        }
        self.node(&entry.value, &others.shape, trail)
    }

    fn duplicate(&mut self, entry: &Entry, first: &Entry, trail: Trail<'_>) {
        // The path leads to the first one; the position is that of the second.
        self.findings.at(
            entry.at,
            &trail.path(),
            format!("'{}' is written twice", entry.key.text),
            format!(
                "remove or rename it; the first one is in line {}",
                first.at.line
            ),
        );
    }

    fn missing(&mut self, entries: &[Entry], map: &Map, trail: Trail<'_>) {
        let has = |name: &str| entries.iter().any(|entry| entry.key.text == name);
        for name in map.required.iter().filter(|name| !has(name)) {
            self.findings.key(
                &trail.path(),
                format!("'{name}' is missing"),
                format!(
                    "add '{name}:' with {}",
                    self.schema.describe(&map.fields[name])
                ),
            );
            self.is_whole = false;
        }
        if entries.len() < map.min {
            self.findings.key(
                &trail.path(),
                "nothing is written here",
                "write at least one entry",
            );
            self.is_whole = false;
        }
    }

    /// Exactly one field of the choice is written.
    fn choice(&mut self, entries: &[Entry], map: &Map, trail: Trail<'_>) {
        let mut written = entries.iter().filter(|e| map.choice.contains(&e.key.text));
        let (first, second) = (written.next(), written.next());
        match (first, second) {
            _ if map.choice.is_empty() => return,
            (Some(_), None) => return,
            (Some(first), Some(second)) => self.findings.key(
                &Trail::Key(&trail, &second.key.text).path(),
                format!(
                    "'{}' cannot stand beside '{}'",
                    second.key.text, first.key.text
                ),
                "write them as two entries",
            ),
            (None, _) => {
                let unknown = entries
                    .iter()
                    .find(|e| !map.fields.contains_key(&e.key.text));
                // The unknown field was reported with a suggestion already.
                if unknown.is_none() {
                    self.findings.key(
                        &trail.path(),
                        "it does not say what it is about",
                        format!("add one of: {}", map.choice.join(", ")),
                    );
                }
            }
        }
        self.is_whole = false;
    }

    fn text(&mut self, scalar: &Scalar, text: &Text, trail: Trail<'_>) -> Option<Json> {
        let written = &scalar.text;
        let value = core(scalar);
        if !value.is_string() {
            self.not_a_text(scalar, &value, trail);
            return None;
        }
        let length = written.chars().count();
        let remedy = || {
            let hint = text
                .description
                .as_ref()
                .map(|hint| format!("expected {hint}"));
            hint.unwrap_or_else(|| {
                "use lower-case letters, digits and '-', starting and ending with a letter or digit"
                    .to_owned()
            })
        };
        if length < text.min {
            self.findings
                .value(&trail.path(), "the text is empty", remedy());
        } else if length > text.max {
            let message = format!("the text has {length} characters");
            self.findings
                .value(&trail.path(), message, format!("use at most {}", text.max));
        } else if text
            .pattern
            .as_ref()
            .is_some_and(|pattern| !pattern.is_match(written))
        {
            let message = format!("'{written}' cannot stand here");
            self.findings.value(&trail.path(), message, remedy());
        } else {
            return Some(value);
        }
        None
    }

    fn not_a_text(&mut self, scalar: &Scalar, value: &Json, trail: Trail<'_>) {
        let written = &scalar.text;
        let (message, remedy) = match value {
            Json::Null => (
                "nothing is written here".to_owned(),
                "write a text".to_owned(),
            ),
            Json::Bool(_) => (
                format!("{written} is a boolean, and a text belongs here"),
                format!("quote it: \"{written}\""),
            ),
            _ => (
                format!("{written} is a number, and a text belongs here"),
                format!("quote it: \"{written}\""),
            ),
        };
        self.findings.value(&trail.path(), message, remedy);
    }

    fn word(&mut self, scalar: &Scalar, words: &[String], trail: Trail<'_>) -> Option<Json> {
        if words.contains(&scalar.text) {
            return Some(Json::String(scalar.text.clone()));
        }
        self.findings.value(
            &trail.path(),
            format!("'{}' is not a word that can stand here", scalar.text),
            did_you_mean(&scalar.text, words.iter().map(String::as_str)),
        );
        None
    }

    fn number(&mut self, scalar: &Scalar, bounds: &Bounds, trail: Trail<'_>) -> Option<Json> {
        let value = core(scalar);
        let whole = value.is_i64() || value.is_u64();
        let Some(number) = value.as_f64().filter(|_| whole || !bounds.integer) else {
            let expected = if bounds.integer {
                "a whole number"
            } else {
                "a number"
            };
            let hint = match (scalar.style, scalar.text.parse::<f64>()) {
                (Style::Text, Ok(_)) => "remove the quotes".to_owned(),
                _ => format!("write {expected}"),
            };
            let message = format!("'{}' is not {expected}", scalar.text);
            self.findings.value(&trail.path(), message, hint);
            return None;
        };
        if (bounds.min..=bounds.max).contains(&number) {
            return Some(value);
        }
        self.findings.value(
            &trail.path(),
            format!("{} is out of bounds", scalar.text),
            format!("use a number from {} to {}", bounds.min, bounds.max),
        );
        None
    }

    fn boolean(&mut self, scalar: &Scalar, trail: Trail<'_>) -> Option<Json> {
        let value = core(scalar);
        if value.is_boolean() {
            return Some(value);
        }
        self.findings.value(
            &trail.path(),
            format!("'{}' is neither true nor false", scalar.text),
            "write true or false",
        );
        None
    }

    fn wrong_form(&mut self, node: &Node, shape: &Shape, trail: Trail<'_>) -> Option<Json> {
        let expected = self.schema.describe(shape);
        self.expected(node, &expected, trail);
        if matches!(shape, Shape::List(_) | Shape::Map(_) | Shape::Free) {
            self.is_whole = false;
        }
        None
    }

    fn expected(&mut self, node: &Node, expected: &str, trail: Trail<'_>) {
        let found = match &node.value {
            Value::Scalar(_) if node.is_null() => "nothing is written here",
            Value::Scalar(_) => "this is a single value",
            Value::List(_) => "this is a list",
            Value::Map(_) => "this is a mapping",
        };
        self.findings
            .value(&trail.path(), found, format!("write {expected}"));
    }
}

/// Whether a node could be of this shape by its outer form.
fn has_form(schema: &Schema, shape: &Shape, node: &Node) -> bool {
    match (schema.resolve(shape), &node.value) {
        (Shape::Union(shapes), _) => shapes.iter().any(|shape| has_form(schema, shape, node)),
        (Shape::Null, _) => node.is_null(),
        (Shape::List(_), Value::List(_)) | (Shape::Map(_) | Shape::Free, Value::Map(_)) => true,
        (Shape::Number(_), Value::Scalar(scalar)) => core(scalar).is_number(),
        (Shape::Bool, Value::Scalar(scalar)) => core(scalar).is_boolean(),
        (Shape::Text(_) | Shape::Words(_), Value::Scalar(_)) => true,
        _ => false,
    }
}

/// Whether node and shape are single values, so that the shape can say best what is wrong.
fn is_scalar(schema: &Schema, shape: &Shape, node: &Node) -> bool {
    let single = matches!(schema.resolve(shape), Shape::Number(_) | Shape::Bool);
    single && !node.is_null() && matches!(node.value, Value::Scalar(_))
}

/// An empty value where a mapping belongs is an empty mapping.
fn empty_map(node: &Node) -> Node {
    Node {
        at: node.at,
        value: Value::Map(Vec::new()),
    }
}
