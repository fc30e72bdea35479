//! Reading the tables of fields.

use std::{collections::BTreeMap, sync::LazyLock};

/// The fields of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// In the order of the table.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As it is written in objects.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether there is one, a list, or a map.
    pub plural: Plural,
    /// What each of them is.
    pub form: Form,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plural {
    /// One.
    One,
    /// A list of them.
    List,
    /// A map from names to them.
    Map,
    /// A map from port numbers to them.
    PortMap,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A length of time of at least a millisecond.
    Duration,
    /// A length of time.
    Time,
    /// A port, 1 to 65535.
    Port,
    /// A share, 0 to 100.
    Percent,
    /// Anything; it is not looked into.
    Any,
    /// One of some words.
    Enum(Vec<Word>),
    /// An object with these fields.
    Object(Shape),
    /// An object described elsewhere in the tables.
    Named(&'static str),
    /// Istio has the field; isthmus does not model it.
    Unmodelled,
}

/// A value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub text: &'static str,
    /// Whether isthmus models it.
    pub modelled: bool,
}

const TABLES: &[&str] = &[
    include_str!("../shapes/shared.fields"),
    include_str!("../shapes/networking.fields"),
    include_str!("../shapes/virtual_service.fields"),
    include_str!("../shapes/security.fields"),
    include_str!("../shapes/mesh.fields"),
    include_str!("../shapes/install.fields"),
];

static SHAPES: LazyLock<BTreeMap<&'static str, Shape>> =
    LazyLock::new(|| TABLES.iter().flat_map(|table| read(table)).collect());

/// The fields of a kind or message.
///
/// # Panics
/// If the tables do not have it, which a test rules out for every name they use.
pub fn shape(name: &str) -> &'static Shape {
    SHAPES
        .get(name)
        .expect("every name in use is in the tables")
}

/// Every name that the tables describe.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHAPES.keys().copied()
}

type Line = (usize, &'static str);

fn read(table: &'static str) -> Vec<(&'static str, Shape)> {
    let mut shapes = Vec::new();
    let lines: Vec<Line> = table.lines().filter_map(significant).collect();
    let mut rest = lines.as_slice();
    while let Some(((_, heading), tail)) = rest.split_first() {
        let name = heading.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let (shape, after) = fields(tail, 0);
        shapes.push((name.expect("a table begins with a heading"), shape));
        rest = after;
    }
    shapes
}

/// A line's depth and text, without comments and empty lines.
fn significant(line: &'static str) -> Option<Line> {
    let text = line.trim();
    let depth = (line.len() - line.trim_start().len()) / 2;
    (!text.is_empty() && !text.starts_with('#')).then_some((depth, text))
}

/// The fields at `depth`, and the lines after them.
fn fields(mut lines: &[Line], depth: usize) -> (Shape, &[Line]) {
    let mut shape = Shape::default();
    while let Some(((at, text), tail)) = lines.split_first() {
        if *at != depth || text.starts_with('[') {
            break;
        }
        let (within, after) = fields(tail, depth + 1);
        shape.fields.push(field(text, within));
        lines = after;
    }
    (shape, lines)
}

fn field(text: &'static str, within: Shape) -> Field {
    if let Some(name) = text.strip_prefix('-') {
        return Field {
            name,
            required: false,
            plural: Plural::One,
            form: Form::Unmodelled,
        };
    }
    let (name, form) = text
        .split_once(": ")
        .expect("a field has a name and a form");
    let (form, required) = match form.strip_suffix('!') {
        Some(form) => (form, true),
        None => (form, false),
    };
    let (name, plural) = if let Some(name) = name.strip_suffix("[]") {
        (name, Plural::List)
    } else if let Some(name) = name.strip_suffix("{}") {
        (name, Plural::Map)
    } else if let Some(name) = name.strip_suffix("{port}") {
        (name, Plural::PortMap)
    } else {
        (name, Plural::One)
    };
    Field {
        name,
        required,
        plural,
        form: read_form(form, within),
    }
}

fn read_form(form: &'static str, within: Shape) -> Form {
    match form {
        "string" => Form::Text,
        "integer" => Form::Integer,
        "number" => Form::Number,
        "boolean" => Form::Boolean,
        "duration" => Form::Duration,
        "time" => Form::Time,
        "port" => Form::Port,
        "percent" => Form::Percent,
        "any" => Form::Any,
        "object" => Form::Object(within),
        _ => match form.strip_prefix('@') {
            Some(name) => Form::Named(name),
            None => Form::Enum(form.split('|').map(word).collect()),
        },
    }
}

fn word(text: &'static str) -> Word {
    match text.strip_prefix('-') {
        Some(text) => Word {
            text,
            modelled: false,
        },
        None => Word {
            text,
            modelled: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(shape: &Shape) -> Vec<&'static str> {
        let within = |field: &Field| match &field.form {
            Form::Named(name) => vec![*name],
            Form::Object(shape) => named(shape),
            _ => Vec::new(),
        };
        shape.fields.iter().flat_map(within).collect()
    }

    #[test]
    fn every_message_that_a_table_refers_to_is_described() {
        for name in names().flat_map(|name| named(shape(name))) {
            assert!(SHAPES.contains_key(name), "{name}");
        }
    }

    #[test]
    fn an_object_without_fields_is_written_as_any() {
        fn look(name: &str, shape: &Shape) {
            for field in &shape.fields {
                if let Form::Object(within) = &field.form {
                    assert!(!within.fields.is_empty(), "{name}.{}", field.name);
                    look(name, within);
                }
            }
        }
        names().for_each(|name| look(name, shape(name)));
    }
}
