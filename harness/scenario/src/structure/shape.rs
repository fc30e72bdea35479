//! Shapes: a JSON schema in the form in which a walk needs it.

use std::collections::BTreeMap;

use regex_lite::Regex;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The shape of a document.
    pub(super) root: Shape,
    /// The shapes that others refer to by name.
    pub(super) named: BTreeMap<String, Shape>,
}

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// The shape of this name.
    Named(String),
    /// A mapping that is not ours.
    Free,
    /// A text.
    Text(Text),
    /// One of some words.
    Words(Vec<String>),
    /// A number.
    Number(Bounds),
    /// `true` or `false`.
    Bool,
    /// A list.
    List(List),
    /// A mapping.
    Map(Map),
    /// One of several shapes, told apart by their form.
    Union(Vec<Shape>),
    /// Nothing.
    Null,
}

/// A text that matches a pattern.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) pattern: Option<Regex>,
    pub(super) min: usize,
    pub(super) max: usize,
    /// What it should be, for messages.
    pub(super) description: Option<String>,
}

/// A number within bounds.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) integer: bool,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// A list of equal shapes.
#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Box<Shape>,
    pub(super) min: usize,
    pub(super) max: usize,
}

/// A mapping.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// The fields it may have.
    pub(super) fields: BTreeMap<String, Shape>,
    /// Those it must have.
    pub(super) required: Vec<String>,
    /// Fields of which it has exactly one; each is also in `fields`.
    pub(super) choice: Vec<String>,
    /// The shape of fields that are not listed; without one, there are no others.
    pub(super) others: Option<Others>,
    /// How many fields it has at least.
    pub(super) min: usize,
}

/// Fields under names that the writer chooses.
#[derive(Debug)]
pub(super) struct Others {
    pub(super) names: Option<Regex>,
    pub(super) shape: Box<Shape>,
}

impl Schema {
    /// Follows names to a shape.
    pub(super) fn resolve<'a>(&'a self, mut shape: &'a Shape) -> &'a Shape {
        while let Shape::Named(name) = shape {
            shape = &self.named[name];
        }
        shape
    }

    /// What a value of this shape is called, with its article.
    pub(super) fn describe(&self, shape: &Shape) -> String {
        match self.resolve(shape) {
            Shape::Named(name) => unreachable!("'{name}' was resolved"),
            Shape::Free | Shape::Map(_) => "a mapping".to_owned(),
            Shape::Text(_) | Shape::Words(_) => "a text".to_owned(),
            Shape::Number(bounds) if bounds.integer => "a whole number".to_owned(),
            Shape::Number(_) => "a number".to_owned(),
            Shape::Bool => "true or false".to_owned(),
            Shape::List(_) => "a list".to_owned(),
            Shape::Null => "nothing".to_owned(),
            Shape::Union(shapes) => self.describe_all(shapes),
        }
    }

    /// What a value of any of these shapes is called.
    pub(super) fn describe_all(&self, shapes: &[Shape]) -> String {
        let mut words: Vec<String> = Vec::new();
        for shape in shapes {
            let shape = self.resolve(shape);
            let word = self.describe(shape);
            if !matches!(shape, Shape::Null) && !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" or ")
    }
}
