//! What the checks of meaning find: a field, what is wrong there and what to do.

use super::FieldPath;
use crate::yaml::Position;

/// Which part of a field a finding points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The key, as for an unknown one.
    Key,
    /// The value.
    Value,
}

/// One thing that is wrong with a document; its line and column are looked up later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which field.
    pub path: FieldPath,
    /// Which part of it.
    pub part: Part,
    /// Where it stands, if the path does not lead there: the second of two equal keys.
    pub at: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// What is wrong and what to do about it, before it is known where that belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Everything found so far; a check adds to it and goes on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding about a field's value.
    pub fn value(
        &mut self,
        path: &FieldPath,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(path, Part::Value, message.into(), remedy.into());
    }

    /// Adds a finding about a field's key.
    pub fn key(&mut self, path: &FieldPath, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(path, Part::Key, message.into(), remedy.into());
    }

    /// Adds trouble with a field's value.
    pub(crate) fn trouble(&mut self, path: &FieldPath, trouble: Trouble) {
        self.add(path, Part::Value, trouble.message, trouble.remedy);
    }

    /// Adds a finding at a position that no path leads to.
    pub(crate) fn at(
        &mut self,
        at: Position,
        path: &FieldPath,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(path, Part::Key, message.into(), remedy.into());
        if let Some(finding) = self.0.last_mut() {
            finding.at = Some(at);
        }
    }

    /// Adds what somebody else found.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much was found.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The findings in the order in which they were added.
    pub fn into_vec(self) -> Vec<Finding> {
        self.0
    }

    /// The findings in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    fn add(&mut self, path: &FieldPath, part: Part, message: String, remedy: String) {
        self.0.push(Finding {
            path: path.clone(),
            part,
            at: None,
            message,
            remedy,
        });
    }
}
